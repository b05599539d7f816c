"""Groups as a directory tells them: the role that an owner gave one is that of its members."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime

from credserv.ground.errors import NotFoundError
from credserv.journeys.admit.directory import settle_roles
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.directory import DirectoryGroupRecord


def directory_group(services: Services, group_id: str) -> DirectoryGroupRecord:
    """Raises NotFoundError."""
    found = services.store.directory.group(group_id)
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
    services: Services,
    name: str,
    external_id: str | None,
    members: frozenset[str],
    *,
    actor: str,
    now: datetime,
) -> DirectoryGroupRecord:
    """Raises InputError for members that the directory did not tell."""
    with services.store.transaction():
        group_id = services.store.directory.add_group(name, external_id, now)
        services.store.directory.set_members(group_id, members)
        _note(services, group_id, actor, now)
        _settle(services, {name, external_id}, members, actor, now)
    return directory_group(services, group_id)


def change_group(
    services: Services,
    group_id: str,
    name: str,
    external_id: str | None,
    members: frozenset[str],
    *,
    actor: str,
    now: datetime,
) -> DirectoryGroupRecord:
    """In place of what the directory said before. Raises NotFoundError, and InputError as `add_group`."""
    with services.store.transaction():
        before = directory_group(services, group_id)
        services.store.directory.change_group(group_id, name, external_id, now)
        services.store.directory.set_members(group_id, members)
        _note(services, group_id, actor, now)
        is_renamed = (before.name, before.external_id) != (name, external_id)
        changed = before.members | members if is_renamed else before.members ^ members
        _settle(services, {before.name, before.external_id, name, external_id}, changed, actor, now)
    return directory_group(services, group_id)


def remove_group(services: Services, group_id: str, *, actor: str, now: datetime) -> None:
    """Raises NotFoundError."""
    with services.store.transaction():
        before = directory_group(services, group_id)
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
