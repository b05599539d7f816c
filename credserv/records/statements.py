"""xAPI statements as stored: the message and place of each, and what queries look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StatementRecord:
    """A statement.

    Attributes:
        id: A UUID in lower case.
        message: The event id of the row in `events` whose body contains it as number `place`.
        digest: Distinguishes it from another statement with its id.
        voids: The statement that it voids.
        actor: Its identifier, as `mbox …` or `account … …`.
        registration: As sent.
        verb: As sent.
        activity: As sent.
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
    """A query.

    Attributes:
        after: The place of the last statement of the previous page.
    """

    verb: str | None = None
    activity: str | None = None
    actor: str | None = None
    registration: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    after: tuple[datetime, str] | None = None
