"""Who was asked for feedback about whom, and when they answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from credserv.records.feedback_requests import FeedbackRequest
from credserv.store.frame.database import Database
from credserv.store.tables import feedback_requests as t


class FeedbackRequestRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, one: FeedbackRequest) -> None:
        with self._database.writing() as connection:
            connection.execute(insert(t).values(**vars(one), organisation_id=self._organisation_id))

    def answered(self, request_id: str, now: datetime) -> None:
        """Record the first answer; nothing happens if the request is no longer stored."""
        mine = (t.c.organisation_id == self._organisation_id) & (t.c.id == request_id)
        with self._database.writing() as connection:
            connection.execute(update(t).where(mine, t.c.answered_at.is_(None)).values(answered_at=now))

    def asked_between(self, since: datetime, until: datetime) -> tuple[FeedbackRequest, ...]:
        """Return requests made in [since, until), earliest first."""
        found = select(t).where(
            t.c.organisation_id == self._organisation_id, t.c.asked_at >= since, t.c.asked_at < until
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(t.c.asked_at, t.c.id)).mappings()
            return tuple(
                FeedbackRequest(**{name: row[name] for name in row if name != "organisation_id"})
                for row in rows
            )
