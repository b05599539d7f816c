"""Exchanges with wallet apps. Of the token that opens one, only the hash is stored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update

from credserv.ground.encoding import hash_token
from credserv.records.exchanges import ExchangeRecord
from credserv.store.frame.database import Database
from credserv.store.tables import exchanges


class ExchangeRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, record: ExchangeRecord, token: str) -> None:
        """Store an exchange and end open ones for the same badge."""
        with self._database.writing() as connection:
            own = exchanges.c.organisation_id == self._organisation_id
            same = (exchanges.c.credential_id == record.credential_id) & exchanges.c.holder_did.is_(None)
            connection.execute(delete(exchanges).where(own, same))
            connection.execute(
                insert(exchanges).values(
                    token_sha256=hash_token(token),
                    organisation_id=self._organisation_id,
                    person_id=record.person_id,
                    credential_id=record.credential_id,
                    challenge=record.challenge,
                    created_at=record.created_at,
                    ends_at=record.ends_at,
                )
            )

    def find(self, token: str, now: datetime) -> ExchangeRecord | None:
        """Return an exchange; None if unknown or ended."""
        with self._database.reading() as connection:
            found = select(exchanges).where(self._live(token, now))
            row = connection.execute(found).one_or_none()
        if row is None:
            return None
        times = (row.created_at, row.ends_at)
        return ExchangeRecord(row.person_id, row.credential_id, row.challenge, *times, row.holder_did)

    def complete(self, token: str, holder_did: str, now: datetime) -> str | None:
        """Return the holder it belongs to from now on: the first to complete it. None if it ended."""
        with self._database.writing() as connection:
            live = self._live(token, now)
            first = update(exchanges).where(live, exchanges.c.holder_did.is_(None))
            connection.execute(first.values(holder_did=holder_did))
            kept: str | None = connection.execute(select(exchanges.c.holder_did).where(live)).scalar()
        return kept

    def purge(self, now: datetime) -> int:
        """Delete ended exchanges of everybody.

        Returns:
            How many.
        """
        with self._database.writing() as connection:
            return connection.execute(delete(exchanges).where(exchanges.c.ends_at <= now)).rowcount

    def _live(self, token: str, now: datetime) -> ColumnElement[bool]:
        own = exchanges.c.organisation_id == self._organisation_id
        return own & (exchanges.c.token_sha256 == hash_token(token)) & (exchanges.c.ends_at > now)
