"""When a credential is valid. One rule, for credentials and status lists alike:

    validFrom - skew <= now < validUntil

The skew forgives an issuer's clock that is ahead of ours. It never prolongs a credential, which ends at the
instant of `validUntil`. VCDM 2.0 section 4.9 (`validFrom`, `validUntil`), VCDM 1.1 sections 4.5 and 4.6
(`issuanceDate`, `expirationDate`).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from enum import StrEnum

from credserv.ground.encoding import format_instant, parse_time_value
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Fact, Outcome, sentence

_SPEC = "VC Data Model 2.0, 4.9"
_V1 = "https://www.w3.org/2018/credentials/v1"


class Period(StrEnum):
    """Where an instant lies; the values are the codes that callers see."""

    NOT_YET_VALID = "not-yet-valid"
    VALID = "valid"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Validity:
    """Aware UTC instants; None where the document sets no bound."""

    begins: datetime | None
    ends: datetime | None

    def period(self, now: datetime, *, clock_skew_seconds: int = 0) -> Period:
        if self.ends is not None and now >= self.ends:
            return Period.EXPIRED
        # Subtracted on this side, so that a start in the year 1 cannot underflow.
        if self.begins is not None and self.begins - now > timedelta(seconds=clock_skew_seconds):
            return Period.NOT_YET_VALID
        return Period.VALID


def add_months(instant: datetime, months: int) -> datetime:
    """Return the same day and time some calendar months later; the last day of a month without that day."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    if year > MAXYEAR:
        return datetime.max.replace(microsecond=0, tzinfo=UTC)
    day = min(instant.day, monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def parse_validity(document: JsonObject) -> Validity:
    """Return the dates of a VCDM 2.0 or 1.1 document.

    Raises:
        InputError: a date is not a date and time, two names of one date disagree (two readers would read two
            credentials), or the end is not after the start.
    """
    begins = _one_of(document, max, "validFrom", "issuanceDate")
    ends = _one_of(document, min, "validUntil", "expirationDate")
    if begins is not None and ends is not None and ends < begins:
        raise InputError("validity ends before it begins")
    return Validity(begins, ends)


def _one_of(
    document: JsonObject, stricter: Callable[[list[datetime]], datetime], *names: str
) -> datetime | None:
    """Return the date that the document has under these names.

    Data model 1.1 defines both names, and issuers state a date of issuance beside that of validity: the
    stricter one counts, on which every reader can rely.
    """
    found = [name for name in names if document.get(name) is not None]  # null, as libraries write it, is none
    instants = [parse_date(name, document[name]) for name in found]
    contexts = document.get("@context")
    if any(other != instants[0] for other in instants) and _V1 not in (contexts, *_first(contexts)):
        raise InputError(f"{' and '.join(found)} disagree")
    return stricter(instants) if instants else None


def _first(contexts: object) -> list[object]:
    return contexts[:1] if isinstance(contexts, list) else []


def parse_date(name: str, value: object) -> datetime:
    """Return the date that a member of this name holds. Raises InputError."""
    if not isinstance(value, str):
        raise InputError(f"{name} is not a date and time")
    try:
        return parse_time_value(value)
    except InputError as error:
        raise InputError(f"{name} is {error.detail}") from error


def check_validity(document: JsonObject, *, now: datetime, clock_skew_seconds: int) -> Check:
    """Return the check of the dates, by the one rule above."""
    facts: dict[str, Fact] = {"at": format_instant(now)}
    try:
        validity = parse_validity(document)
    except InputError as error:
        return Check("validity", Outcome.FAILED, sentence(error.detail), _SPEC, code=error.code, data=facts)
    facts["validFrom"] = document.get("validFrom") or document.get("issuanceDate")
    facts["validUntil"] = document.get("validUntil") or document.get("expirationDate")
    period = validity.period(now, clock_skew_seconds=clock_skew_seconds)
    if period is Period.VALID:
        until = f" until {_minute(validity.ends)}" if validity.ends else ", without an end"
        return Check("validity", Outcome.PASSED, f"It is in force{until}.", _SPEC, data=facts)
    expired = period is Period.EXPIRED
    said, when = ("expired on", validity.ends) if expired else ("begins on", validity.begins)
    reason = f"Its validity {said} {_minute(when)}."
    return Check("validity", Outcome.FAILED, reason, _SPEC, code=period.value, data=facts)


def _minute(instant: datetime | None) -> str:
    return "" if instant is None else instant.replace(tzinfo=None).isoformat(" ", "minutes") + " UTC"
