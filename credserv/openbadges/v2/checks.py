"""The checks of an assertion that need nothing from outside: its form and its dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.validity import Period
from credserv.ground.verification import Check, Fact, Outcome, unmet
from credserv.openbadges.structure import join_faults
from credserv.openbadges.v2.assertion import (
    SPEC,
    dates_of,
    is_written_out,
    structure_faults,
    vocabulary_faults,
)


def check_form(assertion: JsonObject) -> tuple[Check, ...]:
    """Return the checks of the assertion alone: parse, structure, schema and subject."""
    parse = Check(
        "parse", Outcome.PASSED, "It could be read in full, and nothing in it is ambiguous.", "RFC 8259, 4"
    )
    return parse, _check_structure(assertion), _check_vocabulary(assertion), _check_subject(assertion)


def _check_structure(assertion: JsonObject) -> Check:
    faults = structure_faults(assertion)
    spec = f"{SPEC}, Assertion"
    if not faults:
        return Check("structure", Outcome.PASSED, "It is built as an Open Badges 2.0 assertion.", spec)
    reason = f"It is not built as an Open Badges 2.0 assertion: {join_faults(faults)}."
    return Check("structure", Outcome.FAILED, reason, spec, code=InputError.code)


def _check_vocabulary(assertion: JsonObject) -> Check:
    """Check the vocabulary; as for credentials, reported apart from authenticity."""
    faults = vocabulary_faults(assertion)
    spec = f"{SPEC}, Data Validation"
    if not faults and not is_written_out(assertion):
        reason = "Its badge class and its issuer are not at hand, so what they lack was not looked at."
        return Check("schema", Outcome.SKIPPED, reason, spec, required=False)
    if not faults:
        reason = "It, its badge class and its issuer have what Open Badges 2.0 requires."
        return Check("schema", Outcome.PASSED, reason, spec, required=False)
    reason = f"It lacks what Open Badges 2.0 requires: {join_faults(faults)}."
    return Check("schema", Outcome.FAILED, reason, spec, required=False, code="schema-faults")


def _check_subject(assertion: JsonObject) -> Check:
    recipient, spec = assertion.get("recipient"), f"{SPEC}, IdentityObject"
    if not isinstance(recipient, Mapping) or not recipient.get("identity"):
        reason = "It does not say whom it is about."
        return Check("subject", Outcome.FAILED, reason, spec, required=False, code="no-recipient")
    return Check("subject", Outcome.PASSED, "It is clear who it is about, and what it says.", spec)


def check_dates(assertion: JsonObject, *, now: datetime, clock_skew_seconds: int) -> Check:
    """Check `issuedOn` and `expires` by the rule of `validity.py`."""
    spec = f"{SPEC}, Assertion"
    facts: dict[str, Fact] = {"at": format_instant(now)}
    try:
        dates = dates_of(assertion)
    except InputError as error:
        return unmet("validity", error, spec, facts)
    facts["issuedOn"] = format_instant(dates.begins) if dates.begins else None
    facts["expires"] = format_instant(dates.ends) if dates.ends else None
    period = dates.period(now, clock_skew_seconds=clock_skew_seconds)
    if period is Period.VALID:
        until = f" until {dates.ends:%Y-%m-%d %H:%M} UTC" if dates.ends else ", without an end"
        return Check("validity", Outcome.PASSED, f"It is in force{until}.", spec, data=facts)
    expired = period is Period.EXPIRED
    said, when = ("It expired on", dates.ends) if expired else ("It is issued only on", dates.begins)
    reason = f"{said} {when:%Y-%m-%d %H:%M} UTC."
    return Check("validity", Outcome.FAILED, reason, spec, code=period.value, data=facts)
