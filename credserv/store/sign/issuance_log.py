"""The signature log: entries for what was signed, a Merkle tree over them, and heads of the tree.

An entry is written in the transaction that stores the signed bytes. It gets its place in the tree afterwards,
by one process at a time and without blocking anybody, like the audit trail's seals.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import InputError
from credserv.ground.merkle import Hashes, leaf_hash, node_hash
from credserv.ground.strict_json import parse_json_object
from credserv.records.credentials import LIVING_SCOPE, CredentialState
from credserv.records.issuance_log import LogEntry, LogHead, SignedBadge
from credserv.store.frame.database import Database, insert_if_absent
from credserv.store.frame.prepared import execute_many, select_all, select_one
from credserv.store.tables import copies, credentials, log_entries, log_heads, log_nodes

PLACED_AT_ONCE = 2_000
_TILE = 8  # levels between those that are stored
_LOCK = 0x6C6F67  # an arbitrary number, the same in every process: "log"
_ADD = insert(log_entries)
_OWN = log_entries.c.organisation_id == bindparam("own")
_FIRST_WAITING = (
    select(log_entries.c.id).where(_OWN, log_entries.c.position.is_(None)).order_by(log_entries.c.id).limit(1)
)
_WAITING = _FIRST_WAITING.limit(PLACED_AT_ONCE)
_PLACED = (
    select(log_entries)
    .where(_OWN, log_entries.c.position >= bindparam("start"), log_entries.c.position < bindparam("end"))
    .order_by(log_entries.c.position)
)
_NEWEST = (
    select(log_entries)
    .where(_OWN, log_entries.c.subject == bindparam("of"))
    .order_by(log_entries.c.id.desc())
    .limit(1)
)
_NEWEST_TWO = _NEWEST.limit(2)
_PLACE = update(log_entries).where(log_entries.c.id == bindparam("of")).values(position=bindparam("place"))
_NEWEST_OF_EACH = (
    select(log_entries)
    .where(_OWN, log_entries.c.subject.in_(bindparam("subjects", expanding=True)))
    .order_by(log_entries.c.id)
)
_LATER = log_entries.alias("later")
_STANDS = credentials.c.state.in_([CredentialState.ACTIVE.value, CredentialState.SUSPENDED.value])
_AT_ONCE = 500
_METHOD_BEGIN = b'"verificationMethod":"'
_METHOD = re.compile(_METHOD_BEGIN + rb'([^"\\]{1,2000})"')


def log_signatures(
    connection: Connection,
    organisation_id: str,
    signed: Iterable[tuple[str, bytes]],
    now: datetime,
) -> None:
    """Add entries, in the transaction that stores the signed bytes.

    Args:
        signed: Id and bytes of each.
    """
    rows: list[dict[str, Any]] = [
        {
            "organisation_id": organisation_id,
            "subject": subject,
            "sha256": hashlib.sha256(content).hexdigest(),
            "key": _key_of(content),
            "signed_at": now.replace(microsecond=0),
        }
        for subject, content in signed
    ]
    if rows:
        execute_many(connection, _ADD, rows)


class IssuanceLogRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, subject: str, content: bytes, now: datetime) -> None:
        with self._database.writing() as connection:
            log_signatures(connection, self._organisation_id, [(subject, content)], now)

    def place(self) -> int:
        """Give waiting entries their places, at most PLACED_AT_ONCE.

        Returns:
            How many.
        """
        own = {"own": self._organisation_id}
        with self._database.reading() as connection:
            if select_one(connection, _FIRST_WAITING, own) is None:
                return 0
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":  # SQLite has only one writer anyway
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            rows = select_all(connection, _WAITING, own)
            size = self._size(connection)
            if rows:
                places = [{"of": row.id, "place": place} for place, row in enumerate(rows, size)]
                execute_many(connection, _PLACE, places)
            self._keep_nodes(connection, size, size + len(rows))
        return len(rows)

    def size(self) -> int:
        """Return how many entries have a place."""
        with self._database.reading() as connection:
            return self._size(connection)

    def hashes(self) -> Hashes:
        """Return a function for the hashes of complete subtrees, which caches what it reads."""
        return _Tiles(self._database, self._organisation_id).hash_of

    def newest(self, subject: str) -> LogEntry | None:
        """Return the latest signature over something, even if it waits for its place."""
        with self._database.reading() as connection:
            row = select_one(connection, _NEWEST, {"own": self._organisation_id, "of": subject})
        return None if row is None else _entry(row)

    def signed_again_at(self, subject: str) -> datetime | None:
        """Return when something was last signed again, None if it was signed once."""
        asked = {"own": self._organisation_id, "of": subject}
        with self._database.reading() as connection:
            rows = select_all(connection, _NEWEST_TWO, asked)
        return rows[0].signed_at if len(rows) > 1 else None

    def newest_of(self, subjects: Sequence[str]) -> dict[str, LogEntry]:
        """Return the same for several, by subject."""
        found: dict[str, LogEntry] = {}
        with self._database.reading() as connection:
            for start in range(0, len(subjects), _AT_ONCE):
                asked = {"own": self._organisation_id, "subjects": list(subjects[start : start + _AT_ONCE])}
                rows = select_all(connection, _NEWEST_OF_EACH, asked)
                found |= {row.subject: _entry(row) for row in rows}
        return found

    def entries(self, start: int, end: int) -> tuple[LogEntry, ...]:
        """Return the entries [start, end) that have a place, in order."""
        asked = {"own": self._organisation_id, "start": start, "end": end}
        with self._database.reading() as connection:
            return tuple(_entry(row) for row in select_all(connection, _PLACED, asked))

    def badges_signed_with(self, key: str) -> tuple[SignedBadge, ...]:
        """Return the badges in force or suspended that no longer verify once this key is withdrawn."""
        found = (
            select(credentials.c.id, credentials.c.achievement_key, credentials.c.scope == LIVING_SCOPE)
            .join_from(log_entries, credentials, credentials.c.id == log_entries.c.subject)
            .where(self._newest_is_with(key), _STANDS)
            .order_by(credentials.c.achievement_key, credentials.c.id)
        )
        with self._database.reading() as connection:
            return tuple(SignedBadge(row[0], row[1], bool(row[2])) for row in connection.execute(found))

    def copies_signed_with(self, key: str) -> tuple[str, ...]:
        """Return the ids of copies in wallets that no longer verify once this key is withdrawn, except those
        of accreditations, whose copies follow their versions.
        """
        found = (
            select(copies.c.id)
            .join_from(log_entries, copies, copies.c.id == log_entries.c.subject)
            .join(credentials, credentials.c.id == copies.c.credential_id)
            .where(self._newest_is_with(key), _STANDS)
            .where(copies.c.ended_at.is_(None), credentials.c.scope != LIVING_SCOPE)
            .order_by(copies.c.id)
        )
        with self._database.reading() as connection:
            return tuple(connection.execute(found).scalars())

    def _newest_is_with(self, key: str) -> ColumnElement[bool]:
        """Return the condition for entries by this key after which their subject was signed by no other."""
        own = log_entries.c.organisation_id == self._organisation_id
        later = (
            _LATER.c.organisation_id == log_entries.c.organisation_id,
            _LATER.c.subject == log_entries.c.subject,
            _LATER.c.id > log_entries.c.id,
        )
        return and_(own, log_entries.c.key == key, ~exists().where(*later))

    def keep_head(self, head: LogHead) -> None:
        """Store a head.

        The first of each size is kept for ever; a later one of the same size says the same.
        """
        with self._database.writing() as connection:
            insert_if_absent(connection, log_heads, organisation_id=self._organisation_id, **vars(head))

    def head(self) -> LogHead | None:
        """Return the newest head."""
        found = select(log_heads).where(log_heads.c.organisation_id == self._organisation_id)
        with self._database.reading() as connection:
            row = connection.execute(found.order_by(log_heads.c.size.desc()).limit(1)).one_or_none()
        return None if row is None else LogHead(row.size, row.root, row.made_at, row.signed)

    def _size(self, connection: Connection) -> int:
        own = log_entries.c.organisation_id == self._organisation_id
        highest = connection.execute(select(func.max(log_entries.c.position)).where(own)).scalar_one()
        return 0 if highest is None else int(highest) + 1

    def _keep_nodes(self, connection: Connection, before: int, size: int) -> None:
        """Store the hash of each subtree that became complete, at the stored levels."""
        tiles = _Tiles(self._database, self._organisation_id)
        level = _TILE
        while size >> level:
            rows = [
                {
                    "organisation_id": self._organisation_id,
                    "level": level,
                    "index": index,
                    "sha256": tiles.combine(level, index).hex(),
                }
                for index in range(before >> level, size >> level)
            ]
            if rows:
                connection.execute(insert(log_nodes), rows)
            level += _TILE


class _Tiles:
    """Reads 256 hashes at once, although a proof needs few, because the rows of a tile are adjacent."""

    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._known: dict[tuple[int, int], Sequence[bytes]] = {}
        self._folded: dict[tuple[int, int], bytes] = {}  # of the levels between, which many proofs share

    def hash_of(self, level: int, index: int) -> bytes:
        base = level - level % _TILE
        if level == base:
            return self._tile(base, index >> _TILE)[index % (1 << _TILE)]
        if (level, index) not in self._folded:
            self._folded[level, index] = self._fold(base, level, index)
        return self._folded[level, index]

    def combine(self, level: int, index: int) -> bytes:
        """Compute a stored level from the stored level below."""
        return self._fold(level - _TILE, level, index)

    def _fold(self, base: int, level: int, index: int) -> bytes:
        count = 1 << (level - base)
        start = index * count
        tile = self._tile(base, start >> _TILE)
        row = list(tile[start % (1 << _TILE) : start % (1 << _TILE) + count])
        while len(row) > 1:
            row = [node_hash(*row[at : at + 2]) for at in range(0, len(row), 2)]
        return row[0]

    def _tile(self, base: int, number: int) -> Sequence[bytes]:
        if (base, number) not in self._known:
            start, end = number << _TILE, (number + 1) << _TILE
            self._known[base, number] = (
                self._leaves(start, end) if base == 0 else self._nodes(base, start, end)
            )
        return self._known[base, number]

    def _leaves(self, start: int, end: int) -> Sequence[bytes]:
        entries = IssuanceLogRepository(self._database, self._organisation_id).entries(start, end)
        return [leaf_hash(entry.leaf()) for entry in entries]

    def _nodes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        found = (
            select(log_nodes.c.sha256)
            .where(
                log_nodes.c.organisation_id == self._organisation_id,
                log_nodes.c.level == level,
                log_nodes.c.index >= start,
                log_nodes.c.index < end,
            )
            .order_by(log_nodes.c.index)
        )
        with self._database.reading() as connection:
            return [bytes.fromhex(known) for known in connection.scalars(found)]


def _key_of(content: bytes) -> str:
    """Return the key named in the proof or in the token's header."""
    if content.startswith(b"{"):
        found = _METHOD.match(content, max(content.rfind(_METHOD_BEGIN), 0))
        return found[1].decode() if found else ""
    try:
        header = parse_json_object(decode_base64url(content.partition(b".")[0].decode("ascii")))
    except (InputError, UnicodeDecodeError):
        return ""
    return str(header.get("kid", ""))


def _entry(row: Row[Any]) -> LogEntry:
    return LogEntry(row.subject, row.sha256, row.key, row.signed_at, row.position)
