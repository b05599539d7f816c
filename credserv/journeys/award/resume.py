"""Continue with messages and observations that were left behind by a crash, or had to wait
for a person or an administrator.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from credserv.ground.errors import GoneError, NotFoundError
from credserv.journeys.award.award import resume_event
from credserv.journeys.award.judging import is_ordered
from credserv.journeys.award.settle import settle_each
from credserv.journeys.award.take import resume_message
from credserv.journeys.services import Services
from credserv.records.observed import ObservationRecord, ObservationState
from credserv.records.sources import EventRecord, EventState
from credserv.sources.signing.settings import Method


def resume(services: Services, event: EventRecord, *, now: datetime) -> EventRecord:
    """Continue with a message that was not finished, decided or read before.

    Returns:
        The message as stored afterwards.

    Raises:
        NotFoundError: The message's source no longer exists.
        GoneError: The message's content was deleted after its retention time.
    """
    source = services.store.sources.get(event.source)
    if source is None:
        raise NotFoundError(f"there is no source {event.source}")
    if event.is_let_go:
        raise GoneError("its message had its time and was let go: have it sent anew")
    # Before other methods were supported, every message was signed as Standard Webhooks
    # describes, and no method was noted.
    method = (event.authentication or {}).get("method", Method.STANDARD_WEBHOOKS)
    if is_ordered(source, method) and event.state not in (EventState.READ, EventState.UNREADABLE):
        resume_event(services, event, now=now)
    elif event.state is not EventState.CONFLICT:
        resume_message(services, event, now=now)
    return find_message(services, event.source, event.event_id)


def find_message(services: Services, source: str, event_id: str) -> EventRecord:
    """Return a stored message.

    Raises:
        NotFoundError: There is no such message.
    """
    event = services.store.events.get(source, event_id)
    if event is None:
        raise NotFoundError("there is no such event")
    return event


def settle_left(services: Services, records: Iterable[ObservationRecord], *, now: datetime) -> int:
    """Settle observations that were left behind.

    Returns:
        How many made progress.
    """
    settled = settle_each(services, records, now=now)
    return sum(one.state is not ObservationState.RECEIVED for one in settled)
