"""Status indexes: which place of which list a credential has.

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

from sqlalchemy import Connection, bindparam, func, select, update

from credserv.store.frame.database import insert_all_absent, insert_if_absent
from credserv.store.frame.open_organisation import require_open
from credserv.store.frame.prepared import select_all, select_one
from credserv.store.tables import organisations, status_indexes, status_lists

PURPOSE = "revocation"
LIST_LENGTH = 131_072  # the minimum of the Bitstring Status List Recommendation, section 6.1
NEVER_PUBLISHED = -1
_SAMPLE = 64  # drawn in addition, to estimate how full a list is
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


@dataclass(frozen=True)
class CopyOf:
    """The award that copies belong to, and its current bit."""

    credential_id: str
    bit: bool


class StatusIndexes:
    """Assigns the indexes of one organisation's lists.

    Args:
        length: How many indexes each list that is added has.
    """

    def __init__(self, organisation_id: str, length: int) -> None:
        self._organisation_id = organisation_id
        self._length = length

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
            count_change(connection, {list_id for list_id, _ in places.values()}, now)
        return places

    def _free_indexes(self, connection: Connection, count: int, now: datetime) -> tuple[str, list[int]]:
        """Return the open list and up to `count` of its free indexes. The sample shows when it fills up."""
        list_id, number, length = self._open_list(connection, now)
        drawn = _draw(length, 2 * count + _SAMPLE)
        used = {row.place for row in select_all(connection, _USED, {"list": list_id, "drawn": drawn})}
        if len(used) * 2 >= len(drawn):
            self._close_if_half_full(connection, list_id, number, length, now)
        return list_id, [index for index in drawn if index not in used][:count]

    def _open_list(self, connection: Connection, now: datetime) -> tuple[str, int, int]:
        """Return id, number and length of the list that indexes come from now."""
        own = {"own": self._organisation_id}
        row = select_one(connection, _OPEN_LIST, own)
        if row is None:
            self.add_list(connection, 1, now)
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
        self.add_list(connection, number + 1, now)
        connection.execute(update(status_lists).where(status_lists.c.id == list_id).values(is_open=False))

    def add_list(
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
            published_revision=NEVER_PUBLISHED,
            version=0,
        )


def count_change(connection: Connection, list_ids: Collection[str], now: datetime) -> None:
    """Count a change of each list once, in one order everywhere to avoid deadlocks."""
    for list_id in sorted(list_ids):
        changed = update(status_lists).where(status_lists.c.id == list_id)
        connection.execute(changed.values(changed_at=now, revision=status_lists.c.revision + 1))


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
