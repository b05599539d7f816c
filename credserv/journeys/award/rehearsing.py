"""Rehearse: messages that another organisation of the installation was sent, taken in anew by a sandbox.

Without the people in them (sources/pseudonyms.py): who may look into a sandbox is not who may look into the
organisation. What the sandbox's rules make of them is what they would make of the like.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.award.take import message_of, take_message
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.pseudonyms import Pseudonyms
from credserv.sources.signing import Authentication

METHOD = "replay"
MOST = 1_000


@dataclass(frozen=True)
class Rehearsed:
    """Of how many messages: taken in, not readable here, left out (not JSON, or let go since)."""

    taken: int
    unreadable: int
    left_out: int


def rehearse(
    services: Services,
    name: str,
    origin: Services,
    origin_name: str,
    *,
    key: bytes,
    since: datetime | None,
    actor: str,
    now: datetime,
) -> Rehearsed:
    """The newest messages (MOST) of a source of `origin`, the oldest first, into the source `name` of a
    sandbox.

    Safe to repeat: under one key a message is the same again. key: by which people get their pseudonyms.
    Raises InputError for what is no sandbox, or where the two sources do not speak the same; NotFoundError.
    """
    if not services.issuer.sandbox:
        raise InputError("messages are replayed in a sandbox alone: what they award proves nothing there")
    source, other = _source(services, name), _source(origin, origin_name)
    if source.dialect != other.dialect:
        raise InputError(f"{name} speaks {source.dialect}, and {origin_name} {other.dialect}")
    found = origin.store.events.recent(origin_name, limit=MOST, offset=0)
    due = [event for event in reversed(found) if since is None or event.received_at >= since]
    pseudonyms = Pseudonyms(key)
    states = [_take(services, source, event, pseudonyms, now) for event in due]
    done = Rehearsed(
        taken=sum(state not in (None, EventState.UNREADABLE) for state in states),
        unreadable=states.count(EventState.UNREADABLE),
        left_out=states.count(None),
    )
    told = {"from": f"{origin.issuer.id}/{origin_name}", "to": f"{services.issuer.id}/{name}"}
    for one in (services, origin):
        line = AuditRecord(now, actor, Action.MESSAGES_REPLAYED, name, {**told, "messages": len(due)})
        one.store.audit.add(line)
    return done


def _take(
    services: Services, source: SourceRecord, event: EventRecord, pseudonyms: Pseudonyms, now: datetime
) -> EventState | None:
    """What became of it; None for one that is left out."""
    if event.is_let_go or event.state is EventState.CONFLICT:
        return None
    message = message_of(event)
    try:
        body = pseudonyms.hide(message.body)
    except InputError:
        return None
    is_signed = (event.authentication or {}).get("is_signed") is True
    named = None if event.event_id.startswith("sha256:") else event.event_id
    verdict = Authentication(METHOD, is_signed=is_signed, message_id=named)
    return take_message(services, source, Message(body, message.headers), verdict, now=now).event.state


def _source(services: Services, name: str) -> SourceRecord:
    found = services.store.sources.get(name)
    if found is None:
        raise NotFoundError(f"{services.issuer.id} has no source {name}")
    return found
