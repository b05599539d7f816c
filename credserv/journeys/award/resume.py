"""Go on with what was left: by a crash, or until a person was known or an administrator said so."""

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
    """A message that was not finished, or that could not be decided or read before; as it is kept then.

    Raises NotFoundError when its source is gone, and as `resume_event`.
    """
    source = services.store.sources.get(event.source)
    if source is None:
        raise NotFoundError(f"there is no source {event.source}")
    if event.is_let_go:
        raise GoneError("its message had its time and was let go: have it sent anew")
    # Before other ways were known, all were signed as Standard Webhooks tells, and it was not noted.
    method = (event.authentication or {}).get("method", Method.STANDARD_WEBHOOKS)
    if is_ordered(source, method) and event.state not in (EventState.READ, EventState.UNREADABLE):
        resume_event(services, event, now=now)
    elif event.state is not EventState.CONFLICT:
        resume_message(services, event, now=now)
    return find_message(services, event.source, event.event_id)


def find_message(services: Services, source: str, event_id: str) -> EventRecord:
    """As it is kept. Raises NotFoundError."""
    event = services.store.events.get(source, event_id)
    if event is None:
        raise NotFoundError("there is no such event")
    return event


def settle_left(services: Services, records: Iterable[ObservationRecord], *, now: datetime) -> int:
    """Observations that nobody went on with; how many did now."""
    settled = settle_each(services, records, now=now)
    return sum(one.state is not ObservationState.RECEIVED for one in settled)
