"""The audit trail: lines are added and read, never changed."""

from __future__ import annotations

import hashlib
from typing import Any, cast

from sqlalchemy import Connection, insert, or_, select
from sqlalchemy.engine import Row

from credserv.ground.accounts import name_actor
from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import random_token
from credserv.ground.json_types import JsonObject
from credserv.records.audit import Action, AuditRecord
from credserv.store.frame.database import Database
from credserv.store.tables import audit_lines

_WRITTEN = ("reason", "why", "note")  # members of a line's detail
_HASH, _SALT = "words_sha256", "salt"


class AuditRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def add(self, line: AuditRecord) -> None:
        """Add a line, in the caller's transaction if there is one, so that an act and
        its line stand or fall together.
        """
        with self._database.writing() as connection:
            insert_line(connection, self._organisation_id, line)

    def recent(self, limit: int) -> tuple[AuditRecord, ...]:
        """Return the latest lines, newest first. Use `page` for longer lists."""
        return tuple(line for _, line in self.page(before=None, limit=limit))

    def page(
        self, *, before: int | None, limit: int, text: str = "", action: Action | None = None
    ) -> tuple[tuple[int, AuditRecord], ...]:
        """Return a page of lines with their numbers, newest first.

        Args:
            before: Only lines before this number.
            text: Looked for in actor and subject.
        """
        found = select(audit_lines).where(audit_lines.c.organisation_id == self._organisation_id)
        if text:
            columns = (audit_lines.c.subject, audit_lines.c.actor)
            found = found.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
        if action is not None:
            found = found.where(audit_lines.c.action == action.value)
        if before is not None:
            found = found.where(audit_lines.c.id < before)
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(audit_lines.c.id.desc()).limit(limit))
            return tuple((row.id, _line(row)) for row in rows)

    def of_subject(self, subject: str) -> tuple[AuditRecord, ...]:
        """Return all lines about a subject, oldest first."""
        own = audit_lines.c.organisation_id == self._organisation_id
        found = select(audit_lines).where(own, audit_lines.c.subject == subject).order_by(audit_lines.c.id)
        with self._database.reading() as connection:
            return tuple(_line(row) for row in connection.execute(found))


def insert_line(connection: Connection, organisation_id: str, line: AuditRecord) -> None:
    """Add a line in the caller's transaction."""
    detail, words = _apart(line.detail)
    connection.execute(
        insert(audit_lines).values(
            organisation_id=organisation_id,
            at=line.at,
            actor=name_actor(line.actor),
            action=line.action,
            subject=line.subject,
            detail=detail,
            words=words,
        )
    )


def words_sha256(words: JsonObject) -> str:
    """Return the hash that is sealed instead of what somebody wrote.

    It includes a random part, so it reveals nothing.
    """
    return hashlib.sha256(canonize_json(words)).hexdigest()


def _apart(detail: JsonObject) -> tuple[dict[str, Any], JsonObject | None]:
    """Split a detail into what is sealed, and what people wrote and may have to be erased (attack 117)."""
    written = {name: detail[name] for name in _WRITTEN if detail.get(name)}
    if not written:
        return dict(detail), None
    words = {**written, _SALT: random_token(16)}
    rest = {name: value for name, value in detail.items() if name not in written}
    return {**rest, _HASH: words_sha256(words)}, words


def _together(detail: dict[str, Any], words: dict[str, Any] | None) -> JsonObject:
    if _HASH not in detail:
        return detail
    told = {_WRITTEN[0]: "(erased)"} if words is None else words
    rest = {name: value for name, value in detail.items() if name != _HASH}
    return {**rest, **{name: value for name, value in told.items() if name != _SALT}}


def _line(row: Row[tuple[object, ...]]) -> AuditRecord:
    action = cast("Action", row.action)  # or an older release's action, shown as it is
    return AuditRecord(row.at, row.actor, action, row.subject, _together(row.detail, row.words))
