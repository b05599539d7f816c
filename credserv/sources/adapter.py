"""What every LMS dialect offers: read a message into observations, and say what its sender has to hear.

An adapter knows no database, clock or network. It reads what it can and tells what it could not; a member
that is missing stays missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from credserv.ground.json_types import JsonObject
from credserv.records.observations import Observation


@dataclass(frozen=True)
class Message:
    """One delivery, as it came. headers: those that the adapter or the signature needs, in lower case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unread:
    """A part that was not understood. place: a JSON pointer, or a line and column of a file."""

    place: str
    why: str


@dataclass(frozen=True)
class Reading:
    """observations: in the order of the message; none is a fine reading (a page was viewed).

    unread: what was not understood, for an administrator to see. passed_over: what was understood and says
    nothing of anybody's achievement. notes: how a file was understood (its encoding, its decimal sign).
    """

    observations: tuple[Observation, ...]
    unread: tuple[Unread, ...] = ()
    passed_over: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What became of a message, as far as its sender may know."""

    TAKEN = "taken"  # kept and judged, or to be judged; whether it earned anything is not the sender's affair
    UNREADABLE = "unreadable"  # kept for an administrator
    REPEATED = "repeated"  # known already
    CONFLICT = "conflict"  # an id of before with another content


@dataclass(frozen=True)
class Answer:
    """What the sender is told. body: JSON, None for an empty one."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Adapter:
    """version: goes up when the same message would be read differently; kept beside each observation.

    read: the message and the source's own options; raises InputError where the message is none of this
    dialect. answer: what this sender understands as success, for each outcome (reading None: unreadable).
    require_options: asked when a source is saved; raises SchemaFaultsError for what `read` could not use.
    """

    name: str
    version: int
    read: Callable[[Message, JsonObject], Reading]
    answer: Callable[[Message, Reading | None, Outcome], Answer]
    require_options: Callable[[JsonObject], None] = lambda _options: None
