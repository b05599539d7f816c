"""What adapters share to make observations: ids where a sender has none, and flags for oddities."""

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

FIRST_YEAR = 2000  # anything older comes from a clock that was not set
CLOCK_TOLERANCE = timedelta(minutes=5)
Part = tuple[str, JsonObject]
# An observation, or in words why there is none.
ReadPart = Callable[[str, JsonObject, list[Unread]], Observation | str]


def derive_event_id(*parts: object) -> str:
    """Return an id from what identifies a statement when it is sent again, however its bytes look.

    Numbers compare by value (1, 1.0), and times by instant.
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
    """Return the observation with flags for oddities; a share of nothing (maximum 0) is no share."""
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
    if not flags:  # true of nearly all
        return observation
    return replace(observation, scaled=scaled, flags=tuple(flags))


def is_in_future(observation: Observation, now: datetime) -> bool:
    """Return whether its time is further ahead than clocks differ."""
    return observation.occurred_at is not None and observation.occurred_at > now + CLOCK_TOLERANCE


def read_parts(
    parts: Iterable[Part], is_ours: Callable[[JsonObject], bool], read: ReadPart, what: str
) -> Reading:
    """Read each part of the dialect by itself: a faulty one does not affect the others.

    Raises InputError where none is of the dialect; `what` names its messages.
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
    """Accept always, for senders that only look at the status and would stop, or lose the message, at
    another."""
    return Answer(200)


def kind_of(success: bool | None, yes: Kind, no: Kind) -> Kind | None:
    """Return the kind; None where the sender does not say."""
    return None if success is None else yes if success else no
