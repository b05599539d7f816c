"""Take in a message from a source: store it as received, read it into
observations, then judge them (ADR 0019).

No authenticated message is refused. A message that cannot be read is kept for an administrator, and its
sender gets a success response.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import (
    ConflictError,
    CredservError,
    InputError,
    NotFoundError,
)
from credserv.journeys.award.readings import keep_reading, unread_note
from credserv.journeys.award.settle import settle_each
from credserv.journeys.services import Services
from credserv.records.observed import ObservationRecord, indexed
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.adapter import Adapter, Answer, Message, Outcome, Reading
from credserv.sources.adapters import ADAPTERS
from credserv.sources.profile import named_headers
from credserv.sources.signing import Authentication

AT_ONCE = 200  # observations judged before the sender gets its answer; the sweep does the rest
_MAX_TOLD = 12
_KEPT_HEADERS = ("content-type", "user-agent", "date")
_KEPT_FAMILIES = ("webhook-", "svix-", "x-hub-", "x-github-", "x-experience-api-", "x-canvas-")
_DELIVERY_IDS = frozenset({"webhook-id", "svix-id"})
_OURS = "it could not be read: a fault of this service, which has been logged"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taken:
    """The outcome of a message: the stored message, what it says, and the answer for its sender."""

    event: EventRecord
    observations: tuple[ObservationRecord, ...]
    answer: Answer


def take_message(
    services: Services, source: SourceRecord, message: Message, verdict: Authentication, *, now: datetime
) -> Taken:
    """Take in an authenticated message. Safe to repeat.

    Args:
        verdict: How the sender was authenticated.

    Raises:
        UnavailableError: The message could not be stored.
        OrganisationClosedError: The organisation is closed and the message is new.
    """
    adapter = adapter_of(source)
    event = _event_of(source, adapter, message, verdict, now)
    if not services.issuer.is_open and services.store.events.get(source.name, event.event_id) is None:
        services.require_open()
    readable = message_of(event)
    try:
        kept, _ = services.store.events.record(event)
    except ConflictError:
        other = _other(event)
        kept, _ = services.store.events.record(other)
        return Taken(kept, (), adapter.answer(readable, None, Outcome.CONFLICT))
    reading, note = _read(adapter, source, readable)
    if kept.state is not EventState.RECEIVED:
        found = services.store.observations.of_message(source.name, kept.event_id)
        outcome = Outcome.UNREADABLE if reading is None else Outcome.REPEATED
        return Taken(kept, found, adapter.answer(readable, reading, outcome))
    return _go_on(services, source, kept, reading, note, now)


def resume_message(services: Services, event: EventRecord, *, now: datetime) -> Taken:
    """Continue with a message that a crash left unfinished, or that could not be read before.

    Raises:
        NotFoundError: The message's source no longer exists.
    """
    source = services.store.sources.get(event.source)
    if source is None:
        raise NotFoundError(f"there is no source {event.source}")
    reading, note = _read(adapter_of(source), source, message_of(event))
    return _go_on(services, source, event, reading, note, now)


def _go_on(
    services: Services,
    source: SourceRecord,
    event: EventRecord,
    reading: Reading | None,
    note: str,
    now: datetime,
) -> Taken:
    """Store what a stored message says, then judge it."""
    adapter, readable = adapter_of(source), message_of(event)
    if reading is None:
        ended = services.store.events.finish(event.source, event.event_id, EventState.UNREADABLE, note=note)
        return Taken(ended, (), adapter.answer(readable, None, Outcome.UNREADABLE))
    is_signed = (event.authentication or {}).get("is_signed") is True
    kept = keep_reading(services, source, event, reading, is_signed=is_signed)
    settled = (*settle_each(services, kept[:AT_ONCE], now=now), *kept[AT_ONCE:])
    ended = replace(event, state=EventState.READ, note=unread_note(reading))
    return Taken(ended, settled, adapter.answer(readable, reading, Outcome.TAKEN))


def adapter_of(source: SourceRecord) -> Adapter:
    """Return the adapter for the source's dialect.

    Raises:
        InputError: This release does not support the dialect.
    """
    adapter = ADAPTERS.get(source.dialect)
    if adapter is None:
        raise InputError(f"the dialect {source.dialect!r} is not spoken here")
    return adapter


def message_of(event: EventRecord) -> Message:
    """Return the readable part of a stored message; if it came inside a token, the token's content."""
    headers = {name: str(value) for name, value in (event.headers or {}).items()}
    if (event.authentication or {}).get("is_token") is not True:
        return Message(event.body, headers)
    return Message(decode_base64url(event.body.split(b".")[1].decode("ascii")), headers)


def _event_of(
    source: SourceRecord, adapter: Adapter, message: Message, verdict: Authentication, now: datetime
) -> EventRecord:
    digest = hashlib.sha256(message.body).hexdigest()
    return EventRecord(
        source=source.name,
        event_id=indexed(verdict.message_id) if verdict.message_id else f"sha256:{digest}",
        body_sha256=digest,
        body=message.body,
        received_at=now,
        state=EventState.RECEIVED,
        headers=kept_headers(_vouched(message.headers, verdict), also=named_headers(source.options)),
        authentication={
            "method": str(verdict.method),
            "is_signed": verdict.is_signed,
            "key": verdict.key,
            "is_token": verdict.body is not None,
        },
        adapter=adapter.name,
        adapter_version=adapter.version,
    )


def _vouched(headers: Mapping[str, str], verdict: Authentication) -> Mapping[str, str]:
    """Leave out the id of a delivery that nobody signed beside a body that was signed: whoever has seen the
    message could send it again under another (attack 104)."""
    if not verdict.is_signed:
        return headers
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in _DELIVERY_IDS or (verdict.is_id_signed and value == verdict.message_id)
    }


def kept_headers(headers: Mapping[str, str], *, also: Collection[str] = ()) -> dict[str, str]:
    """Return the headers that reading may need. None of them is a secret.

    Args:
        also: Further headers that the source's profile needs.
    """
    return {
        name.lower(): value
        for name, value in headers.items()
        if name.lower() in _KEPT_HEADERS or name.lower().startswith(_KEPT_FAMILIES) or name.lower() in also
    }


def _other(event: EventRecord) -> EventRecord:
    """Return a message that reuses an earlier message's id. It is stored next to that one and not read."""
    return replace(
        event,
        event_id=f"{event.event_id[:200]} {event.body_sha256[:16]}",
        state=EventState.CONFLICT,
        note=f"the id {event.event_id[:80]!r} was used before, for another message",
    )


def _read(adapter: Adapter, source: SourceRecord, message: Message) -> tuple[Reading | None, str]:
    """Return what the message says and a remark. None if it cannot be read, for whatever reason."""
    try:
        reading = adapter.read(message, source.options)
    except InputError as error:
        return None, _told(error)
    except Exception as error:  # a bug in an adapter must not lose the message
        logger.exception("the adapter %s failed: %s", adapter.name, type(error).__name__)
        return None, _OURS
    return reading, ""


def _told(error: CredservError) -> str:
    faults = [f"{fault.place or '/'} {fault.message}" for fault in error.faults[:_MAX_TOLD]]
    return "; ".join([error.detail, *faults])
