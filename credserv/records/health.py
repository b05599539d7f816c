"""What is seen of a service that runs: its database, what waits in it, and what was found wanting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ServerFacts:
    """Of the database server. clock: its own, None where it has none apart from this machine's. pooled:
    whether a pooler stands before it, by which each transaction may go to another connection."""

    encoding: str
    takes_writes: bool
    clock: datetime | None = None
    pooled: bool = False


@dataclass(frozen=True)
class Backlog:
    """What waits to be done. oldest: since when."""

    waiting: int
    oldest: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    ok: None for what was not looked at, or does not apply. said: in a sentence. mend: the one command that
    mends it. subject: which one of several it is about. organisation: whose, "" for the installation's.
    """

    name: str
    ok: bool | None
    said: str
    mend: str = ""
    subject: str = ""
    organisation: str = ""


@dataclass(frozen=True)
class Counts:
    """Of the whole installation. badges: by state. delivered, claimed, shared: how many badges got so far.
    alarms: how many stand, by condition."""

    badges: Mapping[str, int]
    issued: int
    delivered: int
    claimed: int
    shared: int
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
    """One number for an operator's charts. said: what it is. labels: (name, value), of few values."""

    name: str
    said: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
