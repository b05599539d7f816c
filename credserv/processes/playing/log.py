"""The event log that a simulation plays: one JSON object a line, in the order in which the service learns of
things."""

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
    """line: of the file, for whoever has to look. at: when the service learns of it. number: the log's own of
    it (`seq`), else the line: what is sent again says the same."""

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
    """All of it, before any of it is played, in the order of `at`, of one instant in that of `seq`: a line
    that stands too late moves to its place. Types that are not known are read, too. Raises InputError with
    the line that cannot be played."""
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
    """By their own numbers, where each stands for one event; else by their lines."""
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
