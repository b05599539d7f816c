"""People and groups as an organisation's directory reports them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, insert, select, update
from sqlalchemy.engine import Row

from credserv.ground.encoding import random_token
from credserv.ground.errors import InputError
from credserv.ground.names import fold
from credserv.records.directory import (
    DirectoryGroupRecord,
    DirectoryGroupWish,
    DirectoryUserRecord,
    DirectoryUserWish,
)
from credserv.records.roles import Role
from credserv.store.frame.database import Database
from credserv.store.tables import directory_groups, directory_members, directory_users

_ID_BYTES = 16
_AT_ONCE = 1_000  # ids per statement, which both databases limit
_users, _groups, _members = directory_users.c, directory_groups.c, directory_members.c


class DirectoryRepository:
    def __init__(self, database: Database, organisation_id: str) -> None:
        self._database, self._organisation_id = database, organisation_id

    # --- users

    def user(self, user_id: str, *, lock: bool = False) -> DirectoryUserRecord | None:
        """Return a user.

        Args:
            lock: Whether to lock it until the transaction ends.
        """
        return next(iter(self.users(_users.id == user_id, lock=lock)), None)

    def user_of(self, membership_id: str, *, lock: bool = True) -> DirectoryUserRecord | None:
        """Return a member's user.

        Args:
            lock: Whether to lock it until the transaction ends.
        """
        return next(iter(self.users(_users.membership_id == membership_id, lock=lock)), None)

    def users_named(self, user_name: str) -> Sequence[DirectoryUserRecord]:
        return self.users(_users.name_key == fold(user_name))

    def users_known_as(self, external_id: str) -> Sequence[DirectoryUserRecord]:
        return self.users(_users.external_id == external_id)

    def users(
        self,
        *conditions: ColumnElement[bool],
        limit: int | None = None,
        offset: int = 0,
        lock: bool = False,
    ) -> Sequence[DirectoryUserRecord]:
        """Return users, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(self._page(directory_users, conditions, limit, offset, lock))
            return [_user(row) for row in rows]

    def count_users(self) -> int:
        return self._count(directory_users)

    def add_user(
        self, wish: DirectoryUserWish, membership_id: str | None, now: datetime
    ) -> DirectoryUserRecord:
        """Store a user.

        Raises:
            ConflictError: The user name is taken.
        """
        user_id = random_token(_ID_BYTES)
        made = {"id": user_id, "organisation_id": self._organisation_id, "created_at": now, "given_roles": []}
        with self._database.writing() as connection:
            connection.execute(insert(directory_users).values(**made, **_said(wish, membership_id, now)))
            return _user(connection.execute(select(directory_users).where(_users.id == user_id)).one())

    def change_user(
        self, user_id: str, wish: DirectoryUserWish, membership_id: str | None, now: datetime
    ) -> None:
        """Replace a user.

        Raises:
            ConflictError: The user name is taken.
        """
        self._change(directory_users, user_id, **_said(wish, membership_id, now))

    def set_given_roles(self, user_id: str, roles: Collection[Role]) -> None:
        self._change(directory_users, user_id, given_roles=sorted(role.value for role in roles))

    def remove_user(self, user_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(directory_members).where(_members.user_id == user_id))
            one = (self._own(directory_users), _users.id == user_id)
            connection.execute(delete(directory_users).where(*one))

    # --- groups

    def group(self, group_id: str, *, lock: bool = False) -> DirectoryGroupRecord | None:
        """Return a group.

        Args:
            lock: Whether to lock it until the transaction ends.
        """
        return next(iter(self.groups(_groups.id == group_id, lock=lock)), None)

    def groups(
        self,
        *conditions: ColumnElement[bool],
        limit: int | None = None,
        offset: int = 0,
        lock: bool = False,
    ) -> Sequence[DirectoryGroupRecord]:
        """Return groups, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(self._page(directory_groups, conditions, limit, offset, lock)).all()
            members = _members_of(connection, [row.id for row in rows])
        return [_group(row, members.get(row.id, ())) for row in rows]

    def groups_called(self, names: Collection[str]) -> Sequence[DirectoryGroupRecord]:
        """Return groups by name or by the directory's id."""
        return self.groups(_groups.name.in_(list(names)) | _groups.external_id.in_(list(names)))

    def groups_of(self, user_ids: Collection[str]) -> dict[str, list[tuple[str, str, str | None]]]:
        """Return the groups of each user: id, name and the directory's own id, by user id."""
        joined = select(_members.user_id, _groups.id, _groups.name, _groups.external_id).join(
            directory_groups, _groups.id == _members.group_id
        )
        found = joined.where(self._own(directory_groups), _members.user_id.in_(list(user_ids)))
        by_user: dict[str, list[tuple[str, str, str | None]]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(found.order_by(_groups.name, _groups.id)):
                by_user.setdefault(row.user_id, []).append((row.id, row.name, row.external_id))
        return by_user

    def count_groups(self) -> int:
        return self._count(directory_groups)

    def add_group(self, wish: DirectoryGroupWish, now: datetime) -> str:
        """Store a group and return its id.

        Raises:
            InputError: A member is not a user of the directory.
        """
        group_id = random_token(_ID_BYTES)
        made = {
            "id": group_id,
            "organisation_id": self._organisation_id,
            "name": wish.name,
            "external_id": wish.external_id,
            "created_at": now,
            "changed_at": now,
        }
        with self._database.writing() as connection:
            connection.execute(insert(directory_groups).values(**made))
            self._set_members(connection, group_id, wish.members)
        return group_id

    def change_group(self, group_id: str, wish: DirectoryGroupWish, now: datetime) -> None:
        """Replace a group. Raises as `add_group`."""
        with self._database.writing() as connection:
            self._change(
                directory_groups, group_id, name=wish.name, external_id=wish.external_id, changed_at=now
            )
            self._set_members(connection, group_id, wish.members)

    def remove_group(self, group_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(directory_members).where(_members.group_id == group_id))
            one = (self._own(directory_groups), _groups.id == group_id)
            connection.execute(delete(directory_groups).where(*one))

    # --- inside

    def _set_members(self, connection: Connection, group_id: str, members: frozenset[str]) -> None:
        """Write only what changes, because directories report many members one by one."""
        before = frozenset(_members_of(connection, [group_id]).get(group_id, ()))
        for added in _in_parts(members - before):
            known = select(func.count()).where(self._own(directory_users), _users.id.in_(added))
            if connection.execute(known).scalar_one() != len(added):
                raise InputError("a member of the group is no user here")
            rows = [{"group_id": group_id, "user_id": one} for one in added]
            connection.execute(insert(directory_members), rows)
        for gone in _in_parts(before - members):
            theirs = (_members.group_id == group_id, _members.user_id.in_(gone))
            connection.execute(delete(directory_members).where(*theirs))

    def _page(
        self,
        table: Table,
        conditions: Iterable[ColumnElement[bool]],
        limit: int | None,
        offset: int,
        lock: bool,
    ) -> Select[Any]:
        found = select(table).where(self._own(table), *conditions)
        found = found.order_by(table.c.created_at, table.c.id).limit(limit).offset(offset)
        return found.with_for_update() if lock else found

    def _count(self, table: Table) -> int:
        with self._database.reading() as connection:
            found: int = connection.execute(select(func.count()).where(self._own(table))).scalar_one()
        return found

    def _change(self, table: Table, one: str, **values: Any) -> None:
        with self._database.writing() as connection:
            connection.execute(update(table).where(self._own(table), table.c.id == one).values(**values))

    def _own(self, table: Table) -> ColumnElement[bool]:
        return table.c.organisation_id == self._organisation_id


def _said(wish: DirectoryUserWish, membership_id: str | None, now: datetime) -> dict[str, Any]:
    return {
        "membership_id": membership_id,
        "user_name": wish.user_name,
        "name_key": fold(wish.user_name),
        "external_id": wish.external_id,
        "is_active": wish.is_active,
        "said": wish.said,
        "changed_at": now,
    }


def _in_parts(ids: frozenset[str]) -> Iterator[list[str]]:
    listed = sorted(ids)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))


def _members_of(connection: Connection, group_ids: Collection[str]) -> dict[str, list[str]]:
    found = select(directory_members).where(_members.group_id.in_(list(group_ids)))
    by_group: dict[str, list[str]] = {}
    for row in connection.execute(found):
        by_group.setdefault(row.group_id, []).append(row.user_id)
    return by_group


def _user(row: Row[Any]) -> DirectoryUserRecord:
    return DirectoryUserRecord(
        id=row.id,
        membership_id=row.membership_id,
        user_name=row.user_name,
        external_id=row.external_id,
        is_active=row.is_active,
        said=row.said,
        given_roles=frozenset(Role(role) for role in row.given_roles),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _group(row: Row[Any], members: Iterable[str]) -> DirectoryGroupRecord:
    return DirectoryGroupRecord(
        row.id, row.name, row.external_id, frozenset(members), row.created_at, row.changed_at
    )
