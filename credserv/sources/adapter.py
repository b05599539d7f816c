"""The interface of every LMS dialect: read a message into observations, and answer its sender.

An adapter has no database, clock or network. It reads what it can and reports what it could not; a missing
member stays missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from credserv.ground.json_types import JsonObject
from credserv.records.observations import Observation


@dataclass(frozen=True)
class Message:
    """One delivery as it came. `headers`: those the adapter or the signature needs, in lower case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unread:
    """A part that was not understood. `place` is a JSON pointer, or line and column of a file."""

    place: str
    why: str


@dataclass(frozen=True)
class Reading:
    """The result of reading.

    Attributes:
        observations: in message order; having none is fine (a page was viewed).
        unread: what was not understood, for an administrator.
        passed_over: what was understood and is not about anybody's achievement.
        notes: how a file was understood (its encoding, its decimal sign).
    """

    observations: tuple[Observation, ...]
    unread: tuple[Unread, ...] = ()
    passed_over: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What happened to a message, as far as its sender may know."""

    TAKEN = "taken"  # stored; whether it earned anything is not the sender's business
    UNREADABLE = "unreadable"  # kept for an administrator
    REPEATED = "repeated"  # already known
    CONFLICT = "conflict"  # a known id with other content


@dataclass(frozen=True)
class Answer:
    """The response to the sender. `body` is JSON; None for an empty one."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Adapter:
    """One dialect.

    Attributes:
        version: increased when the same message would be read differently; stored with each observation.
        read: takes the message and the source's options; raises InputError where the message is not of this
            dialect.
        answer: returns what this sender understands as success, for each outcome (reading None: unreadable).
        require_options: called when a source is saved; raises SchemaFaultsError for what `read` could not
            use.
    """

    name: str
    version: int
    read: Callable[[Message, JsonObject], Reading]
    answer: Callable[[Message, Reading | None, Outcome], Answer]
    require_options: Callable[[JsonObject], None] = lambda _options: None
