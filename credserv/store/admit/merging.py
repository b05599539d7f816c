"""Merge two people who are one: everything of one moves to the other in one transaction, and back.

Every table that names a person is found by its foreign key, so none is forgotten. The same transaction
records the changes by ids, which is all that undoing needs. The other person stays as an empty row. What an
organisation knew under two memberships moves to one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import format_instant, parse_instant, random_token
from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.access import LinkPurpose
from credserv.records.audit import Action, AuditRecord
from credserv.records.merging import MergeRecord
from credserv.store.admit.merging_members import (
    give,
    identifiers_of,
    join_memberships,
    part_identifiers,
    part_memberships,
)
from credserv.store.frame.audit import insert_line
from credserv.store.frame.database import Database
from credserv.store.hold.consents import withdraw
from credserv.store.hold.share_rows import showing
from credserv.store.tables import (
    asserted_identifiers,
    credentials,
    links,
    memberships,
    metadata,
    people,
    person_merges,
    sessions,
    shares,
)

_APART = (memberships, person_merges)  # tables that are not simply reassigned


class MergeRepository:
    """Belongs to no organisation, like people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begun(self, session_sha256: str) -> MergeRecord | None:
        """Return the latest merge begun in a session and not done."""
        found = select(person_merges).where(
            person_merges.c.session_sha256 == session_sha256, person_merges.c.done_at.is_(None)
        )
        order = (person_merges.c.begun_at.desc(), person_merges.c.id)
        with self._database.reading() as connection:
            row = connection.execute(found.order_by(*order).limit(1)).one_or_none()
        return None if row is None else _record(row)

    def done(self, into_id: str, since: datetime) -> tuple[MergeRecord, ...]:
        """Return a person's merges done since an instant and not undone, newest first."""
        found = select(person_merges).where(
            person_merges.c.into_id == into_id,
            person_merges.c.done_at > since,
            person_merges.c.undone_at.is_(None),
        )
        with self._database.reading() as connection:
            return tuple(
                _record(row) for row in connection.execute(found.order_by(person_merges.c.done_at.desc()))
            )

    def show(
        self, session_sha256: str, into_id: str, from_id: str, identifier_id: str, now: datetime
    ) -> None:
        """Record that this session proved an identifier of the other wallet."""
        with self._database.writing() as connection:
            known = self.begun(session_sha256)
            if known is None or (known.into_id, known.from_id) != (into_id, from_id):
                shown: dict[str, str] = {}
                known_id = random_token(16)
                connection.execute(
                    insert(person_merges).values(
                        id=known_id,
                        into_id=into_id,
                        from_id=from_id,
                        session_sha256=session_sha256,
                        begun_at=now,
                        shown=shown,
                    )
                )
            else:
                known_id = known.id
                shown = {name: format_instant(at) for name, at in known.shown.items()}
            shown[identifier_id] = format_instant(now)
            one = person_merges.c.id == known_id
            connection.execute(update(person_merges).where(one).values(shown=shown, begun_at=now))

    def lock(self, *person_ids: str) -> None:
        """Lock these people against changes and orders until the transaction ends.

        Raises:
            NotFoundError: There is no such person.
        """
        with self._database.writing() as connection:
            theirs = select(memberships.c.id).where(memberships.c.person_id.in_(person_ids))
            connection.execute(theirs.order_by(memberships.c.id).with_for_update())
            known = select(people.c.id).where(people.c.id.in_(person_ids)).order_by(people.c.id)
            if len(connection.execute(known.with_for_update()).all()) != len(set(person_ids)):
                raise NotFoundError("there is no such person")

    def merge(self, merge_id: str, now: datetime) -> None:
        """Carry out a merge.

        Raises:
            NotFoundError: There is no such merge.
            ConflictError: It was done.
        """
        with self._database.writing() as connection:
            known = self._lock_one(connection, merge_id)
            if known.done_at is not None:
                raise ConflictError("these wallets were joined already")
            into, other = known.into_id, known.from_id
            asserted = [row.id for one in (into, other) for row in identifiers_of(connection, one)]
            joined = join_memberships(connection, into, other, now)
            rows = {
                f"{table.name}.{column.name}": give(connection, table, column, other, into)
                for table, column in _naming_people()
            }
            connection.execute(delete(sessions).where(sessions.c.subject == other))
            stops = (links.c.subject == other) & (links.c.purpose == LinkPurpose.NOT_ME.value)
            connection.execute(update(links).where(stops).values(subject=into))
            journal = {"rows": rows, "joined": joined, "asserted": asserted}
            one = person_merges.c.id == merge_id
            connection.execute(update(person_merges).where(one).values(done_at=now, journal=journal))
            _tell(connection, into, Action.PERSON_MERGED, now)

    def undo(self, merge_id: str, now: datetime, *, session_sha256: str) -> None:
        """Return what came with the other wallet, and what was ordered for its addresses since.

        Only this session stays, because others may have been begun with what is now the other person's.

        Raises:
            NotFoundError: There is no such merge.
            ConflictError: It was undone.
        """
        with self._database.writing() as connection:
            known = self._lock_one(connection, merge_id)
            if known.done_at is None or known.undone_at is not None:
                raise ConflictError("these wallets are not joined")
            into, other, journal = known.into_id, known.from_id, known.journal
            _tell(connection, into, Action.PERSON_PARTED, now)
            for table, column in _naming_people():
                ids = journal["rows"].get(f"{table.name}.{column.name}", [])
                key = next(iter(table.primary_key))
                still = (key.in_(ids)) & (column == into)
                connection.execute(update(table).where(still).values({column.name: other}))
            for one in journal["joined"]:
                part_memberships(connection, other, one)
            part_identifiers(connection, journal.get("asserted", ()), (into, other), now)
            _give_back_later(connection, into, other, known.done_at, now)
            rest = (sessions.c.subject == into) & (sessions.c.token_sha256 != session_sha256)
            connection.execute(delete(sessions).where(rest))
            connection.execute(
                update(person_merges).where(person_merges.c.id == merge_id).values(undone_at=now)
            )

    def _lock_one(self, connection: Connection, merge_id: str) -> Row[Any]:
        one = select(person_merges).where(person_merges.c.id == merge_id).with_for_update()
        found = connection.execute(one).one_or_none()
        if found is None:
            raise NotFoundError("there is no such pair of wallets")
        self.lock(found.into_id, found.from_id)
        return found


def _naming_people() -> list[tuple[Table, Column[Any]]]:
    return [
        (table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if table not in _APART and any(key.column is people.c.id for key in column.foreign_keys)
    ]


def _give_back_later(connection: Connection, into: str, other: str, since: datetime, now: datetime) -> None:
    """Return what was ordered for the other's addresses meanwhile, and end links made then that show it."""
    theirs = (
        select(asserted_identifiers.c.id)
        .join(memberships, memberships.c.id == asserted_identifiers.c.membership_id)
        .where(memberships.c.person_id == other)
    )
    later = (
        (credentials.c.person_id == into)
        & credentials.c.identifier_id.in_(theirs)
        & (credentials.c.issued_at >= since)
    )
    connection.execute(update(credentials).where(later).values(person_id=other))
    held = connection.scalars(select(credentials.c.id).where(credentials.c.person_id == other)).all()
    still = (shares.c.person_id == into) & shares.c.ended_at.is_(None)
    withdraw(connection, select(shares.c.token_sha256).where(showing(held), still), now)
    connection.execute(update(shares).where(showing(held), still).values(ended_at=now))


def _tell(connection: Connection, person_id: str, action: Action, now: datetime) -> None:
    """Add an audit line in every organisation that knows the person."""
    of = select(memberships.c.organisation_id).where(memberships.c.person_id == person_id)
    for organisation_id in connection.scalars(of.order_by(memberships.c.organisation_id)).all():
        insert_line(connection, organisation_id, AuditRecord(now, f"person:{person_id}", action, person_id))


def _record(row: Row[Any]) -> MergeRecord:
    return MergeRecord(
        id=row.id,
        into_id=row.into_id,
        from_id=row.from_id,
        session_sha256=row.session_sha256,
        begun_at=row.begun_at,
        shown={name: parse_instant(at) for name, at in row.shown.items()},
        done_at=row.done_at,
        undone_at=row.undone_at,
    )
