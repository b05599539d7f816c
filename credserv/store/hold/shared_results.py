"""Verification results that a visitor wanted a link to, each until its stated end.

There is one row per content and a maximum per organisation; beyond that, the oldest ends early. What visitors
may store is small in comparison (`RATE_LINKS`, `MAX_RESULT_BYTES`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.json_types import JsonObject
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.tables import shared_results

MAX_RESULTS = 5_000
_TOKEN_BYTES = 32


class SharedResultRepository:
    """Of a token, only the SHA-256 is stored, so a copy of the database opens no link."""

    def __init__(self, database: Database, organisation_id: str, *, most: int = MAX_RESULTS) -> None:
        self._most = most
        self._database = database
        self._organisation_id = organisation_id

    def create(self, report: JsonObject, *, now: datetime, ends_at: datetime, token: str = "") -> str:
        """Store a report and return its token.

        Args:
            token: The token to use; "" for a new one of 256 random bits as base64url. A result already stored
                under it stays as it is, with its end.
        """
        token = token or random_token(_TOKEN_BYTES)
        with self._database.writing() as connection:
            connection.execute(
                delete(shared_results).where(self._own(token), shared_results.c.ends_at <= now)
            )
            if insert_if_absent(
                connection,
                shared_results,
                token_sha256=hash_token(token),
                organisation_id=self._organisation_id,
                report=dict(report),
                created_at=now,
                ends_at=ends_at,
            ):
                self._end_oldest(connection)
        return token

    def _end_oldest(self, connection: Connection) -> None:
        own = shared_results.c.organisation_id == self._organisation_id
        kept = connection.execute(select(func.count()).select_from(shared_results).where(own)).scalar_one()
        if kept > self._most:
            oldest = select(shared_results.c.token_sha256).where(own)
            oldest = oldest.order_by(shared_results.c.created_at, shared_results.c.token_sha256)
            ending = oldest.limit(kept - self._most)
            connection.execute(delete(shared_results).where(shared_results.c.token_sha256.in_(ending)))

    def get(self, token: str, now: datetime) -> JsonObject | None:
        """Return a report; None if unknown or ended."""
        found = select(shared_results.c.report).where(self._own(token), shared_results.c.ends_at > now)
        with self._database.reading() as connection:
            report: JsonObject | None = connection.execute(found).scalar_one_or_none()
        return report

    def end(self, token: str) -> None:
        """Delete a result. An unknown token is no error."""
        with self._database.writing() as connection:
            connection.execute(delete(shared_results).where(self._own(token)))

    def _own(self, token: str) -> ColumnElement[bool]:
        own = shared_results.c.organisation_id == self._organisation_id
        return own & (shared_results.c.token_sha256 == hash_token(token))

    def purge(self, now: datetime) -> int:
        """Delete ended results of everybody.

        Returns:
            How many.
        """
        with self._database.writing() as connection:
            ended = connection.execute(delete(shared_results).where(shared_results.c.ends_at <= now))
        return ended.rowcount
