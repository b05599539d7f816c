"""What went wrong, read from where it is stored: each kind newest first, by pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, exists, func, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.sql import Select

from credserv.records.bulk import RowState
from credserv.records.credentials import LIVING_SCOPE, CredentialState
from credserv.records.paging import Place
from credserv.records.sources import SET_ASIDE, EventState
from credserv.records.wrong import WrongKind, WrongRecord
from credserv.store.frame.database import Database
from credserv.store.frame.places import behind
from credserv.store.tables import (
    bulk_rows,
    bulk_runs,
    credentials,
    events,
    letters,
    webhook_deliveries,
    webhook_endpoints,
)

_LATER = credentials.alias("later")


@dataclass(frozen=True)
class _Rows:
    """One kind.

    Attributes:
        at: The instant, first part of the order.
        id_: The id, second part of the order.
        source: Put before an id that is unique only within its source.
    """

    found: Select[Any]
    at: Column[Any]
    id_: Column[Any]
    source: Column[Any] | None = None

    def page(self, limit: int, after: Place | None) -> Select[Any]:
        keys = (self.id_,) if self.source is None else (self.source, self.id_)
        found = self.found.order_by(self.at.desc(), *keys).limit(limit)
        return found if after is None else found.where(self._behind(after))

    def _behind(self, after: Place) -> ColumnElement[bool]:
        if self.source is None:
            return behind(self.at, self.id_, after)
        source, _, id_ = after.id.partition("/")
        later = or_(self.source > source, and_(self.source == source, self.id_ > id_))
        return and_(self.at <= after.at, or_(self.at < after.at, later))


class WrongRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._own = organisation_id

    def recent(self, kind: WrongKind, *, limit: int, after: Place | None = None) -> tuple[WrongRecord, ...]:
        """Return rows of one of KEPT.

        Args:
            after: A row's instant and key, or "" for everything of that instant and before.
        """
        found = KEPT[kind](self._own).page(limit, after)
        with self._database.reading() as connection:
            return tuple(_record(kind, row) for row in connection.execute(found))

    def count(self) -> int:
        """Return the count over all of KEPT."""
        counts = [
            select(func.count()).select_from(rows(self._own).found.subquery()).scalar_subquery()
            for rows in KEPT.values()
        ]
        with self._database.reading() as connection:
            return sum(connection.execute(select(*counts)).one())


def _letters(own: str) -> _Rows:
    found = (
        select(
            letters.c.credential_id.label("key"),
            letters.c.queued_at.label("at"),
            credentials.c.recipient_email.label("whose"),
            credentials.c.achievement_key.label("about"),
            letters.c.note.label("why"),
            letters.c.credential_id.label("subject"),
        )
        .join(credentials, credentials.c.id == letters.c.credential_id)
        .where(letters.c.organisation_id == own, letters.c.due_at.is_(None))
    )
    return _Rows(found, letters.c.queued_at, letters.c.credential_id)


def _messages(own: str) -> _Rows:
    """Leave out messages under another's id, which cannot be retried; the sender has to give them new ids."""
    found = select(
        (events.c.source + "/" + events.c.event_id).label("key"),
        events.c.received_at.label("at"),
        events.c.source.label("whose"),
        events.c.event_id.label("about"),
        events.c.note.label("why"),
        events.c.source.label("subject"),
        (events.c.state == EventState.CONFLICT.value).label("is_final"),
    ).where(events.c.organisation_id == own, events.c.state.in_([one.value for one in SET_ASIDE]))
    return _Rows(found, events.c.received_at, events.c.event_id, events.c.source)


def _orders(own: str) -> _Rows:
    """Leave out orders that were ordered again, and those of erased people.

    A decision in an accreditation case is repeated there.
    """
    anew = exists().where(
        _LATER.c.identifier_id == credentials.c.identifier_id,
        _LATER.c.achievement_key == credentials.c.achievement_key,
        _LATER.c.id != credentials.c.id,
        _LATER.c.issued_at >= credentials.c.issued_at,
        or_(
            _LATER.c.state != CredentialState.FAILED.value,
            _LATER.c.issued_at > credentials.c.issued_at,
        ),
    )
    whose = func.coalesce(credentials.c.recipient_email, credentials.c.recipient_did)
    found = select(
        credentials.c.id.label("key"),
        credentials.c.issued_at.label("at"),
        whose.label("whose"),
        credentials.c.achievement_key.label("about"),
        credentials.c.note.label("why"),
        credentials.c.id.label("subject"),
        (credentials.c.scope == LIVING_SCOPE).label("is_final"),
    ).where(
        credentials.c.organisation_id == own,
        credentials.c.state == CredentialState.FAILED.value,
        whose.is_not(None),
        ~anew,
    )
    return _Rows(found, credentials.c.issued_at, credentials.c.id)


def _files(own: str) -> _Rows:
    # Counted run by run, which the index on runs and states answers: there are few runs, and many rows.
    failed = and_(bulk_rows.c.run_id == bulk_runs.c.id, bulk_rows.c.state == RowState.FAILED.value)
    count = select(func.count()).select_from(bulk_rows).where(failed).correlate(bulk_runs)
    found = select(
        bulk_runs.c.id.label("key"),
        bulk_runs.c.created_at.label("at"),
        bulk_runs.c.name.label("about"),
        bulk_runs.c.id.label("subject"),
        count.scalar_subquery().label("count"),
    ).where(bulk_runs.c.organisation_id == own, exists().where(failed))
    return _Rows(found, bulk_runs.c.created_at, bulk_runs.c.id)


def _notices(own: str) -> _Rows:
    """Leave out messages to stopped endpoints."""
    found = (
        select(
            webhook_deliveries.c.id.label("key"),
            webhook_deliveries.c.happened_at.label("at"),
            webhook_endpoints.c.url.label("whose"),
            webhook_deliveries.c.happening.label("about"),
            webhook_deliveries.c.note.label("why"),
            webhook_deliveries.c.endpoint_id.label("subject"),
        )
        .join(webhook_endpoints, webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id)
        .where(
            webhook_endpoints.c.organisation_id == own,
            webhook_endpoints.c.ended_at.is_(None),
            webhook_deliveries.c.due_at.is_(None),
            webhook_deliveries.c.delivered_at.is_(None),
        )
    )
    return _Rows(found, webhook_deliveries.c.happened_at, webhook_deliveries.c.id)


KEPT: Mapping[WrongKind, Callable[[str], _Rows]] = {
    WrongKind.LETTER: _letters,
    WrongKind.MESSAGE: _messages,
    WrongKind.ORDER: _orders,
    WrongKind.FILE: _files,
    WrongKind.NOTICE: _notices,
}


def _record(kind: WrongKind, row: Row[Any]) -> WrongRecord:
    told = {name: value for name, value in row._mapping.items() if value is not None}
    return WrongRecord(kind, **{**told, "is_final": bool(told.get("is_final", False))})
