"""Delete old entries of practice logs."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, select

from credserv.store.frame.database import Database
from credserv.store.tables import memberships, practice


class PracticeRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def forget(self, *, before: datetime, left_before: date) -> int:
        """Delete what happened before an instant, and everything of people whose last day was before a day.

        Returns:
            How many entries.
        """
        own = practice.c.organisation_id == self._organisation_id
        gone = select(memberships.c.id).where(
            memberships.c.organisation_id == self._organisation_id, memberships.c.ends_on < left_before
        )
        over = (practice.c.occurred_at < before) | practice.c.membership_id.in_(gone)
        with self._database.writing() as connection:
            return int(connection.execute(delete(practice).where(own, over)).rowcount)
