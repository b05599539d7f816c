"""The event log that a simulation plays: one JSON object a line, in the order in which the service learns of
things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from credserv.ground.encoding import parse_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object

_MAX_LINE_BYTES = 1_048_576
_ALWAYS = ("at", "type")
# What each type needs to be played at all; what a log says beyond that is taken where it means something.
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
    """line: of the file, for whoever has to look. at: when the service learns of it."""

    line: int
    at: datetime
    type: str
    said: JsonObject

    def __getitem__(self, member: str) -> Any:
        return self.said[member]

    def get(self, member: str, otherwise: Any = None) -> Any:
        return self.said.get(member, otherwise)


def read_log(path: Path) -> tuple[Event, ...]:
    """All of it, before any of it is played. Raises InputError with the line that cannot be played."""
    events: list[Event] = []
    for number, line in _lines(path):
        try:
            event = _read(number, line)
        except InputError as error:
            raise InputError(f"{path.name}, line {number}: {error.detail}") from error
        if events and event.at < events[-1].at:
            raise InputError(f"{path.name}, line {number}: `at` is earlier than that of the line before")
        events.append(event)
    if not events:
        raise InputError(f"{path.name} holds no events")
    return tuple(events)


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
    if kind not in MEMBERS:
        raise InputError(f"no such type of event as {kind[:60]}")
    missing = [member for member in MEMBERS[kind] if member not in said]
    if missing:
        raise InputError(f"{kind} needs {', '.join(missing)}")
    return Event(number, parse_instant(str(said["at"])), kind, said)
