"""The event log of a simulation: one JSON object a line, in the order the service learns of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object

_MAX_LINE_BYTES = 1_048_576
_ALWAYS = ("at", "type")
# What each type needs to be played; further members are used where they have a meaning.
MEMBERS: dict[str, tuple[str, ...]] = {
    "person.joined": ("person", "employer"),
    "person.left": ("person", "employer"),
    "consent.given": ("person", "purpose"),
    "consent.withdrawn": ("person", "purpose"),
    "founder.appointed": ("person", "until", "competencies"),
    "mentor.applied": ("application", "person", "competencies"),
    "assessment.passed": ("application", "score"),
    "assessment.failed": ("application", "score"),
    "endorsement.made": ("endorsement", "by", "application", "competency", "stated_at"),
    "session.observed": ("application", "assessor", "competency", "level"),
    "accreditation.granted": ("credential", "application"),
    "accreditation.renewed": ("credential",),
    "accreditation.suspended": ("credential",),
    "accreditation.restored": ("credential",),
    "accreditation.revoked": ("credential",),
    "appeal.opened": ("credential",),
    "appeal.upheld": ("credential",),
    "appeal.rejected": ("credential",),
    "session.held": ("session", "mentor", "mentee", "minutes", "competency"),
    "session.confirmed": ("session", "by"),
    "cpd.logged": ("person",),
    "supervision.logged": ("person",),
    "feedback.given": ("session", "by", "score"),
    "audit.committed": ("period", "sha256"),
    "audit.revealed": ("period", "seed", "population_at"),
    "pathway.started": ("person", "pathway"),
    "assessment.pre": ("person", "score"),
    "assessment.post": ("person", "score"),
    "credential.mastered": ("person", "pathway"),
    "signal.posted": ("person", "signal", "count", "exposure"),
    "role.changed": ("person", "effective", "before", "after"),
}


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        line: in the file, for messages.
        at: when the service learns of it.
        number: the log's own (`seq`), else the line; the same when an event is repeated.
    """

    line: int
    at: datetime
    type: str
    said: JsonObject
    number: int

    def __getitem__(self, member: str) -> Any:
        return self.said[member]

    def get(self, member: str, otherwise: Any = None) -> Any:
        return self.said.get(member, otherwise)


def read_log(path: Path) -> tuple[Event, ...]:
    """Read the whole log before playing any of it.

    Events are sorted by `at`, then by `seq`, so that a line out of order moves to its place. Unknown types
    are read too. Raises InputError with the line that cannot be played.
    """
    events: list[Event] = []
    for number, line in _lines(path):
        try:
            event = _read(number, line)
        except InputError as error:
            raise InputError(f"{path.name}, line {number}: {error.detail}") from error
        events.append(event)
    if not events:
        raise InputError(f"{path.name} holds no events")
    return tuple(sorted(_numbered(events), key=lambda one: (one.at, one.number)))


def _numbered(events: Sequence[Event]) -> list[Event]:
    """Number events by their own numbers where these are unique, else by line."""
    own: list[Any] = [one.said.get("seq") for one in events]
    first: dict[Any, JsonObject] = {}
    same = all(
        isinstance(seq, int) and first.setdefault(seq, one.said) == one.said
        for seq, one in zip(own, events, strict=True)
    )
    return [replace(one, number=seq) for seq, one in zip(own, events, strict=True)] if same else list(events)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _read(number: int, line: bytes) -> Event:
    if len(line) > _MAX_LINE_BYTES:
        raise InputError(f"longer than {_MAX_LINE_BYTES} bytes")
    said = parse_json_object(line)
    for member in _ALWAYS:
        if not isinstance(said.get(member), str):
            raise InputError(f"`{member}` is missing, or no text")
    kind = str(said["type"])
    missing = [member for member in MEMBERS.get(kind, ()) if member not in said]
    if missing:
        raise InputError(f"{kind} needs {', '.join(missing)}")
    return Event(number, parse_instant(str(said["at"])), kind, said, number)
