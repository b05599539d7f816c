"""Rehearse: messages that another organisation of the installation was sent, taken in anew by a sandbox.

Without the people in them (sources/pseudonyms.py): who may look into a sandbox is not who may look into the
organisation. What the sandbox's rules make of them is what they would make of the like.
"""

from __future__ import annotations

import hashlib
import hmac
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
AT_ONCE = 50  # of which somebody waits for the answer


@dataclass(frozen=True)
class Rehearsed:
    """Of how many messages: taken in, not readable here, left out (not JSON, or let go since), to come."""

    taken: int
    unreadable: int
    left_out: int
    left: int = 0


def rehearsal_key(secret_key: bytes, organisation: str) -> bytes:
    """By which people get their pseudonyms in a sandbox: the same at every door. organisation: its short
    name."""
    purpose = f"people of messages replayed in {organisation}".encode()
    return hmac.new(secret_key, purpose, hashlib.sha256).digest()


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
    until: datetime | None = None,
    left: int = MOST,
    at_once: int = MOST,
    actor_there: str | None = None,
) -> Rehearsed:
    """The newest messages of a source of `origin`, the oldest first, into the source `name` of a sandbox.

    Safe to repeat: under one key a message is the same again. key: `rehearsal_key`. until: what came later is
    none of them. left: how many of the newest are to be done yet, MOST at most. at_once: after how many to
    return. actor_there: who did it as the trail of `origin` names them, where that is another name. Raises
    InputError for what is no sandbox, or where the two sources do not speak the same;
    NotFoundError.
    """
    if not services.issuer.sandbox:
        raise InputError("messages are replayed in a sandbox alone: what they award proves nothing there")
    source, other = _source(services, name), _source(origin, origin_name)
    if source.dialect != other.dialect:
        raise InputError(f"{name} speaks {source.dialect}, and {origin_name} {other.dialect}")
    wanted = _wanted(origin, origin_name, since, until)[-min(left, MOST) :] if left > 0 else []
    due = wanted[:at_once]
    pseudonyms = Pseudonyms(key)
    states = [_take(services, source, event, pseudonyms, now) for event in due]
    done = Rehearsed(
        taken=sum(state not in (None, EventState.UNREADABLE) for state in states),
        unreadable=states.count(EventState.UNREADABLE),
        left_out=states.count(None),
        left=len(wanted) - len(due),
    )
    told = {"from": f"{origin.issuer.id}/{origin_name}", "to": f"{services.issuer.id}/{name}"}
    for one, who in ((services, actor), (origin, actor_there or actor)):
        line = AuditRecord(now, who, Action.MESSAGES_REPLAYED, name, {**told, "messages": len(due)})
        one.store.audit.add(line)
    return done


def sources_alike(services: Services, name: str, origin: Services) -> tuple[str, ...]:
    """Of `origin`, the sources whose messages the source `name` reads. Raises NotFoundError."""
    dialect = _source(services, name).dialect
    return tuple(sorted(one.name for one in origin.store.sources.list() if one.dialect == dialect))


def _wanted(origin: Services, name: str, since: datetime | None, until: datetime | None) -> list[EventRecord]:
    """The oldest first."""
    found = origin.store.events.recent(name, limit=MOST)
    return [
        event
        for event in reversed(found)
        if (since is None or event.received_at >= since) and (until is None or event.received_at <= until)
    ]


def _take(
    services: Services, source: SourceRecord, event: EventRecord, pseudonyms: Pseudonyms, now: datetime
) -> EventState | None:
    """What became of it; None for one that is left out."""
    if event.state is EventState.CONFLICT:
        return None
    message = message_of(event)
    try:
        body = pseudonyms.hide(message.body)
    except InputError:  # nothing is no JSON either: what a message that was let go is
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
