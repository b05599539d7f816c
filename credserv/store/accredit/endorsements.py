"""Endorsements of applications: when the endorser dated each, and when it was known here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.engine import Row

from credserv.records.accreditation import EndorsementRecord
from credserv.store.accredit.lineage import lineage
from credserv.store.frame.database import Database, insert_if_absent, values_of
from credserv.store.tables import endorsements

_ORDER = (endorsements.c.received_at, endorsements.c.id)


class EndorsementRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: EndorsementRecord) -> bool:
        """Store an endorsement; return False if its reference is taken."""
        with self._database.writing() as connection:
            return insert_if_absent(
                connection, endorsements, organisation_id=self._organisation_id, **vars(record)
            )

    def set_as_received(self, endorsement_id: str, weight: str) -> None:
        """Store its weight when received, in the transaction that adds it."""
        own = endorsements.c.organisation_id == self._organisation_id
        change = update(endorsements).where(own, endorsements.c.id == endorsement_id)
        with self._database.writing() as connection:
            connection.execute(change.values(as_received=weight))

    def named(self, reference: str) -> EndorsementRecord | None:
        return next(iter(self._all(endorsements.c.reference == reference)), None)

    def find(self, name: str) -> EndorsementRecord | None:
        """Return an endorsement by the client's reference or our id."""
        return next(iter(self._all((endorsements.c.reference == name) | (endorsements.c.id == name))), None)

    def of_application(
        self, application_id: str, until: datetime | None = None
    ) -> tuple[EndorsementRecord, ...]:
        """Return an application's endorsements in the order received, as known at `until`."""
        which = endorsements.c.application_id.in_(lineage(application_id))
        return self._all(which if until is None else which & (endorsements.c.received_at <= until))

    def of_applications(self, application_ids: Collection[str]) -> tuple[EndorsementRecord, ...]:
        """Return the endorsements of several applications in the order received."""
        return self._all(endorsements.c.application_id.in_(list(application_ids)))

    def by(self, membership_id: str) -> tuple[EndorsementRecord, ...]:
        """Return a member's endorsements of others, oldest first."""
        return self._all(endorsements.c.endorser_id == membership_id)

    def _all(self, which: ColumnElement[bool]) -> tuple[EndorsementRecord, ...]:
        own = endorsements.c.organisation_id == self._organisation_id
        found = select(endorsements).where(own, which).order_by(*_ORDER)
        with self._database.reading() as connection:
            return tuple(_record(row) for row in connection.execute(found))


def _record(row: Row[Any]) -> EndorsementRecord:
    return EndorsementRecord(**values_of(row))
