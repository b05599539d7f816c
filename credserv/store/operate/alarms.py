"""An organisation's alarms: each stands once, from when it began until it ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from credserv.records.alarms import AlarmRecord
from credserv.records.health import Finding
from credserv.store.frame.database import Database, insert_all_absent
from credserv.store.tables import alarms


class AlarmRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def all(self) -> tuple[AlarmRecord, ...]:
        """Return all alarms, oldest first."""
        found = select(alarms).where(alarms.c.organisation_id == self._organisation_id)
        with self._database.reading() as connection:
            rows = connection.execute(
                found.order_by(alarms.c.began_at, alarms.c.condition, alarms.c.subject)
            ).all()
        return tuple(
            AlarmRecord(
                row.condition, row.subject, row.began_at, row.said, row.mend, row.told_at, tuple(row.told)
            )
            for row in rows
        )

    def keep(self, faults: Collection[Finding], now: datetime) -> None:
        """Update the alarms: new ones begin, fixed ones end, and the others keep their beginning."""
        standing = {(fault.name, fault.subject): fault for fault in faults}
        known = {(one.condition, one.subject): one for one in self.all()}
        with self._database.writing() as connection:
            for name, subject in known.keys() - standing.keys():
                connection.execute(delete(alarms).where(*self._one(name, subject)))
            for (name, subject), fault in standing.items():
                before = known.get((name, subject))
                if before is not None and (before.said, before.mend) != (fault.said, fault.mend):
                    words = {"said": fault.said, "mend": fault.mend}
                    connection.execute(update(alarms).where(*self._one(name, subject)).values(**words))
            fresh = [
                {
                    "organisation_id": self._organisation_id,
                    "condition": name,
                    "subject": subject,
                    "began_at": now,
                    "said": fault.said,
                    "mend": fault.mend,
                }
                for (name, subject), fault in standing.items()
                if (name, subject) not in known
            ]
            insert_all_absent(connection, alarms, fresh)

    def note_told(self, alarm: AlarmRecord, told: Collection[str], at: datetime | None) -> None:
        """Record who was notified.

        Args:
            told: As in the record.
            at: When everybody had been notified; None if not yet.
        """
        values = {"told": sorted(told), "told_at": at}
        with self._database.writing() as connection:
            connection.execute(
                update(alarms).where(*self._one(alarm.condition, alarm.subject)).values(values)
            )

    def _one(self, condition: str, subject: str) -> tuple[ColumnElement[bool], ...]:
        return (
            alarms.c.organisation_id == self._organisation_id,
            alarms.c.condition == condition,
            alarms.c.subject == subject,
        )
