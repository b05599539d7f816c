"""xAPI statements as they are kept: where each stands in which message, and by what it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StatementRecord:
    """id: a UUID in lower case. message: the event id of the row in `events` whose body has it as number
    `place`. digest: by which it is told from another under its id. voids: the statement that it takes back.
    actor: its identifier, as `mbox …` or `account … …`. registration, verb, activity: as sent.
    """

    source: str
    id: str
    message: str
    place: int
    digest: str
    stored_at: datetime
    verb: str
    activity: str | None = None
    actor: str | None = None
    registration: str | None = None
    voids: str | None = None
    voided: bool = False


@dataclass(frozen=True)
class StatementFilter:
    """Of what is asked for. after: the place of the last statement of the page before."""

    verb: str | None = None
    activity: str | None = None
    actor: str | None = None
    registration: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    after: tuple[datetime, str] | None = None
