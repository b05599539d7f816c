"""Observations as stored: who sent them, with which message, and how far they got.

An observation's id is derived from namespace and event id alone, and its content is compared without what is
for people to read. A statement that is sent again, in another batch or in other words, is therefore the same
one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from credserv.ground.encoding import encode_base64url
from credserv.ground.json_types import JsonObject
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)

TAKES_BACK = "supersedes"  # next to the kinds of people and activities, for looking up observations
MAX_INDEXED_CHARS = 400  # PostgreSQL's indexes take some 2,700 bytes
_UNDATED = datetime.min.replace(tzinfo=UTC)
_SHOWN = ("name", "flags", "event_type")  # for people to read; decides nothing


class ObservationState(StrEnum):
    RECEIVED = "received"  # stored, not judged; a retry or the worker's sweep continues with it
    JUDGED = "judged"
    WAITING = "waiting"  # for a person, or for an address of theirs
    QUEUED = "queued"  # for an administrator: dated in the future, or before 2000
    CONFLICT = "conflict"  # its id belongs to other content, or it names two people


@dataclass(frozen=True)
class ObservationRecord:
    """An observation.

    Attributes:
        id: See `observation_id`.
        message: The event id of the row in `events` that brought it, as number `place`.
        is_signed: Whether that message was signed.
        identifier_id: Whose it is, if known.
        membership_id: Whose it is, if known.
    """

    id: str
    source: str
    message: str
    place: int
    namespace: str
    observation: Observation
    is_signed: bool
    received_at: datetime
    state: ObservationState = ObservationState.RECEIVED
    note: str = ""
    identifier_id: str | None = None
    membership_id: str | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        """Return the sort key, independent of arrival. Without a date it comes first."""
        return self.observation.occurred_at or _UNDATED, self.id

    @cached_property
    def content(self) -> dict[str, Any]:
        return content_of(self.observation)

    @cached_property
    def content_sha256(self) -> str:
        return hash_content(self.content)


def observation_id(namespace: str, event_id: str) -> str:
    """Return the id, the same for the same statement however it arrives."""
    digest = hashlib.sha256(f"{namespace}\0{event_id}".encode(errors="surrogatepass")).digest()
    return encode_base64url(digest[:20])


def conflicting_id(namespace: str, event_id: str, content_sha256: str) -> str:
    """Return the id for a different statement under a known id."""
    return observation_id(f"{namespace}\0{content_sha256}", event_id)


def in_force(found: Iterable[ObservationRecord]) -> tuple[ObservationRecord, ...]:
    """Return observations in order, without those that another of the same
    installation takes back or replaces.
    """
    known = tuple(found)
    taken_back = {
        observation_id(one.namespace, one.observation.supersedes)
        for one in known
        if one.observation.supersedes is not None and one.observation.supersedes != one.observation.event_id
    }
    return tuple(sorted((one for one in known if one.id not in taken_back), key=lambda one: one.order))


def indexed(value: str) -> str:
    """Return a name for lookups; a long one is hashed."""
    if len(value) <= MAX_INDEXED_CHARS:
        return value
    return "sha256:" + hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()


def person_value(person: PersonReference) -> str:
    """Return the value by which a reference is looked up within namespace and kind;
    an account's home is part of it.
    """
    return indexed(person.value if person.home is None else f"{person.home} {person.value}")


def hash_content(told: JsonObject) -> str:
    """Return the hash of what `content_of` returned."""
    content = {name: value for name, value in told.items() if name not in _SHOWN}
    content["activities"] = [[one["kind"], one["value"]] for one in told.get("activities", ())]
    return hashlib.sha256(_sorted_json(content).encode()).hexdigest()


def content_of(observation: Observation) -> dict[str, Any]:
    """Return an observation as JSON, without what was not said."""
    return {
        name: _WRITERS.get(type(value), _same)(value)
        for name in _NAMES
        if (value := getattr(observation, name)) is not None and value != ()
    }


def observation_of(content: JsonObject) -> Observation:
    """Return the observation from what `content_of` returned."""
    return Observation(**{name: _READERS.get(name, _as_it_is)(value) for name, value in content.items()})


def _same(value: Any) -> Any:
    return value


def _reference(value: PersonReference | ActivityReference) -> dict[str, Any]:
    return {name: told for name, told in vars(value).items() if told is not None}


_NAMES = tuple(one.name for one in fields(Observation))
_sorted_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_WRITERS: Mapping[type, Any] = {
    Decimal: lambda value: str(value.normalize()) if value.is_finite() else str(value),
    datetime: lambda value: value.astimezone(UTC).isoformat(),
    tuple: lambda value: [_WRITERS.get(type(one), _same)(one) for one in value],
    PersonReference: _reference,
    ActivityReference: _reference,
}


def _as_it_is(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _person(told: Mapping[str, Any]) -> PersonReference:
    return PersonReference(PersonKind(told["kind"]), told["value"], told.get("home"))


def _activity(told: Mapping[str, Any]) -> ActivityReference:
    return ActivityReference(ActivityKind(told["kind"]), told["value"], told.get("name"))


_READERS: Mapping[str, Any] = {
    "kind": Kind,
    "people": lambda told: tuple(_person(one) for one in told),
    "activities": lambda told: tuple(_activity(one) for one in told),
    "occurred_at": datetime.fromisoformat,
    "asserted_by": _person,
    **dict.fromkeys(("raw", "min", "max", "scaled"), Decimal),
}
