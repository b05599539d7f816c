"""Credentials that a person brought, as their wallet shows them: at the last check, and since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.journeys.check.reports.statement import dated
from credserv.journeys.services import Services
from credserv.journeys.transfer.badge_text import badge_in, text_of
from credserv.journeys.transfer.named_for import NamedFor, named_for
from credserv.records.imports import ImportRecord
from credserv.records.people import ProvedIdentifierRecord

_LEADS = (timedelta(days=7), timedelta(days=30))  # before the end, the shorter first


@dataclass(frozen=True)
class Brought:
    """An imported credential.

    Attributes:
        note: What its holder should know now; "" for nothing.
        valid_until: As it states.
        unreached: Whether the last attempt to check it failed.
        lapsed: Whether it has expired since the last check.
    """

    record: ImportRecord
    named_for: NamedFor
    note: str
    unreached: bool
    lapsed: bool
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True)
class Opened:
    """An opened import.

    Attributes:
        report: Of the last check with a result, including what the credential says if proven.
    """

    brought: Brought
    report: JsonObject


def count_brought(services: Services, person_id: str) -> int:
    """Return how many credentials a person brought."""
    return services.store.imports.count(person_id)


def brought_along(
    services: Services, person_id: str, now: datetime, *, limit: int | None = None, offset: int = 0
) -> tuple[Brought, ...]:
    """Return a person's imports, newest first: `limit` of them, after `offset`."""
    found = services.store.imports.of_person(person_id, limit=limit, offset=offset)
    return _each_brought(services, person_id, found, now)


def chosen_along(
    services: Services, person_id: str, import_ids: Sequence[str], now: datetime
) -> tuple[Brought, ...]:
    """Return those of the imports that are the person's."""
    return _each_brought(services, person_id, services.store.imports.among(person_id, import_ids), now)


def open_brought(services: Services, person_id: str, import_id: str, now: datetime) -> Opened:
    """Return an import with its report.

    Raises:
        NotFoundError: The person has no such import.
    """
    record = services.store.imports.get(person_id, import_id)
    report = services.store.imports.report(person_id, import_id)
    if record is None or report is None:
        raise NotFoundError("no such credential")
    proved = services.store.people.proved(person_id)
    return Opened(_brought(record, _named(record, proved), now), report)


def proven_badges(services: Services, person_id: str) -> tuple[JsonObject, ...]:
    """Return the badges that were proven, name this person, and are valid by their issuer's
    status, as they state themselves.
    """
    proved = services.store.people.proved(person_id)
    return tuple(
        badge_in(text)
        for record, content in services.store.imports.contents(person_id)
        if record.facts["proven"]
        and record.facts["status"] == ""
        and _named(record, proved) is NamedFor.YOU
        and (text := text_of(content)) is not None
    )


def brought_file(services: Services, person_id: str, import_id: str) -> tuple[ImportRecord, bytes]:
    """Return an import with its content, byte for byte as it came.

    Raises:
        NotFoundError: The person has no such import.
    """
    record = services.store.imports.get(person_id, import_id)
    content = services.store.imports.content(person_id, import_id)
    if record is None or content is None:
        raise NotFoundError("no such credential")
    return record, content


def _each_brought(
    services: Services, person_id: str, found: Sequence[ImportRecord], now: datetime
) -> tuple[Brought, ...]:
    proved = services.store.people.proved(person_id)
    return tuple(_brought(record, _named(record, proved), now) for record in found)


def _named(record: ImportRecord, proved: Sequence[ProvedIdentifierRecord]) -> NamedFor:
    """Return whom it names: by its own content, or by the issuer's word in the archive it came with."""
    found = named_for(record.facts["subjects"], proved)
    vouched = (named_for([subject], proved) for subject in record.facts.get("holder", ()))
    return NamedFor.YOU if NamedFor.YOU in vouched else found


def _brought(record: ImportRecord, named: NamedFor, now: datetime) -> Brought:
    begins, ends = _instant(record, "valid_from"), _instant(record, "valid_until")
    unreached = record.watched_at > record.checked_at
    lapsed = record.facts["proven"] and ends is not None and record.checked_at < ends <= now
    return Brought(record, named, _note(record, ends, now, unreached), unreached, lapsed, begins, ends)


def _note(record: ImportRecord, ends: datetime | None, now: datetime, unreached: bool) -> str:
    if record.facts["status"] in ("revoked", "suspended"):
        return f"Its issuer has {record.facts['status']} it."
    if ends is not None and ends <= now:
        return f"It expired on {dated(ends)}."
    if ends is not None:
        lead = lead_of(ends, now)
        if lead is not None:
            return (
                f"It ends on {dated(ends)}, within {lead.days} days. "
                "Ask its issuer whether it can be renewed."
            )
    if unreached:
        return (
            f"Its issuer could not be reached since. What is shown here is as of {dated(record.checked_at)}; "
            "that says nothing against it."
        )
    return ""


def lead_of(ends: datetime, now: datetime) -> timedelta | None:
    """Return the time within which it ends; None if that is far off."""
    return next((lead for lead in _LEADS if ends - now <= lead), None)


def _instant(record: ImportRecord, name: str) -> datetime | None:
    told = record.facts.get(name)
    return parse_instant(told) if isinstance(told, str) else None
