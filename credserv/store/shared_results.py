"""Results of verifying that a visitor asked to be linkable, each until its stated end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select

from credserv.ground.encoding import hash_token, random_token
from credserv.ground.json_types import JsonObject
from credserv.store.database import Database
from credserv.store.tables import shared_results

_TOKEN_BYTES = 32


class SharedResultRepository:
    """Of a token only the SHA-256 is kept: a copy of the database opens no link."""

    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def create(self, report: JsonObject, *, now: datetime, ends_at: datetime) -> str:
        """Keeps `report`; returns the token that finds it again, 256 random bits as base64url."""
        token = random_token(_TOKEN_BYTES)
        with self._database.writing() as connection:
            connection.execute(
                insert(shared_results).values(
                    token_sha256=hash_token(token),
                    organisation_id=self._organisation_id,
                    report=dict(report),
                    created_at=now,
                    ends_at=ends_at,
                )
            )
        return token

    def get(self, token: str, now: datetime) -> JsonObject | None:
        """None for an unknown token, and from `ends_at` on."""
        found = select(shared_results.c.report).where(self._own(token), shared_results.c.ends_at > now)
        with self._database.reading() as connection:
            report: JsonObject | None = connection.execute(found).scalar_one_or_none()
        return report

    def end(self, token: str) -> None:
        """Nothing is left of it. An unknown token is no error."""
        with self._database.writing() as connection:
            connection.execute(delete(shared_results).where(self._own(token)))

    def _own(self, token: str) -> ColumnElement[bool]:
        own = shared_results.c.organisation_id == self._organisation_id
        return own & (shared_results.c.token_sha256 == hash_token(token))

    def purge(self, now: datetime) -> int:
        """Deletes those that have ended, whosever they are; returns how many."""
        with self._database.writing() as connection:
            ended = connection.execute(delete(shared_results).where(shared_results.c.ends_at <= now))
        return ended.rowcount
