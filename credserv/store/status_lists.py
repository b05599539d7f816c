"""Status lists: assign indexes, store bits, and publish without losing a change.

An index is drawn at random, so that it reveals nothing about when or to whom a credential was issued (attack
71). Its row stays for ever, so the database itself refuses to assign it twice (attacks 64, 65). A list is
closed when about half of it is used. Beyond that, drawing free indexes becomes slow, and the remaining gaps
would reveal something after all.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
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
from credserv.store.database import Database, insert_all_absent, insert_if_absent
from credserv.store.issuance_log import log_signatures
from credserv.store.open_organisation import require_open
from credserv.store.prepared import select_all, select_one
from credserv.store.tables import copies, kept_bits, organisations, status_indexes, status_lists

PURPOSE = "revocation"
LIST_LENGTH = 131_072  # the minimum of the Bitstring Status List Recommendation, section 6.1
_SAMPLE = 64  # drawn in addition, to estimate how full a list is
_NEVER_PUBLISHED = -1
_OPEN_LIST = (
    select(
        status_lists.c.id,
        status_lists.c.number,
        status_lists.c.length,
        organisations.c.closed_at,
        organisations.c.moved_at,
    )
    .join(organisations, organisations.c.id == status_lists.c.organisation_id)
    .where(status_lists.c.organisation_id == bindparam("own"), status_lists.c.is_open)
    .order_by(status_lists.c.number.desc())
    .limit(1)
)
_IS_KNOWN = (status_lists.c.version == bindparam("version")) & (
    status_lists.c.published_at == bindparam("published_at", type_=status_lists.c.published_at.type)
)
_GET: Select[Any] = select(
    *(column for column in status_lists.c if column.name != "signed"),
    case((_IS_KNOWN, null()), else_=status_lists.c.signed).label("signed"),
).where(status_lists.c.organisation_id == bindparam("own"), status_lists.c.id == bindparam("list"))
_USED = select(status_indexes.c.index.label("place")).where(
    status_indexes.c.list_id == bindparam("list"),
    status_indexes.c.index.in_(bindparam("drawn", expanding=True)),
)
_PLACES = select(
    status_indexes.c.credential_id.label("name"),
    status_indexes.c.list_id,
    status_indexes.c.index.label("place"),
).where(
    status_indexes.c.credential_id.in_(bindparam("wanted", expanding=True)),
    status_indexes.c.copy_id.is_(None),
)
_PLACES_OF_COPIES = select(
    status_indexes.c.copy_id.label("name"), status_indexes.c.list_id, status_indexes.c.index.label("place")
).where(status_indexes.c.copy_id.in_(bindparam("wanted", expanding=True)))
_NAME = func.coalesce(status_indexes.c.copy_id, status_indexes.c.credential_id)


@dataclass(frozen=True)
class CopyOf:
    """The award that copies belong to, and its current bit."""

    credential_id: str
    bit: bool


class StatusListRepository:
    def __init__(self, database: Database, organisation_id: str, *, length: int = LIST_LENGTH) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._length = length

    def get(self, list_id: str, *, known_by: tuple[int, datetime] | None = None) -> StatusListRecord | None:
        """Return a list.

        Args:
            known_by: Version and instant of a publication that the caller has. If it is current, no bytes are
                read and `signed` is None.
        """
        version, published_at = known_by or (_NEVER_PUBLISHED, None)
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
                self._add_list(
                    connection, (last or 0) + 1, now, list_id=list_id, purpose=purpose, length=length
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
                self._add_list(connection, last + 1, now)

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

    def allocate(
        self,
        connection: Connection,
        credential_ids: Sequence[str],
        now: datetime,
        *,
        award: CopyOf | None = None,
    ) -> dict[str, tuple[str, int]]:
        """Give each credential a random index that was never used, in the caller's transaction.

        Inserting its row takes an index. If another process took it first, nothing is inserted and another is
        drawn, from then on among indexes seen to be free.

        Args:
            award: For copies, their award.

        Returns:
            List id and index, by credential.

        Raises:
            OrganisationClosedError, OrganisationMovedError: Nothing may be issued. Whoever closes an
                organisation waits for credentials that are being inserted, and later ones see it here.
        """
        list_id, _, length = self._open_list(connection, now)
        drawn = _draw(length, len(credential_ids))
        places = _take(connection, list_id, drawn, credential_ids, award)
        while len(places) < len(credential_ids):
            wanting = [wanted for wanted in credential_ids if wanted not in places]
            list_id, free = self._free_indexes(connection, len(wanting), now)
            places |= _take(connection, list_id, free, wanting, award)
        if award is not None and award.bit:
            self._count_change(connection, {list_id for list_id, _ in places.values()}, now)
        return places

    def _free_indexes(self, connection: Connection, count: int, now: datetime) -> tuple[str, list[int]]:
        """Return the open list and up to `count` of its free indexes. The sample shows when it fills up."""
        list_id, number, length = self._open_list(connection, now)
        drawn = _draw(length, 2 * count + _SAMPLE)
        used = {row.place for row in select_all(connection, _USED, {"list": list_id, "drawn": drawn})}
        if len(used) * 2 >= len(drawn):
            self._close_if_half_full(connection, list_id, number, length, now)
        return list_id, [index for index in drawn if index not in used][:count]

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
        self._count_change(connection, set(connection.scalars(changed)), now)

    def _count_change(self, connection: Connection, list_ids: Collection[str], now: datetime) -> None:
        """Count a change of each list once, in one order everywhere, so that
        concurrent changes do not deadlock.
        """
        for list_id in sorted(list_ids):
            changed = update(status_lists).where(status_lists.c.id == list_id)
            connection.execute(changed.values(changed_at=now, revision=status_lists.c.revision + 1))

    def _own(self, list_id: str) -> ColumnElement[bool]:
        return (status_lists.c.id == list_id) & (status_lists.c.organisation_id == self._organisation_id)

    def _open_list(self, connection: Connection, now: datetime) -> tuple[str, int, int]:
        """Return id, number and length of the list that indexes come from now."""
        own = {"own": self._organisation_id}
        row = select_one(connection, _OPEN_LIST, own)
        if row is None:
            self._add_list(connection, 1, now)
            row = connection.execute(_OPEN_LIST, own).one()
        require_open(row.closed_at, row.moved_at)
        return row.id, row.number, row.length

    def _close_if_half_full(
        self, connection: Connection, list_id: str, number: int, length: int, now: datetime
    ) -> None:
        """Close a list that is half full.

        Counting is slow, so it is done only when half of a sample was taken.
        """
        used = select(func.count()).select_from(status_indexes).where(status_indexes.c.list_id == list_id)
        if connection.execute(used).scalar_one() * 2 < length:
            return
        self._add_list(connection, number + 1, now)
        connection.execute(update(status_lists).where(status_lists.c.id == list_id).values(is_open=False))

    def _add_list(
        self,
        connection: Connection,
        number: int,
        now: datetime,
        *,
        list_id: str | None = None,
        purpose: str = PURPOSE,
        length: int | None = None,
    ) -> None:
        """Add a list, unless another process was first with this number.

        `list_id` is given for a list that is created again and assigns no index.
        """
        insert_if_absent(
            connection,
            status_lists,
            id=list_id or secrets.token_hex(16),
            organisation_id=self._organisation_id,
            number=number,
            purpose=purpose,
            length=length or self._length,
            is_open=list_id is None,
            changed_at=now,
            revision=0,
            published_revision=_NEVER_PUBLISHED,
            version=0,
        )


def _draw(length: int, count: int) -> list[int]:
    return secrets.SystemRandom().sample(range(length), min(count, length))


def _take(
    connection: Connection,
    list_id: str,
    indexes: Sequence[int],
    credential_ids: Sequence[str],
    award: CopyOf | None,
) -> dict[str, tuple[str, int]]:
    """Insert a row for each pair, as many as there are, and return those inserted.

    Rows are sorted by index, so that concurrent inserts do not deadlock.
    """
    pairs = sorted(zip(indexes, credential_ids, strict=False))
    rows = [
        {"list_id": list_id, "index": index, "credential_id": credential_id, "is_set": False}
        if award is None
        else {
            **{"list_id": list_id, "index": index, "credential_id": award.credential_id},
            **{"copy_id": credential_id, "is_set": award.bit},
        }
        for index, credential_id in pairs
    ]
    if insert_all_absent(connection, status_indexes, rows):
        return {credential_id: (list_id, index) for index, credential_id in pairs}
    wanted = {"wanted": [credential_id for _, credential_id in pairs]}
    found = select_all(connection, _PLACES if award is None else _PLACES_OF_COPIES, wanted)
    return {row.name: (row.list_id, row.place) for row in found}


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
