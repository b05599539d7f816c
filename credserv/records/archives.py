"""The archive of a large wallet, made by a job and kept until it is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT_FOR = timedelta(days=1)  # after it was made
GIVEN_UP_AFTER = timedelta(days=2)  # after it was requested


@dataclass(frozen=True)
class ArchiveRecord:
    """An archive that a person requested from an organisation.

    Attributes:
        done: How many credentials were checked.
        total: How many there are; 0 until the job begins.
        made_at: When it was made.
        failed_at: When it was known that it cannot be made.
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
        """Return when it will be deleted; None until it is made."""
        return None if self.made_at is None else self.made_at + KEPT_FOR
