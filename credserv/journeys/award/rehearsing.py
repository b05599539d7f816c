"""Rehearse: replay messages that another organisation of the installation received, in a sandbox.

People are replaced by pseudonyms (sources/pseudonyms.py), because those who may see a sandbox may not see the
organisation. The sandbox's rules judge the messages as they would judge real ones.
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
AT_ONCE = 50  # replayed per call while somebody waits for the answer


@dataclass(frozen=True)
class Rehearsed:
    """How many messages were taken in, could not be read here, were left out (not JSON,
    or deleted since), and remain.
    """

    taken: int
    unreadable: int
    left_out: int
    left: int


def rehearsal_key(secret_key: bytes, organisation: str) -> bytes:
    """Return the key from which people in a sandbox get their pseudonyms, the
    same for API, console and command.

    Args:
        organisation: The organisation's short name.
    """
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
    """Replay the newest messages of a source of `origin`, oldest first, into the source `name` of a sandbox.

    Safe to repeat: under the same key, a message is recognised.

    Args:
        key: From `rehearsal_key`.
        since: Only messages received from then on; None for all.
        until: Only messages received up to then; None for all.
        left: How many of the newest messages remain, at most MOST.
        at_once: After how many messages to return.
        actor_there: The actor's name in the audit trail of `origin`, if it differs.

    Raises:
        InputError: This is not a sandbox, or the sources have different dialects.
        NotFoundError: There is no such source.
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
    """Return the sources of `origin` whose messages the source `name` can read.

    Raises:
        NotFoundError: There is no source `name`.
    """
    dialect = _source(services, name).dialect
    return tuple(sorted(one.name for one in origin.store.sources.list() if one.dialect == dialect))


def _wanted(origin: Services, name: str, since: datetime | None, until: datetime | None) -> list[EventRecord]:
    """Return the messages, oldest first."""
    found = origin.store.events.recent(name, limit=MOST)
    return [
        event
        for event in reversed(found)
        if (since is None or event.received_at >= since) and (until is None or event.received_at <= until)
    ]


def _take(
    services: Services, source: SourceRecord, event: EventRecord, pseudonyms: Pseudonyms, now: datetime
) -> EventState | None:
    """Return the outcome of one message; None if it is left out."""
    if event.state is EventState.CONFLICT:
        return None
    message = message_of(event)
    try:
        body = pseudonyms.hide(message.body)
    except InputError:  # empty bytes, as left of a deleted message, are not JSON either
        return None
    is_signed = (event.authentication or {}).get("is_signed") is True
    named = None if event.event_id.startswith("sha256:") else event.event_id
    # Ids that nobody signed were left out as the message came.
    verdict = Authentication(METHOD, is_signed=is_signed, message_id=named, is_id_signed=True)
    return take_message(services, source, Message(body, message.headers), verdict, now=now).event.state


def _source(services: Services, name: str) -> SourceRecord:
    found = services.store.sources.get(name)
    if found is None:
        raise NotFoundError(f"{services.issuer.id} has no source {name}")
    return found
