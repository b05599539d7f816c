"""What was found, as data: the one form in which pages, the API, the command and exports tell a verification.

The verdict is worded and given its look here, by `verdict` and `statement`; whoever shows it only renders.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import CredservError, UncheckedError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Outcome, Verdict, VerificationResult, sentence
from credserv.journeys.check.check import Checked, Kind
from credserv.journeys.check.reports.content import tell_content
from credserv.journeys.check.reports.endorsements import tell_endorsements
from credserv.journeys.check.reports.statement import (
    LABELS,
    LOOKS,
    NOTHING_CHECKED,
    Statement,
    statement_of_error,
)
from credserv.journeys.check.reports.verdict import build_statement

SCHEMA = "/schemas/verification-result.json"  # where each installation publishes it


def build_report(checked: Checked, *, now: datetime) -> dict[str, Any]:
    """now: the instant it was judged as of. Names are of what was proven; `claimed_name` is its own word."""
    head = checked.head
    return {
        "schema": SCHEMA,
        "verified": checked.result.verified,
        "verdict": checked.verdict.value,
        **_statement(build_statement(checked), checked.verdict),
        "kind": checked.kind.value,
        "found_in": checked.found_in,
        "checked_at": format_instant(now),
        "credential": {"id": head.credential_id, "name": head.name},
        "issuer": {"id": head.issuer_id, "name": checked.issuer, "claimed_name": head.issuer_name},
        "holder": checked.holder,
        **tell_content(checked),
        **_accreditation(checked),
        **({"sandbox": True} if checked.result.check("sandbox") is not None else {}),
        **tell_endorsements(checked),
        **_tell_log(checked),
        "checks": [_told_check(made) for made in checked.result.checks],
        "policy": [_told_check(made) for made in checked.result.policy],
        "within": [build_report(item, now=now) for item in checked.within],
    }


def build_refused_report(error: CredservError, *, now: datetime) -> dict[str, Any]:
    """For one of several that was asked for wrongly: its `error` is what a single call would be refused with.

    It says nothing of the credential, which was not looked at (found D3).
    """
    faults = [{"place": fault.place, "message": fault.message} for fault in error.faults]
    report = build_unread_report(UncheckedError(error.detail), now=now)
    return {**report, "error": {"code": error.code, "detail": error.detail, "faults": faults}}


def build_unread_report(error: CredservError, *, now: datetime) -> dict[str, Any]:
    """For what never became a credential to be checked: that, too, is one check and its outcome."""
    absent = isinstance(error, NOTHING_CHECKED)
    outcome = Outcome.UNKNOWN if absent else Outcome.FAILED
    result = VerificationResult((Check("parse", outcome, sentence(error.detail), code=error.code),))
    return {
        "schema": SCHEMA,
        "verified": False,
        "verdict": result.verdict.value,
        **_statement(statement_of_error(error), result.verdict),
        "kind": Kind.UNREADABLE.value,
        "found_in": error.found_in,
        "checked_at": format_instant(now),
        "credential": {"id": "", "name": ""},
        "issuer": {"id": "", "name": "", "claimed_name": ""},
        "holder": "",
        "checks": [_told_check(made) for made in result.checks],
        "policy": [],
        "within": [],
    }


def complete_report(report: JsonObject) -> JsonObject:
    """One that was kept before reports had a headline and a look: in its own words, as its verdict looks."""
    headline = str(report.get("headline") or report["sentence"])
    verdict = Verdict(report["verdict"])
    tone, icon = LOOKS[verdict]
    within = [complete_report(item) for item in report["within"]]
    detail = report["sentence"].removeprefix(headline).strip()
    told = {"headline": headline, "detail": detail, "tone": tone.value, "icon": icon}
    return {**told, "label": _label_of(report) or LABELS[verdict], **report, "within": within}


def _label_of(report: JsonObject) -> str:
    """Of one that was kept before reports had a label: how it stands, the gravest first; empty for others."""
    checks = [*report["checks"], *report["policy"]]
    if not any(check["name"] == "proof" and check["outcome"] == Outcome.PASSED for check in checks):
        return ""
    failed = {check["code"] for check in checks if check["outcome"] == Outcome.FAILED}
    standings = ("sandbox", "suspended", "revoked", "expired", "not yet valid")
    found = (word for word in standings if word.replace(" ", "-") in failed)
    return next(found, "").capitalize()


def in_log_since(report: JsonObject) -> datetime | None:
    """Since when the log of signatures has it; None while it has no place there, or nothing is known."""
    told = report.get("log")
    return None if not told or told["position"] is None else parse_instant(told["since"])


def _statement(told: Statement, verdict: Verdict) -> JsonObject:
    return {
        "label": told.label or LABELS[verdict],
        "tone": told.tone.value,
        "icon": told.icon,
        "headline": told.headline,
        "detail": told.detail,
        "sentence": told.sentence,
        "next_step": told.next_step,
    }


def _accreditation(checked: Checked) -> JsonObject:
    if checked.accreditation is not None:
        return {"accreditation": checked.accreditation.report()}
    return {"claims_accreditation": True} if checked.claims_accreditation else {}


def _tell_log(checked: Checked) -> JsonObject:
    """For what this service issued: since when the log of signatures has it. It decides nothing here, where
    the record itself is at hand; it is for who watches the log elsewhere (docs/adr/0030)."""
    if checked.log is None:
        return {}
    told = {"since": format_instant(checked.log.signed_at), "position": checked.log.position}
    return {"log": told}


def _told_check(made: Check) -> dict[str, Any]:
    return {
        "name": made.name,
        "outcome": made.outcome.value,
        "reason": made.reason,
        "spec": made.spec,
        "required": made.required,
        "code": made.code,
        "data": dict(made.data),
    }
