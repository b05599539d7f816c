"""Try a message: what a source would find in it, whom it would mean, and who looks at it. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import InputError
from credserv.journeys.award.judging import judges_of
from credserv.journeys.award.resolving import names_of
from credserv.journeys.award.settle import judge_date
from credserv.journeys.award.take import adapter_of
from credserv.journeys.services import Services
from credserv.records.observations import Observation
from credserv.records.observed import ObservationRecord, content_of, observation_id
from credserv.records.sources import SourceRecord
from credserv.sources.adapter import Message, Outcome, Unread

_MAX_SHOWN = 50


@dataclass(frozen=True)
class Found:
    """fields: what the observation says, by name. members: how many people here are meant, 0 or 1 to be
    right. achievements: whose rules look at it. odd: why a person would have to look at it."""

    observation: Observation
    fields: Mapping[str, object]
    members: int
    achievements: tuple[str, ...]
    odd: str


@dataclass(frozen=True)
class Trial:
    """status: what the sender would be answered. fault: why it is none of the dialect, "" where it is."""

    found: tuple[Found, ...]
    unread: tuple[Unread, ...]
    status: int
    fault: str = ""


def try_message(
    services: Services, source: SourceRecord, body: bytes, *, content_type: str = "", now: datetime
) -> Trial:
    """body: as the system would send it; no signature is asked for."""
    adapter = adapter_of(source)
    message = Message(body, {"content-type": content_type})
    try:
        reading = adapter.read(message, source.options)
    except InputError as error:
        answer = adapter.answer(message, None, Outcome.UNREADABLE)
        return Trial((), (), answer.status, error.detail)
    found = tuple(_look(services, source, said, now) for said in reading.observations[:_MAX_SHOWN])
    status = adapter.answer(message, reading, Outcome.TAKEN).status
    return Trial(found, (*reading.unread, *reading.passed_over), status)


def _look(services: Services, source: SourceRecord, said: Observation, now: datetime) -> Found:
    record = ObservationRecord(
        id=observation_id(source.namespace, said.event_id),
        source=source.name,
        message="",
        place=0,
        namespace=source.namespace,
        observation=said,
        is_signed=False,
        received_at=now,
    )
    names = [name for person in said.people for name in names_of(source, record, person)]
    live = [one for one in services.store.identifiers.named(names) if one.ended_at is None]
    return Found(
        observation=said,
        fields=content_of(said),
        members=len({one.membership_id for one in live}),
        achievements=tuple(judge.achievement_key for judge in judges_of(services, source, record)),
        odd=judge_date(said.occurred_at, now),
    )
