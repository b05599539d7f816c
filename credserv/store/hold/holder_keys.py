"""Encrypted keys that the service holds for people, and what each was used to show."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, insert, select

from credserv.records.presentations import HolderKeyRecord, ShownRecord
from credserv.store.frame.database import Database
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import holder_keys, people, shown_badges

_SHOWN = 100


class HolderKeyRepository:
    def __init__(self, database: Database, secret_box: SecretBox) -> None:
        self._database = database
        self._secret_box = secret_box

    def get(self, person_id: str) -> HolderKeyRecord | None:
        with self._database.reading() as connection:
            found = select(holder_keys).where(holder_keys.c.person_id == person_id)
            order = (holder_keys.c.created_at, holder_keys.c.did)
            row = connection.execute(found.order_by(*order).limit(1)).one_or_none()
        if row is None:
            return None
        return HolderKeyRecord(
            row.person_id, row.did, self._secret_box.unseal(row.sealed_key), row.created_at
        )

    def add(self, record: HolderKeyRecord) -> HolderKeyRecord:
        """Store a key and return the one that signs from now on; two concurrent calls return the same."""
        with self._database.writing() as connection:
            person = select(people.c.id).where(people.c.id == record.person_id).with_for_update()
            connection.execute(person).one()
            known = self.get(record.person_id)
            if known is None:
                sealed = self._secret_box.seal(record.private_key)
                values = {"did": record.did, "person_id": record.person_id, "sealed_key": sealed}
                connection.execute(insert(holder_keys).values(**values, created_at=record.created_at))
        return known or record

    def note(self, record: ShownRecord) -> int:
        """Record a use and return its number."""
        values = {**asdict(record), "badges": list(record.badges)}
        with self._database.writing() as connection:
            made = connection.execute(insert(shown_badges).values(**values).returning(shown_badges.c.id))
            number: int = made.scalar_one()
        return number

    def forget(self, number: int) -> None:
        """Delete the record of a use that did not happen."""
        with self._database.writing() as connection:
            connection.execute(delete(shown_badges).where(shown_badges.c.id == number))

    def shown(self, person_id: str) -> tuple[ShownRecord, ...]:
        """Return a person's uses, newest first, up to a limit."""
        found = select(shown_badges).where(shown_badges.c.person_id == person_id)
        order = (shown_badges.c.at.desc(), shown_badges.c.id.desc())
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(*order).limit(_SHOWN)).all()
        return tuple(
            ShownRecord(row.person_id, row.at, row.asker, tuple(row.badges), row.used_key) for row in rows
        )
