"""Hosts that people connected.

Each belongs to one person and to no organisation; its tokens are encrypted.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.records.hosts import HostConnection
from credserv.store.frame.database import Database
from credserv.store.frame.secrets import SecretBox
from credserv.store.hold.consents import withdraw
from credserv.store.tables import host_connections as t


class HostRepository:
    def __init__(self, database: Database, secret_box: SecretBox) -> None:
        self._database = database
        self._box = secret_box

    def add(self, host: HostConnection) -> None:
        values = {name: value for name, value in vars(host).items() if name != "secrets"}
        with self._database.writing() as connection:
            connection.execute(insert(t).values(**values, sealed=self._seal(host)))

    def get(self, person_id: str, host_id: str) -> HostConnection | None:
        """Return a host; None if it is not this person's."""
        with self._database.reading() as connection:
            row = connection.execute(select(t).where(_own(person_id, host_id))).one_or_none()
        return None if row is None else self._host(row)

    def of_person(self, person_id: str) -> tuple[HostConnection, ...]:
        """Return a person's connected hosts, newest first."""
        found = select(t).where(t.c.person_id == person_id, t.c.connected_at.is_not(None))
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(t.c.created_at.desc(), t.c.id))
            return tuple(self._host(row) for row in rows)

    def change(self, host: HostConnection) -> None:
        """Store secrets and the connection time. One removed meanwhile stays removed."""
        values = {"sealed": self._seal(host), "connected_at": host.connected_at}
        with self._database.writing() as connection:
            connection.execute(update(t).where(_own(host.person_id, host.id)).values(**values))

    def remove(self, person_id: str, host_id: str, now: datetime) -> None:
        with self._database.writing() as connection:
            withdraw(connection, [host_id], now)
            connection.execute(delete(t).where(_own(person_id, host_id)))

    def forget_unanswered(self, before: datetime) -> None:
        """Delete connections of anybody that were begun and never answered."""
        with self._database.writing() as connection:
            connection.execute(delete(t).where(t.c.connected_at.is_(None), t.c.created_at <= before))

    def _seal(self, host: HostConnection) -> str:
        return self._box.seal(json.dumps(host.secrets))

    def _host(self, row: Row[Any]) -> HostConnection:
        secrets = json.loads(self._box.unseal(row.sealed))
        return HostConnection(
            row.id, row.person_id, row.address, row.name, secrets, row.created_at, row.connected_at
        )


def _own(person_id: str, host_id: str) -> ColumnElement[bool]:
    return (t.c.person_id == person_id) & (t.c.id == host_id)
