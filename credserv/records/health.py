"""The health of a running service: its database, its queues, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ServerFacts:
    """Facts about the database server.

    Attributes:
        clock: Its own clock; None if it has none apart from this machine's.
        pooled: Whether a pooler may send each transaction over another connection.
        uncounted: Large tables whose rows its planner has not counted since most of them came.
    """

    encoding: str
    takes_writes: bool
    clock: datetime | None = None
    pooled: bool = False
    uncounted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Backlog:
    """Waiting work.

    Attributes:
        oldest: Since when the oldest waits.
    """

    waiting: int
    oldest: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        ok: None if it was not checked or does not apply.
        said: A sentence.
        mend: The one command that fixes it.
        subject: Which of several things it is about.
        organisation: Whose; "" for the installation's.
    """

    name: str
    ok: bool | None
    said: str
    mend: str = ""
    subject: str = ""
    organisation: str = ""


@dataclass(frozen=True)
class Reached:
    """How many badges got how far.

    Attributes:
        delivered: Those whose letter a mail server took.
        claimed: Those of which a wallet app has a copy.
        shared: Those that their holders put behind a link.
        opened: Those of which somebody opened such a link, while the log of openings is kept.
    """

    issued: int
    delivered: int
    claimed: int
    shared: int
    opened: int


@dataclass(frozen=True)
class Counts:
    """Counts over the whole installation.

    Attributes:
        badges: By state.
        alarms: How many stand, by condition.
    """

    badges: Mapping[str, int]
    reached: Reached
    letters_waiting: int
    letters_refused: int
    oldest_letter: datetime | None
    events_waiting: int
    oldest_event: datetime | None
    webhooks_waiting: int
    status_lists_behind: int
    oldest_status_list: datetime | None
    alarms: Mapping[str, int]


@dataclass(frozen=True)
class Figure:
    """A number for an operator's charts.

    Attributes:
        said: What it is.
        labels: (name, value), with few different values.
    """

    name: str
    said: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
