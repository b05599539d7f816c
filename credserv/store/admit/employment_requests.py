"""Members' requests that their employer confirm their employment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from credserv.records.employment_requests import EmploymentRequest, RequestState
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import employment_requests as t

_COLUMNS = [column for column in t.columns if column.name != "organisation_id"]


class EmploymentRequestRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: EmploymentRequest) -> bool:
        """Store a request; return whether it is new."""
        values = {**vars(record), "state": record.state.value}
        with self._database.writing() as connection:
            return insert_if_absent(connection, t, **values, organisation_id=self._organisation_id)

    def get(self, request_id: str) -> EmploymentRequest | None:
        return next(iter(self._all(t.c.id == request_id)), None)

    def of_member(self, membership_id: str) -> tuple[EmploymentRequest, ...]:
        """Return a member's requests, newest first."""
        return self._all(t.c.membership_id == membership_id)

    def waiting(self, limit: int) -> tuple[EmploymentRequest, ...]:
        """Return open requests, newest first."""
        return self._all(t.c.state == RequestState.OPEN.value, limit=limit)

    def settle(self, membership_id: str, state: RequestState, now: datetime, *, reason: str = "") -> bool:
        """Decide a member's open request; return whether there was one."""
        waits = (t.c.organisation_id == self._organisation_id) & (t.c.membership_id == membership_id)
        change = update(t).where(waits, t.c.state == RequestState.OPEN.value)
        with self._database.writing() as connection:
            done = connection.execute(change.values(state=state.value, decided_at=now, reason=reason))
            return bool(done.rowcount)

    def _all(self, which: ColumnElement[bool], *, limit: int | None = None) -> tuple[EmploymentRequest, ...]:
        found = select(*_COLUMNS).where(t.c.organisation_id == self._organisation_id, which)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(t.c.asked_at.desc(), t.c.id).limit(limit)).all()
        return tuple(EmploymentRequest(**{**row._mapping, "state": RequestState(row.state)}) for row in rows)
