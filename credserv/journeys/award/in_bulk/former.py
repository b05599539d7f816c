"""An award that another system made, as its export describes it, and the row that it becomes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any

from credserv.ground.addresses import is_web_address
from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import InputError
from credserv.ground.names import cut, is_email
from credserv.journeys.award.in_bulk.rows import DraftRow, read_instant

_MAX_KEPT_CHARS = 65_536
_FORMS = (
    "%m/%d/%Y",
    "%m/%d/%y",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d %H:%M:%S",
)
_NO_END = ("", "false", "never", "none", "n/a", "-")
_WHERE = {"credly": "Credly", "badgr": "Badgr", "open-badges-2": "its former system"}


class FormerSystem(StrEnum):
    CREDLY = "credly"
    BADGR = "badgr"
    OPEN_BADGES_2 = "open-badges-2"


@dataclass(frozen=True)
class Ours:
    """What is known here.

    Attributes:
        keys: Achievement keys by the id or name that the former system has for the badge.
        named: Achievement keys by the lower-case names of our achievements.
        addresses: Addresses of people whom an old badge names only by a hash.
    """

    keys: Mapping[str, str]
    named: Mapping[str, str]
    addresses: Sequence[str] = ()

    def achievement(self, *theirs: str) -> str | None:
        known = (self.keys.get(name) or self.named.get(name.strip().lower()) for name in theirs if name)
        return next((key for key in known if key), None)


@dataclass(frozen=True)
class Award:
    """One award as the former system has it. "" stands for anything that it does not say.

    Attributes:
        old: The old badge's URL or id.
        ends: When the award ends or ended there.
        kept: The old badge itself.
    """

    badges: tuple[str, ...]
    email: str
    name: str
    issued: str
    old: str
    ends: str = ""
    is_revoked: bool = False
    evidence: str = ""
    narrative: str = ""
    kept: str = ""
    faults: tuple[str, ...] = ()


def draft_row(
    line: int, system: FormerSystem, ours: Ours, award: Award, zone: tzinfo, now: datetime
) -> DraftRow:
    """Return the row that an award becomes, with its faults.

    Args:
        line: The row's number in the file, for messages.
        zone: The time zone of dates without one.
    """
    faults = list(award.faults)
    order: dict[str, Any] = {}
    key = ours.achievement(*award.badges)
    if key is None:
        badge = next((name for name in award.badges if name), "no badge")[:100]
        faults.append(f"achievement: {badge!r} stands for none of yours: name it in the map of badges")
    else:
        order["achievement"] = key
    if is_email(award.email):
        order["email"] = award.email
    elif not award.faults:
        faults.append(f"email: {award.email[:60]!r} is not one plain e-mail address")
    if award.name:
        order["name"] = cut(award.name, 200)
    try:
        order["awarded_at"] = format_instant(_instant(award.issued, zone, now))
    except InputError as error:
        faults.append(f"issued: {error.detail}")
    faults += _no_longer(award, zone, now)
    where = _WHERE[system.value]
    order["evidence_name"] = f"The badge as it was issued in {where}"
    if is_web_address(award.old) or award.old.startswith("urn:"):
        order["evidence_id"] = award.old[:2_048]
    elif is_web_address(award.evidence):
        order["evidence_id"] = award.evidence[:2_048]
    said = f"Awarded in {where} on {award.issued[:40]}; this badge takes its place."
    order["evidence_narrative"] = cut(f"{said} {award.narrative}".strip(), 10_000)
    if award.kept:
        order["kept"] = award.kept[:_MAX_KEPT_CHARS]
    named = award.old or "|".join((*award.badges, award.email.lower(), award.issued))
    return DraftRow(line, f"key:{system.value}:{named}"[:250], order, tuple(faults))


def _no_longer(award: Award, zone: tzinfo, now: datetime) -> list[str]:
    """Return why the award is no longer valid where it was issued."""
    faults = ["it was revoked there"] if award.is_revoked else []
    if award.ends.lower() not in _NO_END:
        try:
            if _end(award.ends, zone) <= now:
                faults.append(f"it ended there: {award.ends[:40]}")
        except InputError:
            faults.append(f"ends: {award.ends[:40]!r} is no date that can be read")
    return faults


def _instant(text: str, zone: tzinfo, now: datetime) -> datetime:
    return read_instant(_iso(text), zone, now)


def _end(text: str, zone: tzinfo) -> datetime:
    """Parse the end of validity; a date without a time ends with that day. Raises InputError."""
    said = _iso(text)
    try:
        return datetime.combine(date.fromisoformat(said), time.max, zone)
    except ValueError:
        return parse_instant(said)


def _iso(text: str) -> str:
    """Convert the other date formats of these systems to ISO 8601: `2014-04-01 09:41:00
    -0500`, `04/01/14` (month first).
    """
    for form in _FORMS:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - where it says no zone, it gets one
        except ValueError:
            continue
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        if "%H" not in form:
            return f"{found:%Y-%m-%d}"
        try:
            return format_instant(found.astimezone(UTC))
        except OverflowError:
            return text
    return text
