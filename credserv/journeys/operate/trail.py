"""The audit trail as people read it, with actors by the names the organisation knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from credserv.ground.accounts import COMMANDS
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord

_AT_ONCE = 500
_PERSON, _KEY, _INSTALLATION, _SOURCE = "person:", "api:", "installation/", "hook:"
_COMMAND = f"{COMMANDS[0]}:"
_PROGRAMS = {
    **dict.fromkeys(COMMANDS, "a command on the server"),
    "console": "the console",
    "holder": "the holder",
    "worker": "this service",
}


@dataclass(frozen=True)
class TrailLine:
    """A line.

    Attributes:
        who: A name, an address, or the program that acted.
    """

    line: AuditRecord
    who: str


@dataclass(frozen=True)
class Trail:
    """A page of the trail.

    Attributes:
        older_from: The number where the next page begins; None at the end.
    """

    lines: Sequence[TrailLine]
    older_from: int | None


def note_saved(
    services: Services, name: str, lines: Iterator[str], *, actor: str, now: datetime
) -> Iterator[str]:
    """Record that somebody exports a list, which takes data out of what is watched and erased here.

    What cannot be searched for raises its error here, before anything is sent, and is not recorded.

    Args:
        name: The list's name.
        lines: The heading, and what was found.

    Returns:
        The same lines.
    """
    with services.store.transaction():  # the saved trail has this line, too
        services.store.audit.add(AuditRecord(now, actor, Action.TABLE_SAVED, name))
        begun = list(islice(lines, 2))
    return chain(begun, lines)


def read_trail(
    services: Services, *, before: int | None, limit: int, text: str = "", action: Action | None = None
) -> Trail:
    """Return a page of the trail, newest first.

    Args:
        before: Only lines before this number.
        text: Looked for in actor and subject.
    """
    found = services.store.audit.page(before=before, limit=limit + 1, text=text, action=action)
    numbers = [number for number, _ in found]
    older = numbers[limit - 1] if len(found) > limit else None
    return Trail(named(services, [line for _, line in found[:limit]]), older)


def all_lines(services: Services, *, text: str, action: Action | None) -> Iterator[TrailLine]:
    """Yield every matching line, newest first."""
    before: int | None = None
    while True:
        trail = read_trail(services, before=before, limit=_AT_ONCE, text=text, action=action)
        yield from trail.lines
        if trail.older_from is None:
            return
        before = trail.older_from


def named(services: Services, lines: Iterable[AuditRecord]) -> list[TrailLine]:
    """Return the lines with the names of their actors."""
    known: dict[str, str] = {}
    told = []
    for line in lines:
        if line.actor not in known:
            known[line.actor] = who_acted(services, line.actor)
        told.append(TrailLine(line, known[line.actor]))
    return told


def who_acted(services: Services, actor: str) -> str:
    """Return the name of a person or key, or the kind of program that acted."""
    if actor.startswith(_INSTALLATION):
        return "the operator"
    if actor.startswith(_SOURCE):
        return f"the source {actor.removeprefix(_SOURCE)}"
    if actor.startswith(_COMMAND):
        return f"a command on the server, run by {actor.removeprefix(_COMMAND)}"
    if actor.startswith(_KEY):
        found = services.store.access.find_api_key(actor.removeprefix(_KEY))
        return f"API key “{found[0].name}”" if found else actor
    if not actor.startswith(_PERSON):
        return _PROGRAMS.get(actor, actor)
    member = services.store.members.of_person(actor.removeprefix(_PERSON))
    if member is None:
        return "the holder"
    return member.name or services.store.members.email_of(member.person_id) or "somebody without a name"
