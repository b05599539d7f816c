"""What adapters share when they make observations: ids where a sender has none, and what is odd, told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.records.observations import Kind, Observation
from credserv.sources.adapter import Answer, Message, Outcome, Reading, Unread

FIRST_YEAR = 2000  # what is older was not said by a learning system whose clock was set
CLOCK_TOLERANCE = timedelta(minutes=5)
Part = tuple[str, JsonObject]
# An observation, or in words why there is none.
ReadPart = Callable[[str, JsonObject, list[Unread]], Observation | str]


def derive_event_id(*parts: object) -> str:
    """An id from what makes a statement the same when it is sent again, however its bytes look.

    Numbers count by their value (1, 1.0), and times by their instant.
    """
    plain = json.dumps([_plain(part) for part in parts], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(part: object) -> object:
    if part is None or isinstance(part, str | bool):
        return part
    if isinstance(part, datetime):
        return format_instant(part) if part.tzinfo else part.isoformat()
    if isinstance(part, Decimal):
        return f"{part.normalize():f}" if part else "0"
    if isinstance(part, dict):
        return [[str(key), _plain(part[key])] for key in sorted(part, key=str)]
    if isinstance(part, list | tuple):
        return [_plain(item) for item in part]
    return str(part)


def with_flags(observation: Observation) -> Observation:
    """The observation with what is odd about it; a share of nothing (maximum 0) is no share."""
    flags = list(observation.flags)
    low, high, raw, scaled = observation.min, observation.max, observation.raw, observation.scaled
    if high is not None and high <= (low or 0):
        flags.append("the maximum is not above the minimum, so that the score is a share of nothing")
        scaled = None
    elif raw is not None and high is not None and raw > high:
        flags.append("the score is above the maximum")
    if raw is not None and low is not None and raw < low:
        flags.append("the score is below the minimum")
    if scaled is not None and not -1 <= scaled <= 1:
        flags.append("the scaled score is not between -1 and 1")
    if observation.occurred_at is None:
        flags.append("it says no time")
    elif observation.occurred_at.year < FIRST_YEAR:
        flags.append(f"its time is before the year {FIRST_YEAR}")
    if not observation.people:
        flags.append("it names no learner")
    if not flags:  # as nearly every one is
        return observation
    return replace(observation, scaled=scaled, flags=tuple(flags))


def is_in_future(observation: Observation, now: datetime) -> bool:
    """Whether its time lies further ahead than clocks differ."""
    return observation.occurred_at is not None and observation.occurred_at > now + CLOCK_TOLERANCE


def read_parts(
    parts: Iterable[Part], is_ours: Callable[[JsonObject], bool], read: ReadPart, what: str
) -> Reading:
    """Each part that is of the dialect, by itself: what one lacks costs the others nothing.

    Raises InputError where none is; `what` names the dialect's messages.
    """
    observations: list[Observation] = []
    unread: list[Unread] = []
    passed_over: list[Unread] = []
    found = False
    for place, part in parts:
        if not is_ours(part):
            unread.append(Unread(place, f"this is not {what}"))
            continue
        found = True
        said = read(place, part, unread)
        if isinstance(said, str):
            passed_over.append(Unread(place, said))
        else:
            observations.append(with_flags(said))
    if not found:
        raise InputError(f"this is not {what}")
    return Reading(tuple(observations), tuple(unread), tuple(passed_over))


def always_taken(_message: Message, _reading: Reading | None, _outcome: Outcome) -> Answer:
    """For senders that look at nothing but the status, and would stop sending, or lose it, at another one."""
    return Answer(200)


def kind_of(success: bool | None, yes: Kind, no: Kind) -> Kind | None:
    """None where the sender does not say."""
    return None if success is None else yes if success else no
