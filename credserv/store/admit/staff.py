"""Console sign-in by account: the organisation's settings, and whose each account is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import random_token
from credserv.ground.errors import NotFoundError
from credserv.records.roles import Role
from credserv.records.staff import StaffAccountRecord, StaffLoginRecord
from credserv.store.frame.database import Database
from credserv.store.tables import staff_accounts, staff_logins

_ID_BYTES = 16


class StaffRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database, self._organisation_id = database, organisation_id
        self._login = staff_logins.c.organisation_id == organisation_id

    # --- settings

    def login(self) -> StaffLoginRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(select(staff_logins).where(self._login)).one_or_none()
        if row is None:
            return None
        roles = tuple((group, Role(role)) for group, role in row.group_roles)
        return StaffLoginRecord(tuple(row.domains), row.groups_claim, roles, row.is_required)

    def set_login(self, login: StaffLoginRecord) -> None:
        """Replace the settings."""
        with self._database.writing() as connection:
            connection.execute(delete(staff_logins).where(self._login))
            connection.execute(
                insert(staff_logins).values(
                    organisation_id=self._organisation_id,
                    domains=list(login.domains),
                    groups_claim=login.groups_claim,
                    group_roles=[[group, role.value] for group, role in login.group_roles],
                    is_required=login.is_required,
                )
            )

    def end_login(self) -> bool:
        """Delete the settings; return whether there were any."""
        with self._database.writing() as connection:
            return bool(connection.execute(delete(staff_logins).where(self._login)).rowcount)

    # --- accounts

    def account(self, issuer: str, subject: str) -> StaffAccountRecord | None:
        """Return an account, locked until the transaction ends, so that concurrent sign-ins
        change its roles one after another.
        """
        named = (staff_accounts.c.issuer == issuer) & (staff_accounts.c.subject == subject)
        with self._database.reading() as connection:
            row = connection.execute(
                select(staff_accounts).where(self._own(), named).with_for_update()
            ).one_or_none()
        return None if row is None else _account(row)

    def accounts_of(self, membership_id: str) -> tuple[StaffAccountRecord, ...]:
        """Return a member's accounts, oldest first."""
        found = select(staff_accounts).where(self._own(), staff_accounts.c.membership_id == membership_id)
        order = (staff_accounts.c.created_at, staff_accounts.c.id)
        with self._database.reading() as connection:
            return tuple(_account(row) for row in connection.execute(found.order_by(*order)))

    def add_account(self, membership_id: str, issuer: str, subject: str, now: datetime) -> StaffAccountRecord:
        """Store an account.

        Raises:
            ConflictError: It is known.
        """
        made = StaffAccountRecord(
            random_token(_ID_BYTES), membership_id, issuer, subject, frozenset(), now, now
        )
        with self._database.writing() as connection:
            connection.execute(
                insert(staff_accounts).values(
                    id=made.id,
                    organisation_id=self._organisation_id,
                    membership_id=membership_id,
                    issuer=issuer,
                    subject=subject,
                    given_roles=[],
                    created_at=now,
                    last_used_at=now,
                )
            )
        return made

    def set_given_roles(self, account_id: str, roles: Collection[Role]) -> None:
        """Set which of the member's roles come from the account's groups."""
        self._change(account_id, given_roles=sorted(role.value for role in roles))

    def note_use(self, account_id: str, now: datetime) -> None:
        self._change(account_id, last_used_at=now)

    def end_account(self, membership_id: str, account_id: str) -> None:
        """Delete an account.

        Raises:
            NotFoundError: The member has no such account.
        """
        theirs = (staff_accounts.c.id == account_id) & (staff_accounts.c.membership_id == membership_id)
        with self._database.writing() as connection:
            if not connection.execute(delete(staff_accounts).where(self._own(), theirs)).rowcount:
                raise NotFoundError("there is no such account")

    def _change(self, account_id: str, **values: Any) -> None:
        one = staff_accounts.c.id == account_id
        with self._database.writing() as connection:
            connection.execute(update(staff_accounts).where(self._own(), one).values(**values))

    def _own(self) -> ColumnElement[bool]:
        return staff_accounts.c.organisation_id == self._organisation_id


def _account(row: Row[Any]) -> StaffAccountRecord:
    return StaffAccountRecord(
        id=row.id,
        membership_id=row.membership_id,
        issuer=row.issuer,
        subject=row.subject,
        given_roles=frozenset(Role(role) for role in row.given_roles),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )
