"""The report of a verification as data: the one form that pages, the API, the command and exports use.

`verdict` and `statement` choose the words and the look; whoever shows a report only renders it.
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

SCHEMA = "/schemas/verification-result.json"  # every installation publishes it here


def build_report(checked: Checked, *, now: datetime) -> dict[str, Any]:
    """Build the report of a checked credential.

    Args:
        now: The instant for which it was judged.

    Returns:
        JSON. Names are as proven; `claimed_name` is the credential's own word.
    """
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
    """Build the report for an invalid item of a batch. Its `error` is what a single call would have returned.

    It says nothing of the credential, which was not looked at (found D3).
    """
    faults = [{"place": fault.place, "message": fault.message} for fault in error.faults]
    report = build_unread_report(UncheckedError(error.detail), now=now)
    return {**report, "error": {"code": error.code, "detail": error.detail, "faults": faults}}


def build_unread_report(error: CredservError, *, now: datetime) -> dict[str, Any]:
    """Build the report for something that could not be read as a credential: one check with its outcome."""
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
    """Return a stored report from before reports had a headline and a look, completed from its verdict."""
    headline = str(report.get("headline") or report["sentence"])
    verdict = Verdict(report["verdict"])
    tone, icon = LOOKS[verdict]
    within = [complete_report(item) for item in report["within"]]
    detail = report["sentence"].removeprefix(headline).strip()
    told = {"headline": headline, "detail": detail, "tone": tone.value, "icon": icon}
    return {**told, "label": _label_of(report) or LABELS[verdict], **report, "within": within}


def _label_of(report: JsonObject) -> str:
    """Return a label for a report from before labels: the most serious state; empty for others."""
    checks = [*report["checks"], *report["policy"]]
    if not any(check["name"] == "proof" and check["outcome"] == Outcome.PASSED for check in checks):
        return ""
    failed = {check["code"] for check in checks if check["outcome"] == Outcome.FAILED}
    standings = ("sandbox", "suspended", "revoked", "expired", "not yet valid")
    found = (word for word in standings if word.replace(" ", "-") in failed)
    return next(found, "").capitalize()


def in_log_since(report: JsonObject) -> datetime | None:
    """Return since when it is in the signature log; None if it is not yet there, or nothing is known."""
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
    """Return since when the signature log has what this service issued.

    It decides nothing here, where the record itself is at hand. It is for those who watch the log elsewhere
    (docs/adr/0030).
    """
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
