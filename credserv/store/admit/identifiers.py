"""Names by which an organisation knows its members in its learning systems.

These come in addition to the addresses that awards go to (members.py), each within one installation of a
system.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, insert, select, tuple_, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.people import AssertedIdentifierRecord, AssertedKind, MembershipRecord
from credserv.store.admit.members import membership_record
from credserv.store.frame.database import Database
from credserv.store.frame.prepared import select_one
from credserv.store.tables import asserted_identifiers, memberships

_ID_BYTES = 16
_AT_ONCE = 300

# kind, value, namespace
Name = tuple[str, str, str]

_NAMED = (
    select(memberships)
    .join(asserted_identifiers, asserted_identifiers.c.membership_id == memberships.c.id)
    .where(
        asserted_identifiers.c.organisation_id == bindparam("own"),
        asserted_identifiers.c.kind == bindparam("kind"),
        asserted_identifiers.c.value == bindparam("value"),
        asserted_identifiers.c.namespace == bindparam("namespace"),
        asserted_identifiers.c.ended_at.is_(None),
    )
)


class IdentifierRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def named(self, names: Sequence[Name]) -> tuple[AssertedIdentifierRecord, ...]:
        """Return all with one of these names, ended ones included, oldest first."""
        columns = (
            asserted_identifiers.c.kind,
            asserted_identifiers.c.value,
            asserted_identifiers.c.namespace,
        )
        found: list[AssertedIdentifierRecord] = []
        with self._database.reading() as connection:
            for start in range(0, len(names), _AT_ONCE):
                these = tuple_(*columns).in_(list(names[start : start + _AT_ONCE]))
                rows = connection.execute(select(asserted_identifiers).where(self._own(), these))
                found += [_record(row) for row in rows]
        return tuple(sorted(found, key=lambda one: (one.created_at, one.id)))

    def of_member(self, membership_id: str, namespace: str) -> tuple[AssertedIdentifierRecord, ...]:
        """Return a member's live names within a namespace."""
        theirs = (
            self._own(),
            asserted_identifiers.c.membership_id == membership_id,
            asserted_identifiers.c.namespace == namespace,
            asserted_identifiers.c.ended_at.is_(None),
        )
        with self._database.reading() as connection:
            rows = connection.execute(select(asserted_identifiers).where(*theirs))
            return tuple(_record(row) for row in rows)

    def add(self, membership_id: str, name: Name, *, written: str, now: datetime) -> AssertedIdentifierRecord:
        """Assert a name of a member from now on. Safe to repeat.

        Raises:
            NotFoundError: There is no such member.
            ConflictError: It names somebody else.
        """
        kind, value, namespace = name
        with self._database.writing() as connection:
            mine = (memberships.c.organisation_id == self._organisation_id, memberships.c.id == membership_id)
            if connection.execute(select(memberships.c.id).where(*mine).with_for_update()).first() is None:
                raise NotFoundError("there is no such person")
            live = (
                self._own(),
                asserted_identifiers.c.kind == kind,
                asserted_identifiers.c.value == value,
                asserted_identifiers.c.namespace == namespace,
                asserted_identifiers.c.ended_at.is_(None),
            )
            known = connection.execute(select(asserted_identifiers).where(*live)).one_or_none()
            if known is not None and known.membership_id != membership_id:
                raise ConflictError("this identifier names another person here")
            if known is not None:
                return _record(known)
            record = AssertedIdentifierRecord(
                random_token(_ID_BYTES),
                membership_id,
                AssertedKind(kind),
                value,
                written,
                now,
                None,
                namespace,
            )
            values = {
                "id": record.id,
                "organisation_id": self._organisation_id,
                "membership_id": membership_id,
                "kind": kind,
                "value": value,
                "written": written,
                "created_at": now,
                "namespace": namespace,
            }
            connection.execute(insert(asserted_identifiers).values(**values))
        return record

    def end(self, identifier_id: str, now: datetime) -> None:
        """End a name. Addresses are ended in `members`, with the consequences.

        Raises:
            NotFoundError: There is no such name.
        """
        mine = (self._own(), asserted_identifiers.c.id == identifier_id)
        live = asserted_identifiers.c.ended_at.is_(None)
        with self._database.writing() as connection:
            if connection.execute(select(asserted_identifiers.c.id).where(*mine)).first() is None:
                raise NotFoundError("there is no such identifier")
            connection.execute(update(asserted_identifiers).where(*mine, live).values(ended_at=now))

    def member_named(self, name: Name) -> MembershipRecord | None:
        """Return the member with a live name."""
        kind, value, namespace = name
        named = {"own": self._organisation_id, "kind": kind, "value": value, "namespace": namespace}
        with self._database.reading() as connection:
            row = select_one(connection, _NAMED, named)
        return None if row is None else membership_record(row)

    def owner(self, identifier_id: str) -> MembershipRecord | None:
        """Return the member an identifier belongs to."""
        joined = asserted_identifiers.c.membership_id == memberships.c.id
        found = select(memberships).join(asserted_identifiers, joined)
        with self._database.reading() as connection:
            row = connection.execute(
                found.where(self._own(), asserted_identifiers.c.id == identifier_id)
            ).one_or_none()
        return None if row is None else membership_record(row)

    def _own(self) -> ColumnElement[bool]:
        return asserted_identifiers.c.organisation_id == self._organisation_id


def _record(row: Row[Any]) -> AssertedIdentifierRecord:
    return AssertedIdentifierRecord(
        id=row.id,
        membership_id=row.membership_id,
        kind=AssertedKind(row.kind),
        value=row.value,
        written=row.written,
        created_at=row.created_at,
        ended_at=row.ended_at,
        namespace=row.namespace,
    )
