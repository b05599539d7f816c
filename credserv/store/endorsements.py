"""Endorsements of applications: each with when its endorser dated it, and when it was known here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Row

from credserv.records.accreditation import EndorsementRecord
from credserv.store.database import Database, insert_if_absent
from credserv.store.tables import applications, endorsements

_ORDER = (endorsements.c.received_at, endorsements.c.id)


class EndorsementRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: EndorsementRecord) -> bool:
        """Whether it is new; another one may have its reference."""
        with self._database.writing() as connection:
            return insert_if_absent(
                connection, endorsements, organisation_id=self._organisation_id, **vars(record)
            )

    def find(self, name: str) -> EndorsementRecord | None:
        """By the client's reference or our id."""
        return next(iter(self._all((endorsements.c.reference == name) | (endorsements.c.id == name))), None)

    def of_application(
        self, application_id: str, until: datetime | None = None
    ) -> tuple[EndorsementRecord, ...]:
        """In the order in which they were received. until: as known then."""
        which = endorsements.c.application_id == application_id
        return self._all(which if until is None else which & (endorsements.c.received_at <= until))

    def by(self, membership_id: str) -> tuple[EndorsementRecord, ...]:
        """What somebody gave, the oldest first."""
        return self._all(endorsements.c.endorser_id == membership_id)

    def of_programme(
        self, programme_key: str, until: datetime | None = None
    ) -> tuple[EndorsementRecord, ...]:
        """Of all applications under a programme."""
        own = applications.c.organisation_id == self._organisation_id
        of_it = select(applications.c.id).where(own, applications.c.programme_key == programme_key)
        which = endorsements.c.application_id.in_(of_it)
        return self._all(which if until is None else which & (endorsements.c.received_at <= until))

    def _all(self, which: ColumnElement[bool]) -> tuple[EndorsementRecord, ...]:
        own = endorsements.c.organisation_id == self._organisation_id
        found = select(endorsements).where(own, which).order_by(*_ORDER)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(found))


def _record(row: Row[Any]) -> EndorsementRecord:
    values = {name: value for name, value in row._mapping.items() if name != "organisation_id"}
    return EndorsementRecord(**values)
