"""What is stored of a check next to the credential: the report for its page, and the facts for lists."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.journeys.check.check import Checked
from credserv.journeys.check.reports.content import without_content
from credserv.journeys.check.reports.report import build_report
from credserv.journeys.transfer.named_for import told_subjects

_MAX_REPORT_CHARS = 65_536


def told_report(checked: Checked, now: datetime) -> JsonObject:
    """Return the report to store.

    If it is too large, the content is left out, because the credential has it.
    """
    report = build_report(checked, now=now)
    return report if len(json.dumps(report)) <= _MAX_REPORT_CHARS else without_content(report)


def told_facts(checked: Checked, report: JsonObject) -> dict[str, Any]:
    """Return what lists show and comparisons use.

    If nothing was proven, these are the document's own words.
    """
    head, status = checked.head, checked.result.check("status")
    display = checked.display
    dates = {"valid_from": head.valid_from, "valid_until": head.valid_until, "awarded_at": display.awarded_at}
    return {
        "name": head.name,
        "issuer": checked.issuer,
        "claimed_issuer": head.issuer_name,
        "proven": checked.established,
        "kind": checked.kind.value,
        "headline": report["headline"],
        "tone": report["tone"],
        "icon": report["icon"],
        "status": status.code if status is not None else "",
        "subjects": told_subjects(checked.credential),
        **{name: format_instant(value) for name, value in dates.items() if value is not None},
    }
