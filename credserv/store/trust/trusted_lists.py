"""Lists of trusted issuers, each of one verifying organisation, and their entries."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Row

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.trust import TrustedIssuerRecord, TrustedListKind, TrustedListRecord
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.prepared import select_all
from credserv.store.tables import trusted_issuers, trusted_lists

_OWN_FIRST = (
    trusted_lists.c.kind != TrustedListKind.OWN.value,
    trusted_lists.c.created_at,
    trusted_lists.c.name,
)
_FIND: Select[Any] = (
    select(
        trusted_lists,
        trusted_issuers.c.issuer,
        trusted_issuers.c.name.label("listed_name"),
        trusted_issuers.c.url.label("listed_url"),
        trusted_issuers.c.valid_from,
        trusted_issuers.c.valid_until,
        trusted_issuers.c.added_at,
        trusted_issuers.c.accredits,
    )
    .select_from(
        trusted_lists.outerjoin(
            trusted_issuers,
            and_(
                trusted_issuers.c.list_id == trusted_lists.c.id,
                trusted_issuers.c.issuer == bindparam("issuer"),
            ),
        )
    )
    .where(
        trusted_lists.c.organisation_id == bindparam("own"),
        trusted_lists.c.organisation == bindparam("organisation"),
    )
    .order_by(*_OWN_FIRST)
)


class TrustedListRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    # --- lists

    def create(self, record: TrustedListRecord) -> None:
        """Store a list.

        Raises:
            ConflictError: The organisation has a list of this name.
        """
        with self._database.writing() as connection:
            created = insert_if_absent(
                connection,
                trusted_lists,
                id=record.id,
                organisation_id=self._organisation_id,
                organisation=record.organisation,
                name=record.name,
                kind=record.kind.value,
                url=record.url,
                created_at=record.created_at,
                tried_at=record.tried_at,
                fetched_at=record.fetched_at,
                last_error=record.last_error,
            )
        if not created:
            raise ConflictError(f"there is a list named {record.name!r} already")

    def get(self, list_id: str) -> TrustedListRecord | None:
        found = select(trusted_lists).where(self._own(), trusted_lists.c.id == list_id)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _list(row)

    def list(self, organisation: str | None = None) -> tuple[TrustedListRecord, ...]:
        """Return the lists of an organisation, or of all (None): each
        organisation's own list first, then by age.
        """
        found = select(trusted_lists).where(self._own()).order_by(trusted_lists.c.organisation, *_OWN_FIRST)
        if organisation is not None:
            found = found.where(trusted_lists.c.organisation == organisation)
        with self._database.reading() as connection:
            return tuple(_list(row) for row in connection.execute(found))

    def due(self, tried_before: datetime) -> tuple[TrustedListRecord, ...]:
        """Return the fetched lists that nobody has tried since, longest waiting first."""
        late = or_(trusted_lists.c.tried_at.is_(None), trusted_lists.c.tried_at <= tried_before)
        found = select(trusted_lists).where(
            self._own(), trusted_lists.c.kind != TrustedListKind.OWN.value, late
        )
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(trusted_lists.c.tried_at, trusted_lists.c.id))
            return tuple(_list(row) for row in rows)

    def remove(self, list_id: str) -> None:
        """Delete a list with its entries.

        Raises:
            NotFoundError: There is no such list.
        """
        with self._database.writing() as connection:
            self._lock(connection, list_id)
            connection.execute(delete(trusted_issuers).where(trusted_issuers.c.list_id == list_id))
            connection.execute(delete(trusted_lists).where(trusted_lists.c.id == list_id))

    # --- entries

    def put_issuer(self, list_id: str, issuer: TrustedIssuerRecord, now: datetime) -> bool:
        """Add or change an entry; return whether it is new.

        Raises:
            NotFoundError: There is no such list.
        """
        with self._database.writing() as connection:
            self._lock(connection, list_id)
            gone = connection.execute(delete(trusted_issuers).where(_entry(list_id, issuer.issuer)))
            _insert(connection, list_id, [issuer], now)
        return not gone.rowcount

    def remove_issuer(self, list_id: str, issuer: str) -> None:
        """Remove an entry.

        Raises:
            NotFoundError: It is not in the list.
        """
        with self._database.writing() as connection:
            own = exists().where(self._own(), trusted_lists.c.id == list_id)
            gone = connection.execute(delete(trusted_issuers).where(_entry(list_id, issuer), own))
            if not gone.rowcount:
                raise NotFoundError("that issuer is not in the list")

    def replace_issuers(
        self, list_id: str, issuers: Sequence[TrustedIssuerRecord], now: datetime, *, fetched: bool
    ) -> tuple[int, int]:
        """Replace all entries.

        Args:
            fetched: Whether they come from the list's URL as of `now`.

        Returns:
            How many entries are new and how many are gone; a changed one counts as both.

        Raises:
            NotFoundError: There is no such list.
        """
        with self._database.writing() as connection:
            self._lock(connection, list_id)
            known, wanted = set(self.issuers(list_id)), set(issuers)
            for gone in known - wanted:
                connection.execute(delete(trusted_issuers).where(_entry(list_id, gone.issuer)))
            _insert(connection, list_id, [one for one in issuers if one not in known], now)
            if fetched:
                self._change(connection, list_id, tried_at=now, fetched_at=now, last_error="")
        return len(wanted - known), len(known - wanted)

    def note_failure(self, list_id: str, error: str, now: datetime) -> None:
        """Record a failed fetch; earlier entries stay. A list deleted meanwhile is no error."""
        with self._database.writing() as connection:
            self._change(connection, list_id, tried_at=now, last_error=error)

    def issuers(
        self, list_id: str, *, limit: int | None = None, after: str = ""
    ) -> tuple[TrustedIssuerRecord, ...]:
        """Return entries by identifier, after `after`."""
        own = exists().where(self._own(), trusted_lists.c.id == list_id)
        found = select(trusted_issuers).where(
            trusted_issuers.c.list_id == list_id, trusted_issuers.c.issuer > after, own
        )
        found = found.order_by(trusted_issuers.c.issuer).limit(limit)
        with self._database.reading() as connection:
            return tuple(_issuer(row) for row in connection.execute(found))

    def count_issuers(self) -> dict[str, int]:
        """Return the number of entries by list id, without empty lists."""
        amount = func.count().label("amount")
        counted = (
            select(trusted_issuers.c.list_id, amount)
            .join(trusted_lists, trusted_lists.c.id == trusted_issuers.c.list_id)
            .where(self._own())
            .group_by(trusted_issuers.c.list_id)
        )
        with self._database.reading() as connection:
            return {row.list_id: row.amount for row in connection.execute(counted)}

    def find(
        self, organisation: str, issuer: str
    ) -> builtins.list[tuple[TrustedListRecord, TrustedIssuerRecord | None]]:
        """Return every list of the organisation, its own first, each with its entry for the issuer."""
        asked = {"own": self._organisation_id, "organisation": organisation, "issuer": issuer}
        with self._database.reading() as connection:
            return [(_list(row), _listed(row)) for row in select_all(connection, _FIND, asked)]

    def _own(self) -> ColumnElement[bool]:
        return trusted_lists.c.organisation_id == self._organisation_id

    def _lock(self, connection: Connection, list_id: str) -> None:
        """Lock a list, so that changes come one after another."""
        found = select(trusted_lists.c.id).where(self._own(), trusted_lists.c.id == list_id)
        if connection.execute(found.with_for_update()).one_or_none() is None:
            raise NotFoundError("there is no such list of trusted issuers")

    def _change(self, connection: Connection, list_id: str, **values: object) -> None:
        own = (trusted_lists.c.id == list_id) & self._own()
        connection.execute(update(trusted_lists).where(own).values(**values))


def _entry(list_id: str, issuer: str) -> ColumnElement[bool]:
    return and_(trusted_issuers.c.list_id == list_id, trusted_issuers.c.issuer == issuer)


def _insert(
    connection: Connection, list_id: str, issuers: Sequence[TrustedIssuerRecord], now: datetime
) -> None:
    rows = [
        {
            "list_id": list_id,
            "issuer": one.issuer,
            "name": one.name,
            "url": one.url,
            "valid_from": one.valid_from,
            "valid_until": one.valid_until,
            "added_at": now,
            "accredits": list(one.accredits) or None,
        }
        for one in issuers
    ]
    if rows:
        connection.execute(insert(trusted_issuers), rows)


def _list(row: Row[tuple[object, ...]]) -> TrustedListRecord:
    return TrustedListRecord(
        id=row.id,
        organisation=row.organisation,
        name=row.name,
        kind=TrustedListKind(row.kind),
        created_at=row.created_at,
        url=row.url,
        tried_at=row.tried_at,
        fetched_at=row.fetched_at,
        last_error=row.last_error,
    )


def _issuer(row: Row[tuple[object, ...]]) -> TrustedIssuerRecord:
    dates = (row.valid_from, row.valid_until, row.added_at)
    return TrustedIssuerRecord(row.issuer, row.name, row.url, *dates, tuple(row.accredits or ()))


def _listed(row: Row[tuple[object, ...]]) -> TrustedIssuerRecord | None:
    if row.issuer is None:
        return None
    dates = (row.valid_from, row.valid_until, row.added_at)
    return TrustedIssuerRecord(
        row.issuer, row.listed_name, row.listed_url, *dates, tuple(row.accredits or ())
    )
