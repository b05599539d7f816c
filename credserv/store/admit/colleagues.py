"""Roles and grants of an organisation's members. An organisation always keeps an owner.

Roles and grants end with a member's last day, so callers pass the current day in the organisation's time
zone. The rows stay, so changing the last day restores them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.people import AssertedKind
from credserv.records.roles import ColleagueRecord, GrantRecord, Role
from credserv.store.frame.database import Database
from credserv.store.tables import (
    asserted_identifiers,
    grants,
    membership_roles,
    memberships,
    organisations,
)

_ID_BYTES = 16


class ColleagueRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database = database
        self._organisation_id = organisation_id

    def of_person(self, person_id: str, today: date) -> ColleagueRecord | None:
        """Return a colleague; None without a current role here."""
        return self._one(memberships.c.person_id == person_id, _is_in(today))

    def get(self, membership_id: str, today: date) -> ColleagueRecord | None:
        return self._one(memberships.c.id == membership_id, _is_in(today))

    def list(self, today: date) -> Sequence[ColleagueRecord]:
        """Return everybody with a role, by when they became members."""
        with self._database.reading() as connection:
            return self._all(connection, _is_in(today))

    def written_roles(self, membership_id: str) -> frozenset[Role]:
        """Return the stored roles, even after the last day."""
        with self._database.reading() as connection:
            found = self._all(connection, memberships.c.id == membership_id)
        return found[0].roles if found else frozenset()

    @contextmanager
    def keeping_an_owner(self, today: date) -> Iterator[None]:
        """Open a transaction that must leave an owner without a last day.

        Raises:
            ConflictError: The transaction would remove the last one.
        """
        with self._database.writing() as connection:
            self._lock_all(connection)
            before = self._last_days_of_owners(connection)
            yield
            after = self._last_days_of_owners(connection)
            for counts in (lambda day: day is None or day >= today, lambda day: day is None):
                if any(map(counts, before)) and not any(map(counts, after)):
                    raise ConflictError(
                        "an organisation needs an owner who stays: make somebody else one first"
                    )

    def set_roles(self, membership_id: str, roles: Collection[Role], today: date) -> None:
        """Replace a member's roles.

        Raises:
            NotFoundError: There is no such member.
            ConflictError: They are the last owner.
        """
        with self.keeping_an_owner(today), self._database.writing() as connection:
            self._lock(connection, membership_id)
            own = membership_roles.c.membership_id == membership_id
            connection.execute(delete(membership_roles).where(own))
            rows = [{"membership_id": membership_id, "role": role.value} for role in sorted(set(roles))]
            if rows:
                connection.execute(insert(membership_roles), rows)

    def add_grant(
        self, membership_id: str, *, achievement_key: str | None, unit: str | None, until: datetime | None
    ) -> str:
        """Add a grant and return its id.

        Raises:
            NotFoundError: There is no such member.
        """
        grant_id = random_token(_ID_BYTES)
        with self._database.writing() as connection:
            self._lock(connection, membership_id)
            connection.execute(
                insert(grants).values(
                    id=grant_id,
                    membership_id=membership_id,
                    achievement_key=achievement_key,
                    unit=unit,
                    until=until,
                )
            )
        return grant_id

    def end_grant(self, membership_id: str, grant_id: str, now: datetime) -> None:
        """End a grant. The row stays, because whoever ever had a grant can issue only within grants.

        Raises:
            NotFoundError: There is no such grant.
        """
        own = (grants.c.id == grant_id) & (grants.c.membership_id == membership_id)
        with self._database.writing() as connection:
            self._lock(connection, membership_id)
            if connection.execute(select(grants.c.id).where(own)).one_or_none() is None:
                raise NotFoundError("there is no such grant")
            live = grants.c.until.is_(None) | (grants.c.until > now)
            connection.execute(update(grants).where(own, live).values(until=now))

    # --- inside

    def _one(self, *conditions: ColumnElement[bool]) -> ColleagueRecord | None:
        with self._database.reading() as connection:
            return next(iter(self._all(connection, *conditions)), None)

    def _all(self, connection: Connection, *conditions: ColumnElement[bool]) -> Sequence[ColleagueRecord]:
        own = memberships.c.organisation_id == self._organisation_id
        found = select(memberships, membership_roles.c.role).join(
            membership_roles, membership_roles.c.membership_id == memberships.c.id
        )
        order = (memberships.c.created_at, memberships.c.id)
        rows = connection.execute(found.where(own, *conditions).order_by(*order)).all()
        members = {row.id: row for row in rows}
        emails, granted = _emails(connection, members), _grants(connection, members)
        return [
            ColleagueRecord(
                membership_id=row.id,
                person_id=row.person_id,
                name=row.name,
                email=emails.get(row.id),
                roles=frozenset(Role(found.role) for found in rows if found.id == row.id),
                grants=tuple(granted.get(row.id, ())),
            )
            for row in members.values()
        ]

    def _lock_all(self, connection: Connection) -> None:
        """Change roles one after another. Otherwise two owners could remove each other."""
        own = organisations.c.id == self._organisation_id
        connection.execute(select(organisations.c.id).where(own).with_for_update())

    def _lock(self, connection: Connection, membership_id: str) -> None:
        self._lock_all(connection)
        member = (memberships.c.id == membership_id) & (
            memberships.c.organisation_id == self._organisation_id
        )
        if connection.execute(select(memberships.c.id).where(member)).one_or_none() is None:
            raise NotFoundError("there is no such member")

    def _last_days_of_owners(self, connection: Connection) -> Sequence[date | None]:
        owners = (
            select(memberships.c.ends_on)
            .join(membership_roles, memberships.c.id == membership_roles.c.membership_id)
            .where(
                memberships.c.organisation_id == self._organisation_id,
                membership_roles.c.role == Role.OWNER.value,
            )
        )
        return connection.scalars(owners).all()


def _is_in(today: date) -> ColumnElement[bool]:
    """Return the condition for people still here; the last day belongs to the employment."""
    return memberships.c.ends_on.is_(None) | (memberships.c.ends_on >= today)


def _emails(connection: Connection, members: Collection[str]) -> dict[str, str]:
    found = (
        select(asserted_identifiers.c.membership_id, asserted_identifiers.c.value)
        .where(
            asserted_identifiers.c.membership_id.in_(members),
            asserted_identifiers.c.kind == AssertedKind.EMAIL.value,
            asserted_identifiers.c.ended_at.is_(None),
        )
        .order_by(asserted_identifiers.c.created_at.desc(), asserted_identifiers.c.id)
    )
    return {row.membership_id: row.value for row in connection.execute(found)}


def _grants(connection: Connection, members: Collection[str]) -> dict[str, list[GrantRecord]]:
    found = select(grants).where(grants.c.membership_id.in_(members)).order_by(grants.c.id)
    granted: dict[str, list[GrantRecord]] = {}
    for row in connection.execute(found):
        granted.setdefault(row.membership_id, []).append(_grant(row))
    return granted


def _grant(row: Row[Any]) -> GrantRecord:
    return GrantRecord(row.id, row.achievement_key, row.unit, row.until)
