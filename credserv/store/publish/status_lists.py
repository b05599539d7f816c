"""Status lists: store bits, and publish without losing a change. `status_indexes.py` assigns the indexes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    exists,
    func,
    null,
    select,
    union,
    update,
)
from sqlalchemy.engine import Row

from credserv.ground.errors import NotFoundError
from credserv.records.credentials import StatusListRecord
from credserv.store.frame.database import Database, insert_all_absent
from credserv.store.frame.prepared import select_one
from credserv.store.publish.status_indexes import LIST_LENGTH, NEVER_PUBLISHED, StatusIndexes, count_change
from credserv.store.sign.issuance_log import log_signatures
from credserv.store.tables import copies, kept_bits, status_indexes, status_lists

_IS_KNOWN = (status_lists.c.version == bindparam("version")) & (
    status_lists.c.published_at == bindparam("published_at", type_=status_lists.c.published_at.type)
)
_GET: Select[Any] = select(
    *(column for column in status_lists.c if column.name != "signed"),
    case((_IS_KNOWN, null()), else_=status_lists.c.signed).label("signed"),
).where(status_lists.c.organisation_id == bindparam("own"), status_lists.c.id == bindparam("list"))
_STANDINGS: Select[Any] = select(
    *(column for column in status_lists.c if column.name != "signed"), null().label("signed")
)
_NAME = func.coalesce(status_indexes.c.copy_id, status_indexes.c.credential_id)


class StatusListRepository:
    def __init__(self, database: Database, organisation_id: str, *, length: int = LIST_LENGTH) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self.indexes = StatusIndexes(organisation_id, length)

    def get(self, list_id: str, *, known_by: tuple[int, datetime] | None = None) -> StatusListRecord | None:
        """Return a list.

        Args:
            known_by: Version and instant of a publication that the caller has. If it is current, no bytes are
                read and `signed` is None.
        """
        version, published_at = known_by or (NEVER_PUBLISHED, None)
        wanted = {"own": self._organisation_id, "list": list_id}
        with self._database.reading() as connection:
            row = select_one(connection, _GET, {**wanted, "version": version, "published_at": published_at})
        return None if row is None else _status_list(row)

    def all(self) -> tuple[StatusListRecord, ...]:
        """Return all lists with their bytes, first one first."""
        own = status_lists.c.organisation_id == self._organisation_id
        with self._database.reading() as connection:
            rows = connection.execute(select(status_lists).where(own).order_by(status_lists.c.number)).all()
        return tuple(_status_list(row) for row in rows)

    def standings(self) -> tuple[StatusListRecord, ...]:
        """Return all lists as `all` does, without their bytes."""
        own = status_lists.c.organisation_id == self._organisation_id
        with self._database.reading() as connection:
            rows = connection.execute(_STANDINGS.where(own).order_by(status_lists.c.number)).all()
        return tuple(_status_list(row) for row in rows)

    def set_indexes(self, list_id: str) -> tuple[int, ...]:
        """Return the indexes whose bit is 1 (suspended or revoked), in order.

        Read after `get`, the result contains at least every change that the record's `revision` counts.
        """
        owned = exists().where(self._own(list_id))
        found = union(
            select(status_indexes.c.index).where(
                status_indexes.c.list_id == list_id, status_indexes.c.is_set, owned
            ),
            select(kept_bits.c.index).where(kept_bits.c.list_id == list_id, owned),
        )
        with self._database.reading() as connection:
            return tuple(sorted(connection.scalars(found)))

    def places(self) -> tuple[tuple[str, str, int], ...]:
        """Return id, list and index of every suspended or revoked credential and copy."""
        own = status_lists.c.organisation_id == self._organisation_id
        found = (
            select(_NAME, status_indexes.c.list_id, status_indexes.c.index)
            .join(status_lists, status_lists.c.id == status_indexes.c.list_id)
            .where(own, status_indexes.c.is_set)
        )
        with self._database.reading() as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(found))

    def active_at(self, list_id: str, indexes: Collection[int]) -> tuple[str, ...]:
        """Return the credentials and copies at some indexes whose bit is 0."""
        found = select(_NAME, status_indexes.c.index).where(
            status_indexes.c.list_id == list_id,
            status_indexes.c.is_set.is_(False),
            exists().where(self._own(list_id)),
        )
        with self._database.reading() as connection:
            return tuple(row[0] for row in connection.execute(found) if row[1] in indexes)

    def restore(
        self, list_id: str, *, purpose: str, length: int, revision: int, bits: Collection[int], now: datetime
    ) -> int:
        """Make a list equal to what was published of it.

        A missing list is created again, its revision is moved past `revision`, and each of `bits` that
        belongs to no credential here stays 1 for ever.

        Returns:
            How many such bits there are.
        """
        with self._database.writing() as connection:
            if connection.execute(select(status_lists.c.id).where(self._own(list_id))).first() is None:
                own = status_lists.c.organisation_id == self._organisation_id
                last = connection.execute(select(func.max(status_lists.c.number)).where(own)).scalar_one()
                number = (last or 0) + 1
                self.indexes.add_list(
                    connection, number, now, list_id=list_id, purpose=purpose, length=length
                )
            connection.execute(
                update(status_lists)
                .where(self._own(list_id))
                .values(
                    revision=case(
                        (status_lists.c.revision > revision, status_lists.c.revision), else_=revision
                    )
                    + 1,
                    changed_at=now,
                )
            )
            here = set(
                connection.scalars(select(status_indexes.c.index).where(status_indexes.c.list_id == list_id))
            )
            missing = [{"list_id": list_id, "index": index} for index in sorted(set(bits) - here)]
            insert_all_absent(connection, kept_bits, missing)
        return len(missing)

    def close_all(self, now: datetime) -> None:
        """Assign no further index from any existing list of the organisation."""
        own = status_lists.c.organisation_id == self._organisation_id
        with self._database.writing() as connection:
            last = connection.execute(select(func.max(status_lists.c.number)).where(own)).scalar_one()
            if last is not None:
                connection.execute(update(status_lists).where(own).values(is_open=False))
                self.indexes.add_list(connection, last + 1, now)

    def publish(
        self, list_id: str, *, version_before: int, revision: int, signed: bytes, now: datetime
    ) -> StatusListRecord:
        """Store `signed` by compare-and-set, unless somebody published since `version_before` was read.

        Args:
            revision: The record's, as read before the bits in `signed`.

        Returns:
            What is published now, by us or by whoever was first.

        Raises:
            NotFoundError: There is no such list.
        """
        with self._database.writing() as connection:
            kept = connection.execute(
                update(status_lists)
                .where(
                    self._own(list_id),
                    status_lists.c.version == version_before,
                    status_lists.c.published_revision <= revision,
                )
                .values(
                    signed=signed,
                    published_at=now,
                    published_revision=revision,
                    version=version_before + 1,
                )
            )
            if kept.rowcount:
                log_signatures(connection, self._organisation_id, [(list_id, signed)], now)
            published = self.get(list_id)
        if published is None:
            raise NotFoundError("there is no such status list")
        return published

    def set_bit(self, connection: Connection, credential_id: str, bit: bool, now: datetime) -> None:
        """Set a credential's bit and those of its copies, in the transaction that changes its state.

        Copies that were replaced by others keep their 1.
        """
        of_copies = select(copies.c.id).where(
            copies.c.credential_id == credential_id, copies.c.ended_at.is_(None)
        )
        for theirs in (
            (status_indexes.c.credential_id == credential_id) & status_indexes.c.copy_id.is_(None),
            status_indexes.c.copy_id.in_(of_copies),
        ):
            self._set_bits(connection, theirs, bit, now)

    def set_copy_bit(self, connection: Connection, copy_id: str, now: datetime) -> None:
        """Set the bit of a replaced copy to 1 for good, in the transaction that replaces it."""
        self._set_bits(connection, status_indexes.c.copy_id == copy_id, True, now)

    def _set_bits(self, connection: Connection, which: ColumnElement[bool], bit: bool, now: datetime) -> None:
        changed = update(status_indexes).where(which).values(is_set=bit).returning(status_indexes.c.list_id)
        count_change(connection, set(connection.scalars(changed)), now)

    def _own(self, list_id: str) -> ColumnElement[bool]:
        return (status_lists.c.id == list_id) & (status_lists.c.organisation_id == self._organisation_id)


def _status_list(row: Row[Any]) -> StatusListRecord:
    return StatusListRecord(
        id=row.id,
        purpose=row.purpose,
        length=row.length,
        changed_at=row.changed_at,
        revision=row.revision,
        published_at=row.published_at,
        published_revision=row.published_revision,
        version=row.version,
        signed=row.signed,
    )
