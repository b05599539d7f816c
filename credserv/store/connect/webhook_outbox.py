"""The outbox of webhooks: messages that are due, each taken by one worker at a time.

`queue_webhooks` writes the rows, in the transaction of what they are about.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError
from credserv.records.health import Backlog
from credserv.records.paging import Place
from credserv.records.webhooks import Delivery, Happening
from credserv.store.frame.database import Database
from credserv.store.frame.places import behind
from credserv.store.frame.prepared import execute_many, select_all
from credserv.store.tables import webhook_deliveries, webhook_endpoints

_LISTENING = select(webhook_endpoints.c.id, webhook_endpoints.c.happenings).where(
    webhook_endpoints.c.organisation_id == bindparam("own"), webhook_endpoints.c.ended_at.is_(null())
)
_QUEUE = insert(webhook_deliveries)


def queue_webhooks(
    connection: Connection,
    organisation_id: str,
    happening: Happening,
    credential_ids: Sequence[str],
    now: datetime,
    *,
    reason: str = "",
) -> None:
    """Queue a message for each credential to each subscribed endpoint, in the caller's transaction."""
    listening = select_all(connection, _LISTENING, {"own": organisation_id})
    rows = [
        _row(row.id, happening, credential_id, now, reason)
        for row in listening
        if happening.value in row.happenings
        for credential_id in credential_ids
    ]
    if rows:
        execute_many(connection, _QUEUE, rows)


class WebhookOutbox:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def queue(
        self, happening: Happening, credential_ids: Sequence[str], now: datetime, *, reason: str = ""
    ) -> None:
        """Do the same as `queue_webhooks`."""
        with self._database.writing() as connection:
            queue_webhooks(connection, self._organisation_id, happening, credential_ids, now, reason=reason)

    def queue_test(self, endpoint_id: str, now: datetime) -> str:
        """Queue a test message to this endpoint alone and return its id."""
        row = _row(endpoint_id, Happening.TEST, None, now, "")
        with self._database.writing() as connection:
            connection.execute(insert(webhook_deliveries).values(row))
        return str(row["id"])

    def endpoints_due(self, now: datetime) -> list[str]:
        """Return the endpoints with messages due, in an order by chance: not all may have their turn."""
        due = (
            select(webhook_deliveries.c.endpoint_id)
            .join(webhook_endpoints, webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id)
            .where(self._own(), webhook_endpoints.c.ended_at.is_(None), webhook_deliveries.c.due_at <= now)
        )
        with self._database.reading() as connection:
            once = due.group_by(webhook_deliveries.c.endpoint_id).order_by(func.random())
            return list(connection.scalars(once))

    def take(self, endpoint_id: str, now: datetime, *, until: datetime, limit: int) -> tuple[Delivery, ...]:
        """Take the oldest due messages in the order of events, and count an attempt for each.

        Nobody else gets them before `until`.
        """
        due = (
            select(webhook_deliveries)
            .where(webhook_deliveries.c.endpoint_id == endpoint_id, webhook_deliveries.c.due_at <= now)
            .order_by(webhook_deliveries.c.happened_at, webhook_deliveries.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing(savepoints=False) as connection:
            rows = connection.execute(due).all()
            taken = [replace(_delivery(row), tries=row.tries + 1) for row in rows]
            wanted = webhook_deliveries.c.id.in_([delivery.id for delivery in taken])
            tried = {"due_at": until, "tries": webhook_deliveries.c.tries + 1}
            connection.execute(update(webhook_deliveries).where(wanted).values(tried))
        return tuple(taken)

    def settle(self, endpoint_id: str, ends: Sequence[Delivery], *, not_before: datetime | None) -> None:
        """Store the outcome of messages.

        Args:
            not_before: Send nothing else to this endpoint until then.
        """
        with self._database.writing(savepoints=False) as connection:
            for one in ends:
                values: Mapping[str, Any] = {
                    "due_at": one.due_at,
                    "tries": one.tries,
                    "note": one.note,
                    "delivered_at": one.delivered_at,
                }
                this = webhook_deliveries.c.id == one.id
                connection.execute(update(webhook_deliveries).where(this).values(values))
            if not_before is not None:
                sooner = (
                    webhook_deliveries.c.endpoint_id == endpoint_id,
                    webhook_deliveries.c.due_at < not_before,
                )
                connection.execute(update(webhook_deliveries).where(*sooner).values(due_at=not_before))

    def send_again(self, delivery_id: str, now: datetime) -> None:
        """Make a message due now, whatever became of it.

        Raises:
            NotFoundError: There is no such message, or its endpoint is stopped.
        """
        with self._database.writing() as connection:
            connection = connection.execution_options(preserve_rowcount=True)
            own = select(webhook_endpoints.c.id).where(self._own(), webhook_endpoints.c.ended_at.is_(None))
            this = (webhook_deliveries.c.id == delivery_id, webhook_deliveries.c.endpoint_id.in_(own))
            again = {"due_at": now, "tries": 0, "delivered_at": None}
            if not connection.execute(update(webhook_deliveries).where(*this).values(again)).rowcount:
                raise NotFoundError("there is no such message, or nothing is sent to its endpoint any more")

    def send_given_up(self, endpoint_id: str, now: datetime) -> int:
        """Make all messages that were given up due now; return how many."""
        given_up = (
            webhook_deliveries.c.endpoint_id == endpoint_id,
            webhook_deliveries.c.due_at.is_(None),
            webhook_deliveries.c.delivered_at.is_(None),
        )
        with self._database.writing() as connection:
            connection = connection.execution_options(preserve_rowcount=True)
            again = update(webhook_deliveries).where(*given_up).values(due_at=now, tries=0)
            return int(connection.execute(again).rowcount)

    def recent(self, endpoint_id: str, *, limit: int, after: Place | None = None) -> tuple[Delivery, ...]:
        """Return messages, newest first.

        Args:
            after: The last row of the previous page.
        """
        found = select(webhook_deliveries).where(webhook_deliveries.c.endpoint_id == endpoint_id)
        order = (webhook_deliveries.c.happened_at.desc(), webhook_deliveries.c.id)
        if after is not None:
            found = found.where(behind(webhook_deliveries.c.happened_at, webhook_deliveries.c.id, after))
        found = found.order_by(*order).limit(limit)
        with self._database.reading() as connection:
            return tuple(_delivery(row) for row in connection.execute(found))

    def given_up(self) -> Mapping[str, Backlog]:
        """Return, for each active endpoint, how many messages were given up and since when."""
        found = (
            select(
                webhook_deliveries.c.endpoint_id,
                func.count().label("messages"),
                func.min(webhook_deliveries.c.happened_at).label("oldest"),
            )
            .join(webhook_endpoints, webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id)
            .where(
                self._own(),
                webhook_endpoints.c.ended_at.is_(None),
                webhook_deliveries.c.due_at.is_(None),
                webhook_deliveries.c.delivered_at.is_(None),
            )
            .group_by(webhook_deliveries.c.endpoint_id)
            .order_by(webhook_deliveries.c.endpoint_id)
        )
        with self._database.reading() as connection:
            return {
                row.endpoint_id: Backlog(int(row.messages), row.oldest) for row in connection.execute(found)
            }

    def purge(self, before: datetime) -> None:
        """Delete messages sent before an instant."""
        with self._database.writing() as connection:
            own = select(webhook_endpoints.c.id).where(self._own())
            connection.execute(
                delete(webhook_deliveries).where(
                    webhook_deliveries.c.endpoint_id.in_(own), webhook_deliveries.c.delivered_at < before
                )
            )

    def _own(self) -> ColumnElement[bool]:
        return webhook_endpoints.c.organisation_id == self._organisation_id


def _row(
    endpoint_id: str, happening: Happening, credential_id: str | None, now: datetime, reason: str
) -> dict[str, Any]:
    return {
        "id": f"msg_{secrets.token_hex(16)}",
        "endpoint_id": endpoint_id,
        "happening": happening.value,
        "credential_id": credential_id,
        "happened_at": now,
        "reason": reason,
        "due_at": now,
        "tries": 0,
        "note": "",
        "delivered_at": None,
    }


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id,
        row.endpoint_id,
        Happening(row.happening),
        row.credential_id,
        row.happened_at,
        row.reason,
        row.due_at,
        row.tries,
        row.note,
        row.delivered_at,
    )
