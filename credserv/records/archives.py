"""The archive of a wallet of many credentials, which a job makes and which waits to be fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT_FOR = timedelta(days=1)  # after it was made
GIVEN_UP_AFTER = timedelta(days=2)  # since it was asked for


@dataclass(frozen=True)
class ArchiveRecord:
    """One that a person asked an organisation for. done, total: of the credentials that it checks, total 0
    until it was begun. made_at: since when it is there; failed_at: since when it is known that it cannot be.
    """

    id: str
    person_id: str
    with_backup: bool
    asked_at: datetime
    done: int = 0
    total: int = 0
    made_at: datetime | None = None
    failed_at: datetime | None = None

    @property
    def is_going_on(self) -> bool:
        return self.made_at is None and self.failed_at is None

    @property
    def ends_at(self) -> datetime | None:
        """From when on it is not there any more; None until it is made."""
        return None if self.made_at is None else self.made_at + KEPT_FOR
