"""The hash chain over the audit trail: each line is sealed together with all lines sealed before it.

A seal is the SHA-256 of the previous seal and the line. Whoever changes, removes or inserts a line has to
recompute every later seal, and cannot if a later head was stored elsewhere (`credserv audit head`). Lines are
sealed within seconds by one sealer at a time, without blocking anybody. A chain inside the transactions would
let only one of them commit at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.engine import Row

from credserv.ground.canonical_json import canonize_json
from credserv.records.audit import ChainFault, Seal
from credserv.store.frame.audit import words_sha256
from credserv.store.frame.database import Database
from credserv.store.frame.prepared import insert_tuples, select_all
from credserv.store.tables import audit_lines, audit_seals

SEALED_AT_ONCE = 2_000
_BEHIND = 5_000  # a line may be committed after lines with higher numbers, but not after so many
_LOCK = 0x61756469  # an arbitrary number, the same in every process: "audi"
_BEGIN = bytes(32)
_NEWEST = select(func.max(audit_seals.c.line_id))
_LATELY = select(audit_seals.c.line_id).where(audit_seals.c.line_id > bindparam("behind"))
_UNSEALED = (
    select(*(column for column in audit_lines.c if column is not audit_lines.c.words))
    .where(audit_lines.c.id > bindparam("behind"), audit_lines.c.id.not_in(_LATELY))
    .order_by(audit_lines.c.id)
    .limit(bindparam("at_most"))
)


class AuditSeals:
    """The chain of the whole installation, over the lines of all organisations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seal(self) -> int:
        """Seal waiting lines, at most SEALED_AT_ONCE. Writes nothing if none wait.

        Returns:
            How many were sealed.
        """
        with self._database.reading() as connection:
            if not _unsealed(connection, at_most=1):
                return 0
        with self._database.writing() as connection:
            hold_sealing(connection)
            last = _last(connection)
            position, before = (last.position, bytes.fromhex(last.sha256)) if last else (0, _BEGIN)
            seals = []
            for row in _unsealed(connection, at_most=SEALED_AT_ONCE):
                position, before = position + 1, _seal_of(before, row)
                seals.append((position, row.id, before.hex()))
            if seals:
                insert_tuples(connection, audit_seals, ("position", "line_id", "sha256"), seals)
        return len(seals)

    def head(self) -> Seal | None:
        """Return the newest seal. Stored elsewhere, it proves what all lines up to it say now."""
        with self._database.reading() as connection:
            return _last(connection)

    def at(self, position: int) -> Seal | None:
        found = select(audit_seals.c.position, audit_seals.c.sha256).where(audit_seals.c.position == position)
        with self._database.reading() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else Seal(row.position, row.sha256)

    def first_fault(self) -> ChainFault | None:
        """Recompute every seal in order, and return where the chain first breaks."""
        before = _BEGIN
        for expected, row in enumerate(self._sealed(), 1):
            if row.position != expected:
                return ChainFault(expected, row.line_id, "a seal before this line is missing")
            if row.id is None:
                return ChainFault(row.position, row.line_id, "the line was removed")
            before = _seal_of(before, row)
            if before.hex() != row.sha256:
                return ChainFault(row.position, row.line_id, "the line was changed after it was sealed")
            if row.words is not None and words_sha256(row.words) != row.detail.get("words_sha256"):
                return ChainFault(row.position, row.line_id, "what was written in the line was changed")
        return None

    def _sealed(self) -> Iterator[Row[tuple[object, ...]]]:
        joined = audit_seals.outerjoin(audit_lines, audit_lines.c.id == audit_seals.c.line_id)
        columns = (audit_seals.c.position, audit_seals.c.line_id, audit_seals.c.sha256, *audit_lines.c)
        after = 0
        while True:
            page = (
                select(*columns)
                .select_from(joined)
                .where(audit_seals.c.position > after)
                .order_by(audit_seals.c.position)
                .limit(SEALED_AT_ONCE)
            )
            with self._database.reading() as connection:
                rows = connection.execute(page).all()
            yield from rows
            if len(rows) < SEALED_AT_ONCE:
                return
            after = rows[-1].position


def hold_sealing(connection: Connection) -> None:
    """Block sealing until the transaction ends.

    Whoever adds thousands of lines needs it too. Otherwise lines numbered and sealed meanwhile would leave
    these further behind than the sealer looks.
    """
    if connection.dialect.name == "postgresql":  # SQLite has only one writer anyway
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _last(connection: Connection) -> Seal | None:
    found = select(audit_seals.c.position, audit_seals.c.sha256)
    row = connection.execute(found.order_by(audit_seals.c.position.desc()).limit(1)).one_or_none()
    return None if row is None else Seal(row.position, row.sha256)


def _unsealed(connection: Connection, *, at_most: int) -> list[Any]:
    """Return the lines waiting for a seal, oldest first."""
    newest = connection.execute(_NEWEST).scalar_one() or 0
    return select_all(connection, _UNSEALED, {"behind": newest - _BEHIND, "at_most": at_most})


def _seal_of(before: bytes, row: Any) -> bytes:
    line = {
        "id": row.id,
        "organisation": row.organisation_id,
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "detail": row.detail,
    }
    return hashlib.sha256(before + canonize_json(line)).digest()
