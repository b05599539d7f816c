"""People, and what they have proved to be theirs.

They belong to no organisation, because it is the person who signs in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import new_id, random_token
from credserv.ground.errors import ConflictError, NotFoundError
from credserv.ground.names import normalise_email
from credserv.records.audit import Action, AuditRecord
from credserv.records.people import AssertedKind, PersonRecord, ProvedIdentifierRecord, ProvedKind
from credserv.records.webhooks import Happening
from credserv.store.admit.joined_roles import join_roles
from credserv.store.admit.members import spellings
from credserv.store.admit.merging_members import OF_MEMBERS, give
from credserv.store.connect.webhook_outbox import queue_webhooks
from credserv.store.frame.audit import insert_line
from credserv.store.frame.database import Database
from credserv.store.hold.awards import move_awards
from credserv.store.hold.share_rows import showing
from credserv.store.tables import (
    asserted_identifiers,
    credentials,
    employment_spells,
    handed_in,
    memberships,
    people,
    proved_identifiers,
    shares,
)

_ID_BYTES = 16
_CLAIMING = (ProvedKind.EMAIL, ProvedKind.DID)  # organisations assert these by the same name


class PeopleRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, person_id: str) -> PersonRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(people).where(people.c.id == person_id)).one_or_none()
        return (
            None
            if row is None
            else PersonRecord(row.id, row.name, row.created_at, row.frozen_until, row.language)
        )

    def add(self, name: str | None, now: datetime) -> str:
        """Create a person and return the id."""
        person_id = new_id(now)
        with self._database.writing() as connection:
            connection.execute(insert(people).values(id=person_id, name=name, created_at=now))
        return person_id

    def rename(self, person_id: str, name: str | None) -> None:
        """Set the name in the wallet; organisations have their own names for people."""
        with self._database.writing() as connection:
            connection.execute(update(people).where(people.c.id == person_id).values(name=name))

    def set_language(self, person_id: str, language: str, *, unless_known: bool = False) -> None:
        """Set the language for letters."""
        whose = [people.c.id == person_id] + [people.c.language.is_(None)] * unless_known
        with self._database.writing() as connection:
            connection.execute(update(people).where(*whose).values(language=language))

    def find_unclaimed(self, email: str) -> str | None:
        """Return the person whom an organisation first addressed by this, if they have never proved
        anything.
        """
        someone = exists().where(proved_identifiers.c.person_id == memberships.c.person_id)
        order = (asserted_identifiers.c.created_at, asserted_identifiers.c.id)
        found = _addressed_by(email).where(~someone).order_by(*order).limit(1)
        with self._database.reading() as connection:
            person_id: str | None = connection.scalars(found).one_or_none()
        return person_id

    def is_addressed(self, email: str) -> bool:
        """Return whether any organisation addresses somebody by this."""
        with self._database.reading() as connection:
            return connection.execute(_addressed_by(email).limit(1)).first() is not None

    def find_proved(self, kind: ProvedKind, value: str) -> ProvedIdentifierRecord | None:
        """Return the live proof of an identifier, and so the one person it signs in.

        Raises:
            InputError: It is not an address.
        """
        with self._database.reading() as connection:
            row = connection.execute(select(proved_identifiers).where(_live(kind, value))).one_or_none()
        return None if row is None else _proved(row)

    def proved(self, person_id: str) -> tuple[ProvedIdentifierRecord, ...]:
        """Return a person's proofs, oldest first, ended ones included."""
        found = select(proved_identifiers).where(proved_identifiers.c.person_id == person_id)
        order = (proved_identifiers.c.verified_at, proved_identifiers.c.id)
        with self._database.reading() as connection:
            return tuple(_proved(row) for row in connection.execute(found.order_by(*order)))

    def prove(
        self, person_id: str, kind: ProvedKind, value: str, *, added_by: str, now: datetime
    ) -> tuple[str, ...]:
        """Record that an identifier is the person's, and give them what is asserted under it, in
        one transaction. Safe to repeat.

        A member with this identifier who has proved nothing becomes this person, with everything awarded and
        granted to them there. Whoever has ever proved anything loses nothing.

        Returns:
            The ids of the awards that became the person's.

        Raises:
            NotFoundError: There is no such person.
            ConflictError: The identifier is somebody else's.
        """
        value = _normal(kind, value)
        with self._database.writing() as connection:
            # Orders continue meanwhile, because their rows refer to the person by key.
            one = people.c.id == person_id
            person = select(people.c.id).where(one).with_for_update(key_share=True)
            if connection.execute(person).one_or_none() is None:
                raise NotFoundError("there is no such person")
            self._keep(connection, person_id, kind, value, added_by, now)
            return _claim(connection, person_id, kind, value, now) if kind in _CLAIMING else ()

    def end_proved(self, person_id: str, identifier_id: str, now: datetime) -> None:
        """End a proof, so that it signs nobody in. An ended one keeps its first end.

        Raises:
            NotFoundError: There is no such proof.
        """
        own = (proved_identifiers.c.id == identifier_id) & (proved_identifiers.c.person_id == person_id)
        with self._database.writing() as connection:
            if connection.execute(select(proved_identifiers.c.id).where(own)).one_or_none() is None:
                raise NotFoundError("there is no such identifier")
            live = proved_identifiers.c.ended_at.is_(None)
            connection.execute(update(proved_identifiers).where(own, live).values(ended_at=now))

    def _keep(
        self, connection: Connection, person_id: str, kind: ProvedKind, value: str, by: str, now: datetime
    ) -> None:
        known = connection.execute(select(proved_identifiers).where(_live(kind, value))).one_or_none()
        if known is None:
            connection.execute(
                insert(proved_identifiers).values(
                    id=random_token(_ID_BYTES),
                    person_id=person_id,
                    kind=kind.value,
                    value=value,
                    verified_at=now,
                    added_by=by,
                    signs_in=kind is not ProvedKind.DID,
                    receives=True,
                )
            )
        elif known.person_id != person_id:
            raise ConflictError("this identifier belongs to another person, who has proved it")


def _claim(
    connection: Connection, person_id: str, kind: ProvedKind, value: str, now: datetime
) -> tuple[str, ...]:
    someone = proved_identifiers.c.person_id == memberships.c.person_id
    asserted = connection.execute(
        select(
            asserted_identifiers.c.id,
            asserted_identifiers.c.organisation_id,
            asserted_identifiers.c.membership_id,
            memberships.c.person_id,
        )
        .join(memberships, memberships.c.id == asserted_identifiers.c.membership_id)
        .where(
            asserted_identifiers.c.kind == kind.value,
            asserted_identifiers.c.value.in_(spellings(value) if kind is ProvedKind.EMAIL else [value]),
            asserted_identifiers.c.ended_at.is_(None),
            memberships.c.person_id != person_id,
            ~exists().where(someone),
        )
        .order_by(asserted_identifiers.c.id)
        .with_for_update(of=memberships)
    ).all()
    claimed: list[str] = []
    for row in asserted:
        moved = _take(connection, person_id, row, now)
        line = AuditRecord(
            now, f"person:{person_id}", Action.PERSON_CLAIMED, row.id, {"credentials": len(moved)}
        )
        insert_line(connection, row.organisation_id, line)
        queue_webhooks(connection, row.organisation_id, Happening.CLAIMED, moved, now)
        claimed += moved
    return tuple(claimed)


def _take(connection: Connection, person_id: str, asserted: Any, now: datetime) -> Sequence[str]:
    """Make the member with the identifier this person; return the ids of the awards that move."""
    of_member = select(asserted_identifiers.c.id).where(
        asserted_identifiers.c.membership_id == asserted.membership_id
    )
    theirs = credentials.c.identifier_id.in_(of_member) & (credentials.c.person_id == asserted.person_id)
    ids = connection.scalars(select(credentials.c.id).where(theirs).order_by(credentials.c.id)).all()
    connection.execute(update(shares).where(showing(ids)).values(person_id=person_id))
    connection.execute(update(credentials).where(theirs).values(person_id=person_id))
    mine = select(memberships.c.id).where(
        memberships.c.organisation_id == asserted.organisation_id, memberships.c.person_id == person_id
    )
    kept = connection.execute(mine).scalar_one_or_none()
    left = memberships.c.id == asserted.membership_id
    if kept is None:
        connection.execute(update(memberships).where(left).values(person_id=person_id))
    else:
        _join(connection, kept, asserted.membership_id, now)
        of_kept = select(asserted_identifiers.c.id).where(asserted_identifiers.c.membership_id == kept)
        awarded = select(credentials.c.id).where(credentials.c.identifier_id.in_(of_kept))
        move_awards(connection, connection.scalars(awarded.order_by(credentials.c.id)).all(), kept)
        connection.execute(delete(memberships).where(left))
    return ids


def _join(connection: Connection, kept: str, left: str, now: datetime) -> None:
    """Move what an organisation knew under two memberships to one."""
    found = select(memberships).where(memberships.c.id.in_([kept, left]))
    by_id = {row.id: row for row in connection.execute(found)}
    texts = (by_id[kept].search_text, by_id[left].search_text)
    declines = by_id[kept].declines_since or by_id[left].declines_since
    joined = update(memberships).where(memberships.c.id == kept)
    connection.execute(joined.values(search_text="\n".join(texts), declines_since=declines))
    join_roles(connection, kept, left, now)
    for table in OF_MEMBERS:
        give(connection, table, table.c.membership_id, left, kept)
    give(connection, employment_spells, employment_spells.c.manager_id, left, kept)
    connection.execute(
        delete(handed_in).where(handed_in.c.membership_id == left)
    )  # what both have, byte for byte


def _addressed_by(email: str) -> Select[Any]:
    """Return a query for the ids of people; the same id may occur several times."""
    joined = asserted_identifiers.c.membership_id == memberships.c.id
    return (
        select(memberships.c.person_id)
        .join(asserted_identifiers, joined)
        .where(
            asserted_identifiers.c.kind == AssertedKind.EMAIL.value,
            asserted_identifiers.c.value.in_(spellings(email)),
            asserted_identifiers.c.ended_at.is_(None),
        )
    )


def _live(kind: ProvedKind, value: str) -> ColumnElement[bool]:
    return (
        (proved_identifiers.c.kind == kind.value)
        & (proved_identifiers.c.value == _normal(kind, value))
        & proved_identifiers.c.ended_at.is_(None)
    )


def _normal(kind: ProvedKind, value: str) -> str:
    return normalise_email(value) if kind is ProvedKind.EMAIL else value


def _proved(row: Row[Any]) -> ProvedIdentifierRecord:
    return ProvedIdentifierRecord(
        id=row.id,
        person_id=row.person_id,
        kind=ProvedKind(row.kind),
        value=row.value,
        verified_at=row.verified_at,
        added_by=row.added_by,
        signs_in=row.signs_in,
        receives=row.receives,
        ended_at=row.ended_at,
    )
