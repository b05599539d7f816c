"""What people agreed to. Consents belong to people and to no organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.records.consents import ConsentRecord, Purpose
from credserv.store.frame.database import Database
from credserv.store.tables import consents as t
from credserv.store.tables import memberships


class ConsentRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, record: ConsentRecord) -> None:
        """Store a consent, in the caller's transaction if there is one, so that it
        stands or falls with what it allows.
        """
        values = {**vars(record), "purpose": record.purpose.value, "shown": list(record.shown)}
        with self._database.writing() as connection:
            connection.execute(insert(t).values(**values))

    def withdraw(self, reference: str, now: datetime) -> None:
        with self._database.writing() as connection:
            withdraw(connection, [reference], now)

    def forget(self, reference: str) -> None:
        """Delete a consent for something that did not happen."""
        with self._database.writing() as connection:
            connection.execute(delete(t).where(t.c.reference == reference))

    def end(self, consent_id: str, now: datetime) -> None:
        """End a consent; an earlier withdrawal keeps its date."""
        one = (t.c.id == consent_id) & t.c.withdrawn_at.is_(None)
        with self._database.writing() as connection:
            connection.execute(update(t).where(one).values(withdrawn_at=now))

    def members_who_agreed(self, organisation_id: str, purpose: Purpose, at: datetime) -> frozenset[str]:
        """Return the memberships of an organisation that allow it a purpose at an instant."""
        found = (
            select(memberships.c.id)
            .join(t, t.c.person_id == memberships.c.person_id)
            .where(
                memberships.c.organisation_id == organisation_id,
                t.c.reference == organisation_id,
                t.c.purpose == purpose.value,
                t.c.given_at <= at,
                t.c.withdrawn_at.is_(None) | (t.c.withdrawn_at > at),
            )
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalars(found))

    def of_person(self, person_id: str) -> tuple[ConsentRecord, ...]:
        """Return a person's consents, newest first."""
        found = select(t).where(t.c.person_id == person_id).order_by(t.c.given_at.desc(), t.c.id)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(found))


def withdraw(connection: Connection, references: Sequence[str] | Select[Any], now: datetime) -> None:
    """Withdraw consents in the caller's transaction; earlier withdrawals keep their dates."""
    these = t.c.reference.in_(references) & t.c.withdrawn_at.is_(None)
    connection.execute(update(t).where(these).values(withdrawn_at=now))


def _record(row: Row[Any]) -> ConsentRecord:
    known = dict(row._mapping)
    return ConsentRecord(**{**known, "purpose": Purpose(row.purpose), "shown": tuple(row.shown)})
