"""Groups as a directory tells them: the role that an owner gave one is that of its members."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from datetime import datetime

from credserv.ground.errors import NotFoundError
from credserv.journeys.admit.directory import settle_roles
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.directory import DirectoryGroupRecord, DirectoryGroupWish


def directory_group(services: Services, group_id: str, *, lock: bool = False) -> DirectoryGroupRecord:
    """lock: until the transaction ends. Raises NotFoundError."""
    found = services.store.directory.group(group_id, lock=lock)
    if found is None:
        raise NotFoundError("there is no such group")
    return found


def directory_groups(services: Services, *, limit: int, offset: int) -> Sequence[DirectoryGroupRecord]:
    """Oldest first."""
    return services.store.directory.groups(limit=limit, offset=offset)


def count_groups(services: Services) -> int:
    return services.store.directory.count_groups()


def groups_called(services: Services, name: str) -> Sequence[DirectoryGroupRecord]:
    """By their name as it is written, or by the id that the directory gave them."""
    return services.store.directory.groups_called([name])


def add_group(
    services: Services, wish: DirectoryGroupWish, *, actor: str, now: datetime
) -> DirectoryGroupRecord:
    """Raises InputError for members that the directory did not tell."""
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
    """In place of what the directory said before. change: as of users. Raises NotFoundError, InputError as
    `add_group`, and what `change` raises."""
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
    """Raises NotFoundError."""
    with services.store.transaction():
        before = directory_group(services, group_id, lock=True)
        services.store.directory.remove_group(group_id)
        _note(services, group_id, actor, now)
        _settle(services, {before.name, before.external_id}, before.members, actor, now)


def _settle(
    services: Services, names: Set[str | None], users: frozenset[str], actor: str, now: datetime
) -> None:
    """names: of the group, before and after. Most groups give no role, and have many members."""
    login = services.store.staff.login()
    if login is not None and any(group in names for group, _ in login.group_roles):
        settle_roles(services, users, actor=actor, now=now)


def _note(services: Services, group_id: str, actor: str, now: datetime) -> None:
    services.store.audit.add(AuditRecord(now, actor, Action.DIRECTORY_GROUP, group_id))
