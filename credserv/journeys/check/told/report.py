"""What was found, as data: the one form in which the API, the command and exports tell a verification."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import (
    CredservError,
    GoneError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
    UncheckedError,
    UnknownOrganisationError,
    UnsupportedImageError,
)
from credserv.ground.verification import Check, Outcome, VerificationResult, sentence
from credserv.journeys.check.check import Checked, Kind
from credserv.journeys.check.told.statement import statement_of_error
from credserv.journeys.check.told.verdict import build_statement

_NOTHING_CHECKED = (
    UnavailableError,
    NotFoundError,
    GoneError,
    UnknownOrganisationError,
    TooLargeError,
    UnsupportedImageError,
)
SCHEMA = "/schemas/verification-result.json"  # where each installation publishes it


def build_report(checked: Checked, *, now: datetime) -> dict[str, Any]:
    """now: the instant it was judged as of. Names are of what was proven; `claimed_name` is its own word."""
    statement, display = build_statement(checked), checked.display
    return {
        "schema": SCHEMA,
        "verified": checked.result.verified,
        "verdict": checked.verdict.value,
        "sentence": " ".join(filter(None, (statement.sentence, statement.detail))),
        "next_step": statement.next_step,
        "kind": checked.kind.value,
        "found_in": checked.found_in,
        "checked_at": format_instant(now),
        "credential": {"id": display.credential_id, "name": display.name},
        "issuer": {"id": display.issuer_id, "name": checked.issuer, "claimed_name": display.issuer_name},
        "holder": checked.holder,
        "checks": [_check(made) for made in checked.result.checks],
        "policy": [_check(made) for made in checked.result.policy],
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
    absent = isinstance(error, _NOTHING_CHECKED)
    outcome = Outcome.UNKNOWN if absent else Outcome.FAILED
    result = VerificationResult((Check("parse", outcome, sentence(error.detail), code=error.code),))
    statement = statement_of_error(error)
    return {
        "schema": SCHEMA,
        "verified": False,
        "verdict": result.verdict.value,
        "sentence": " ".join(filter(None, (statement.sentence, statement.detail))),
        "next_step": statement.next_step,
        "kind": Kind.UNREADABLE.value,
        "found_in": "",
        "checked_at": format_instant(now),
        "credential": {"id": "", "name": ""},
        "issuer": {"id": "", "name": "", "claimed_name": ""},
        "holder": "",
        "checks": [_check(made) for made in result.checks],
        "policy": [],
        "within": [],
    }


def _check(made: Check) -> dict[str, Any]:
    return {
        "name": made.name,
        "outcome": made.outcome.value,
        "reason": made.reason,
        "spec": made.spec,
        "required": made.required,
        "code": made.code,
        "data": dict(made.data),
    }
