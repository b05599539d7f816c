"""Presentation requests, each answered once and deleted at its end.

The verifier watches by a token of which only the hash is stored. The id that wallets see opens no answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import hash_token
from credserv.ground.json_types import JsonObject
from credserv.records.presentations import PresentationRequest
from credserv.store.frame.database import Database
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import presentation_requests as table

MAX_REQUESTS = 5_000  # per organisation; beyond it, the oldest ends early


class PresentationRequestRepository:
    def __init__(
        self, database: Database, organisation_id: str, secret_box: SecretBox, *, most: int = MAX_REQUESTS
    ) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._secret_box = secret_box
        self._most = most

    def add(self, request: PresentationRequest, watch_token: str) -> None:
        with self._database.writing() as connection:
            connection.execute(
                insert(table).values(
                    id=request.id,
                    organisation_id=self._organisation_id,
                    watch_sha256=hash_token(watch_token),
                    wanted=dict(request.wanted),
                    client_id=request.client_id,
                    nonce=request.nonce,
                    state=request.state,
                    created_at=request.created_at,
                    ends_at=request.ends_at,
                    sealed_key=self._secret_box.seal(request.decryption_key)
                    if request.decryption_key
                    else "",
                    declined="",
                )
            )
            own = table.c.organisation_id == self._organisation_id
            kept = connection.execute(select(func.count()).select_from(table).where(own)).scalar_one()
            if kept > self._most:
                oldest = select(table.c.id).where(own).order_by(table.c.created_at, table.c.id)
                connection.execute(delete(table).where(table.c.id.in_(oldest.limit(kept - self._most))))

    def get(self, request_id: str, now: datetime) -> PresentationRequest | None:
        """Return a request; None if unknown or ended."""
        return self._one((table.c.id == request_id) & (table.c.ends_at > now))

    def watched(self, watch_token: str, now: datetime) -> PresentationRequest | None:
        """Return a request by the verifier's token."""
        return self._one((table.c.watch_sha256 == hash_token(watch_token)) & (table.c.ends_at > now))

    def settle(
        self,
        request_id: str,
        now: datetime,
        *,
        ends_at: datetime,
        wanted: JsonObject,
        answer: JsonObject | None = None,
        declined: str = "",
    ) -> bool:
        """Store the first answer; return False if there is one or it ended.

        Args:
            wanted: What of the request is still needed.
        """
        with self._database.writing() as connection:
            settled = connection.execute(
                update(table)
                .where(self._own(), table.c.id == request_id)
                .where(table.c.answered_at.is_(None), table.c.ends_at > now)
                .values(
                    answered_at=now,
                    ends_at=ends_at,
                    answer=None if answer is None else dict(answer),
                    declined=declined,
                    wanted=dict(wanted),
                    sealed_key="",
                )
            )
        return settled.rowcount == 1

    def end(self, watch_token: str) -> None:
        """Delete a request. An unknown token is no error."""
        with self._database.writing() as connection:
            connection.execute(
                delete(table).where(self._own(), table.c.watch_sha256 == hash_token(watch_token))
            )

    def purge(self, now: datetime) -> int:
        """Delete ended requests of everybody.

        Returns:
            How many.
        """
        with self._database.writing() as connection:
            return connection.execute(delete(table).where(table.c.ends_at <= now)).rowcount

    def _own(self) -> ColumnElement[bool]:
        return table.c.organisation_id == self._organisation_id

    def _one(self, which: ColumnElement[bool]) -> PresentationRequest | None:
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(self._own(), which)).one_or_none()
        return None if row is None else self._record(row)

    def _record(self, row: Row[Any]) -> PresentationRequest:
        return PresentationRequest(
            row.id,
            row.wanted,
            row.client_id,
            row.nonce,
            row.state,
            row.created_at,
            row.ends_at,
            self._secret_box.unseal(row.sealed_key) if row.sealed_key else "",
            row.answered_at,
            row.declined,
            row.answer,
        )
