"""Systems that are notified of what happens to credentials, with their secrets encrypted at rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError
from credserv.records.webhooks import EndpointRecord, Happening
from credserv.store.frame.database import Database
from credserv.store.frame.secrets import SecretBox
from credserv.store.tables import webhook_deliveries, webhook_endpoints


class WebhookRepository:
    def __init__(self, database: Database, organisation_id: str, secret_box: SecretBox) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._box = secret_box

    def add(self, endpoint: EndpointRecord) -> None:
        with self._database.writing() as connection:
            connection.execute(
                insert(webhook_endpoints).values(
                    id=endpoint.id,
                    organisation_id=self._organisation_id,
                    url=endpoint.url,
                    happenings=[happening.value for happening in endpoint.happenings],
                    sealed=[self._box.seal(secret) for secret in endpoint.secrets],
                    created_at=endpoint.created_at,
                    why="",
                )
            )

    def get(self, endpoint_id: str) -> EndpointRecord | None:
        found = select(webhook_endpoints).where(self._own(), webhook_endpoints.c.id == endpoint_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else self._endpoint(row)

    def list(self) -> tuple[EndpointRecord, ...]:
        """Return all endpoints, ended ones included, newest first."""
        found = select(webhook_endpoints).where(self._own())
        order = (webhook_endpoints.c.created_at.desc(), webhook_endpoints.c.id)
        with self._database.reading() as connection:
            return tuple(self._endpoint(row) for row in connection.execute(found.order_by(*order)))

    def set_secrets(
        self, endpoint_id: str, secrets_: Sequence[str], *, older_ends_at: datetime | None = None
    ) -> None:
        """Replace the secrets.

        Args:
            secrets_: Newest first.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        sealed = [self._box.seal(secret) for secret in secrets_]
        self._change(endpoint_id, sealed=sealed, older_ends_at=older_ends_at)

    def end(self, endpoint_id: str, *, why: str, now: datetime) -> None:
        """Stop sending to an endpoint and give up its waiting messages.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        with self._database.writing() as connection:
            self._change(endpoint_id, ended_at=now, why=why)
            waiting = (
                webhook_deliveries.c.endpoint_id == endpoint_id,
                webhook_deliveries.c.due_at.is_not(None),
            )
            connection.execute(
                update(webhook_deliveries).where(*waiting).values(due_at=None, note="the endpoint was ended")
            )

    def resume(self, endpoint_id: str) -> None:
        """Send to an endpoint again from now on.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        self._change(endpoint_id, ended_at=None, why="")

    def _own(self) -> ColumnElement[bool]:
        return webhook_endpoints.c.organisation_id == self._organisation_id

    def _change(self, endpoint_id: str, **values: object) -> None:
        with self._database.writing() as connection:
            connection = connection.execution_options(preserve_rowcount=True)
            this = (self._own(), webhook_endpoints.c.id == endpoint_id)
            if not connection.execute(update(webhook_endpoints).where(*this).values(**values)).rowcount:
                raise NotFoundError("there is no such endpoint")

    def _endpoint(self, row: Row[Any]) -> EndpointRecord:
        return EndpointRecord(
            row.id,
            row.url,
            tuple(Happening(happening) for happening in row.happenings),
            tuple(self._box.unseal(sealed) for sealed in row.sealed),
            row.created_at,
            row.ended_at,
            row.why,
            row.older_ends_at,
        )
