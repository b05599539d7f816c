"""Where people reach the installation, and where they reached it before (found.md B8)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.remembered import Memory
from credserv.store.tables import addresses


class AddressRepository:
    """Addresses of the whole installation."""

    def __init__(self, database: Database, memory: Memory) -> None:
        self._database = database
        self._memory = memory

    def current(self) -> str | None:
        """Return the current address; None for an installation older than this record."""
        found = select(addresses.c.address).where(addresses.c.ended_at.is_(None))
        with self._database.reading() as connection:
            return connection.execute(found).scalar_one_or_none()

    def former(self) -> tuple[str, ...]:
        """Return former addresses, newest first."""
        found = select(addresses.c.address).where(addresses.c.ended_at.is_not(None))
        with self._database.reading() as connection:
            return tuple(connection.scalars(found.order_by(addresses.c.ended_at.desc())))

    def begin(self, address: str, now: datetime) -> None:
        """Set the first address, if none is known."""
        with self._database.writing() as connection:
            if connection.execute(select(addresses.c.address).limit(1)).first() is None:
                insert_if_absent(connection, addresses, address=address, since=now)

    def move(self, address: str, now: datetime) -> None:
        """Change the current address.

        The old one becomes a former one, and a former one may become current again.
        """
        with self._database.writing() as connection:
            connection.execute(
                update(addresses)
                .where(addresses.c.ended_at.is_(None), addresses.c.address != address)
                .values(ended_at=now)
            )
            again = update(addresses).where(addresses.c.address == address).values(ended_at=None)
            if connection.execute(again).rowcount == 0:
                connection.execute(insert(addresses).values(address=address, since=now))
            self._memory.bump(connection)
