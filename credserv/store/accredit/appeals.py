"""Appeals against decisions about applications and accreditations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.engine import Row

from credserv.records.accreditation import AppealAbout, AppealRecord
from credserv.store.frame.database import Database, insert_if_absent, values_of
from credserv.store.tables import appeals


class AppealRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: AppealRecord) -> bool:
        """Store an appeal; return False if its reference is taken."""
        values = {**vars(record), "about": record.about.value, "organisation_id": self._organisation_id}
        with self._database.writing() as connection:
            return insert_if_absent(connection, appeals, **values)

    def find(self, name: str, *, locked: bool = False) -> AppealRecord | None:
        """Return an appeal by its client's reference or our id.

        Args:
            locked: Whether to lock it until the transaction ends.
        """
        named = or_(appeals.c.reference == name, appeals.c.id == name)
        return next(iter(self._all(named, locked=locked)), None)

    def of_credential(self, credential_id: str) -> tuple[AppealRecord, ...]:
        """Return the appeals about a credential, oldest first."""
        return self._all(appeals.c.credential_id == credential_id)

    def undecided(self) -> tuple[AppealRecord, ...]:
        """Return undecided appeals, oldest first."""
        return self._all(appeals.c.decided_at.is_(None))

    def decide(self, record: AppealRecord) -> None:
        """Store a decision. The caller has locked the appeal."""
        this = self._own() & (appeals.c.id == record.id)
        decided = {
            "decided_at": record.decided_at,
            "decided_by": record.decided_by,
            "is_upheld": record.is_upheld,
            "reason": record.reason,
        }
        with self._database.writing() as connection:
            connection.execute(update(appeals).where(this).values(**decided))

    def _own(self) -> ColumnElement[bool]:
        return appeals.c.organisation_id == self._organisation_id

    def _all(self, which: ColumnElement[bool], *, locked: bool = False) -> tuple[AppealRecord, ...]:
        found = select(appeals).where(self._own(), which).order_by(appeals.c.opened_at, appeals.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(found.with_for_update() if locked else found).all()
        return tuple(_record(row) for row in rows)


def _record(row: Row[Any]) -> AppealRecord:
    return AppealRecord(**{**values_of(row), "about": AppealAbout(row.about)})
