"""Groups as a directory (SCIM) reports them.

The role that an owner assigned to a group is the role of its members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from datetime import datetime

from credserv.ground.errors import NotFoundError
from credserv.journeys.admit.directory import settle_roles
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.directory import DirectoryGroupRecord, DirectoryGroupWish


def directory_group(services: Services, group_id: str, *, lock: bool = False) -> DirectoryGroupRecord:
    """Return a directory group.

    Args:
        lock: Whether to lock it until the transaction ends.

    Raises:
        NotFoundError: There is no such group.
    """
    found = services.store.directory.group(group_id, lock=lock)
    if found is None:
        raise NotFoundError("there is no such group")
    return found


def directory_groups(services: Services, *, limit: int, offset: int) -> Sequence[DirectoryGroupRecord]:
    """Return one page of groups, oldest first."""
    return services.store.directory.groups(limit=limit, offset=offset)


def count_groups(services: Services) -> int:
    """Return how many groups the directory has."""
    return services.store.directory.count_groups()


def groups_called(services: Services, name: str) -> Sequence[DirectoryGroupRecord]:
    """Return the groups with this exact name or directory id."""
    return services.store.directory.groups_called([name])


def add_group(
    services: Services, wish: DirectoryGroupWish, *, actor: str, now: datetime
) -> DirectoryGroupRecord:
    """Add a group.

    Raises:
        InputError: A member is not a user of the directory.
    """
    with services.store.transaction():
        group_id = services.store.directory.add_group(wish, now)
        _note(services, group_id, actor, now)
        _settle(services, {wish.name, wish.external_id}, wish.members, actor, now)
    return directory_group(services, group_id)


def change_group(
    services: Services,
    group_id: str,
    change: Callable[[DirectoryGroupRecord], DirectoryGroupWish],
    *,
    actor: str,
    now: datetime,
) -> DirectoryGroupRecord:
    """Replace what the directory said of a group.

    Args:
        change: Returns the new state for the current one.

    Raises:
        NotFoundError: There is no such group.
        InputError: A member is not a user of the directory.
        CredservError: Whatever `change` raises.
    """
    with services.store.transaction():
        before = directory_group(services, group_id, lock=True)
        wish = change(before)
        services.store.directory.change_group(group_id, wish, now)
        _note(services, group_id, actor, now)
        known, wanted = {before.name, before.external_id}, {wish.name, wish.external_id}
        changed = before.members ^ wish.members if known == wanted else before.members | wish.members
        _settle(services, known | wanted, changed, actor, now)
    return directory_group(services, group_id)


def remove_group(services: Services, group_id: str, *, actor: str, now: datetime) -> None:
    """Remove a group.

    Raises:
        NotFoundError: There is no such group.
    """
    with services.store.transaction():
        before = directory_group(services, group_id, lock=True)
        services.store.directory.remove_group(group_id)
        _note(services, group_id, actor, now)
        _settle(services, {before.name, before.external_id}, before.members, actor, now)


def _settle(
    services: Services, names: Set[str | None], users: frozenset[str], actor: str, now: datetime
) -> None:
    """Settle roles if one of the group's names, before or after, gives one.

    Most groups give none and have many members.
    """
    login = services.store.staff.login()
    if login is not None and any(group in names for group, _ in login.group_roles):
        settle_roles(services, users, actor=actor, now=now)


def _note(services: Services, group_id: str, actor: str, now: datetime) -> None:
    services.store.audit.add(AuditRecord(now, actor, Action.DIRECTORY_GROUP, group_id))
