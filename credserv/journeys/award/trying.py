"""Try a message: show what a source would read in it, whom it is about and which rules look at it.

Nothing is stored.
"""

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
    """One observation in the message.

    Attributes:
        fields: What it says, by name.
        members: How many members match; 1, or 0 for somebody new, is right.
        achievements: The achievements whose rules look at it.
        odd: Why a person would have to check it; "" if nobody has to.
    """

    observation: Observation
    fields: Mapping[str, object]
    members: int
    achievements: tuple[str, ...]
    odd: str


@dataclass(frozen=True)
class Trial:
    """The outcome of a trial.

    Attributes:
        status: The HTTP status that the sender would get.
        fault: Why the message does not fit the dialect; "" if it does.
    """

    found: tuple[Found, ...]
    unread: tuple[Unread, ...]
    status: int
    fault: str = ""


def try_message(
    services: Services, source: SourceRecord, body: bytes, *, content_type: str = "", now: datetime
) -> Trial:
    """Read a message as the source would, without storing it.

    Args:
        body: The message as the system would send it. It needs no signature.
        content_type: The Content-Type header.
    """
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
