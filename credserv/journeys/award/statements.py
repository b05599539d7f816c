"""xAPI statements: stored whole or refused whole, as the standard requires, and returned on request.

A message is stored before it is judged, even if it is refused. For a source with the option `lenient`, the
readable part of a batch counts and the rest is left to the administrator, because some systems would send the
same faulty batch for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.ground.errors import ConflictError, Fault, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import pointer
from credserv.journeys.award.take import resume_message
from credserv.journeys.services import Services
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.records.statements import StatementFilter, StatementRecord
from credserv.sources import xapi
from credserv.sources.adapter import Message
from credserv.sources.signing import Authentication
from credserv.sources.xapi.identity import actor_key, statement_digest, statement_id
from credserv.sources.xapi.multipart import find_missing
from credserv.sources.xapi.reading import VERSION_HEADER, place_of, read_statements
from credserv.sources.xapi.validation import VOIDED, find_faults

MAX_PAGE = 100
_MAX_FAULTS = 50
_MAX_TOLD = 12  # of them, for an administrator


@dataclass(frozen=True)
class Delivery:
    """A request with statements.

    Attributes:
        message: The JSON of the statements, without attachments.
        hashes: The hashes of the attachments.
    """

    message: Message
    authentication: Authentication
    hashes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class StatementPage:
    """One page of statements.

    Attributes:
        after: Where the next page begins; None on the last page.
    """

    statements: tuple[JsonObject, ...]
    after: tuple[datetime, str] | None


def take_statements(
    services: Services, source: SourceRecord, delivery: Delivery, *, now: datetime
) -> tuple[str, ...]:
    """Store statements and read them into observations. Safe to repeat.

    Returns:
        The ids of all statements, in order.

    Raises:
        InputError: A statement is not valid. Every fault names its place. Nothing in the message counts, and
            it is kept for an administrator.
        ConflictError: An id belongs to a different statement; likewise.
        OrganisationClosedError: The organisation is closed and the message is new.
    """
    services.require_open()
    event = _message_of(source, delivery, now)
    try:
        statements = _require_valid(source, delivery)
    except InputError as error:
        _hold(services, event, EventState.UNREADABLE, error)
        raise
    records = [
        _record(source, event, place, statement, now)
        for place, statement in enumerate(statements)
        if isinstance(statement, Mapping)
    ]
    try:
        with services.store.transaction():
            kept, _ = services.store.events.record(event)
            services.store.statements.keep(records)
    except ConflictError as error:
        _hold(services, event, EventState.CONFLICT, error)
        raise
    if kept.state is not EventState.READ:
        resume_message(services, kept, now=now)
    return tuple(record.id for record in records)


def find_statement(
    services: Services, source: SourceRecord, statement_id: str, *, voided: bool
) -> JsonObject:
    """Return a statement by its id.

    Args:
        voided: Whether a voided statement is wanted.

    Raises:
        NotFoundError: There is no such statement, its message was deleted after its retention time, or it was
            voided and `voided` is False.
    """
    found = services.store.statements.get(source.name, statement_id.lower())
    stored = None if found is None or found.voided != voided else _stored(services, source, found)
    if stored is None:
        raise NotFoundError("there is no such statement")
    return stored


def find_statements(
    services: Services, source: SourceRecord, wanted: StatementFilter, *, limit: int
) -> StatementPage:
    """Return one page of statements.

    Those whose messages were deleted after their retention time are left out, so a page may be shorter.

    Args:
        limit: The page size; 0 for the largest allowed.
    """
    most = min(limit or MAX_PAGE, MAX_PAGE)
    found = services.store.statements.find(source.name, wanted, limit=most + 1)
    page = found[:most]
    after = (page[-1].stored_at, page[-1].id) if len(found) > most else None
    stored = (_stored(services, source, one) for one in page)
    return StatementPage(tuple(one for one in stored if one is not None), after)


def _require_valid(source: SourceRecord, delivery: Delivery) -> list[Any]:
    statements = read_statements(delivery.message)
    if source.options.get("lenient") is True:
        return statements
    version = delivery.message.headers.get(VERSION_HEADER)
    faults: list[Fault] = []
    for place, statement in enumerate(statements):
        found = find_faults(statement, version=version)
        base = place_of(delivery.message, place)
        faults += [Fault(base + fault.place, fault.message) for fault in found]
    faults += _repeated(statements)
    faults += find_missing(statements, delivery.hashes)
    if faults:
        raise InputError("these are no valid xAPI statements", faults=faults[:_MAX_FAULTS])
    return statements


def _repeated(statements: Sequence[Any]) -> list[Fault]:
    """Return a fault for each id that occurs twice in one message (part two, 2.4.1)."""
    seen: set[str] = set()
    faults: list[Fault] = []
    for place, statement in enumerate(statements):
        own = statement.get("id") if isinstance(statement, Mapping) else None
        if isinstance(own, str):
            if own.lower() in seen:
                faults.append(Fault(pointer("", place, "id"), "stands twice in this message"))
            seen.add(own.lower())
    return faults


def _message_of(source: SourceRecord, delivery: Delivery, now: datetime) -> EventRecord:
    """Return the message, named by its content, because a sender that got no
    answer sends the same bytes again.
    """
    message, verdict = delivery.message, delivery.authentication
    named = hashlib.sha256(repr(sorted(message.headers.items())).encode() + b"\0" + message.body)
    return EventRecord(
        source=source.name,
        event_id=f"xapi:{named.hexdigest()}",
        body_sha256=hashlib.sha256(message.body).hexdigest(),
        body=message.body,
        received_at=now,
        state=EventState.RECEIVED,
        headers=dict(message.headers),
        authentication={"method": verdict.method, "is_signed": verdict.is_signed, "key": verdict.key},
        adapter=xapi.ADAPTER.name,
        adapter_version=xapi.ADAPTER.version,
    )


def _hold(
    services: Services, event: EventRecord, state: EventState, error: InputError | ConflictError
) -> None:
    """Keep the message for an administrator, who may have been informed of it before."""
    faults = [f"{fault.place or '/'} {fault.message}" for fault in error.faults[:_MAX_TOLD]]
    services.store.events.record(replace(event, state=state, note="; ".join([error.detail, *faults])))


def _record(
    source: SourceRecord, event: EventRecord, place: int, statement: Mapping[str, Any], now: datetime
) -> StatementRecord:
    verb, thing = statement.get("verb"), statement.get("object")
    context = statement.get("context")
    kind = thing.get("objectType", "Activity") if isinstance(thing, Mapping) else None
    verb_id = _text(verb, "id") or ""
    named = statement_id(statement)
    voided = _text(thing, "id") if verb_id == VOIDED and kind == "StatementRef" else None
    return StatementRecord(
        source=source.name,
        id=named,
        message=event.event_id,
        place=place,
        # A statement without an id gets one derived from its content.
        digest=statement_digest(statement if "id" in statement else {"id": named}),
        stored_at=now,
        verb=verb_id,
        activity=_text(thing, "id") if kind == "Activity" else None,
        actor=actor_key(statement.get("actor")),
        registration=_text(context, "registration"),
        voids=None if voided is None else voided.lower(),
    )


def _stored(services: Services, source: SourceRecord, record: StatementRecord) -> JsonObject | None:
    """Return a statement with what a record store adds (part two, 2.4): id, stored,
    authority, and any defaults left out. None if its message was deleted after its retention time.
    """
    event = services.store.events.get(source.name, record.message)
    if event is None or event.is_let_go:
        return None
    sent = read_statements(Message(event.body), exact=False)[record.place]
    stored = record.stored_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    account = {"homePage": services.public_url, "name": source.name}
    return {
        "timestamp": stored,
        "version": "1.0.0",
        **sent,
        "id": record.id,
        "stored": stored,
        "authority": {"objectType": "Agent", "account": account},
    }


def _text(value: object, name: str) -> str | None:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else None
