"""People as an organisation's directory tells them: whom it adds, changes, deactivates and takes away.

Somebody with an address becomes, or is, one of the organisation's people; nobody comes in by that alone.
Roles come from groups (directory_groups.py). Whom the directory deactivates or takes away has no role and no
session any more, at once; only the last owner stays, and the directory is told so. It takes over no owner or
administrator by an address: whoever holds the directory's key would else decide about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.journeys.admit.given_roles import give_roles, sign_out, write_roles
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import Recipient
from credserv.records.directory import DirectoryUserRecord, DirectoryUserWish
from credserv.records.roles import RULING, Role


def directory_user(services: Services, user_id: str, *, lock: bool = False) -> DirectoryUserRecord:
    """lock: until the transaction ends. Raises NotFoundError."""
    found = services.store.directory.user(user_id, lock=lock)
    if found is None:
        raise NotFoundError("there is no such user")
    return found


def directory_users(services: Services, *, limit: int, offset: int) -> Sequence[DirectoryUserRecord]:
    """Oldest first."""
    return services.store.directory.users(limit=limit, offset=offset)


def count_users(services: Services) -> int:
    return services.store.directory.count_users()


def users_named(services: Services, user_name: str) -> Sequence[DirectoryUserRecord]:
    """In whatever case."""
    return services.store.directory.users_named(user_name)


def users_known_as(services: Services, external_id: str) -> Sequence[DirectoryUserRecord]:
    return services.store.directory.users_known_as(external_id)


def groups_of(
    services: Services, users: Sequence[DirectoryUserRecord]
) -> dict[str, list[tuple[str, str, str | None]]]:
    """Of each user the id, the name and the directory's own id of the groups they are in."""
    return services.store.directory.groups_of([one.id for one in users])


def add_user(
    services: Services, wish: DirectoryUserWish, *, actor: str, now: datetime
) -> DirectoryUserRecord:
    """Raises ConflictError for a user name that is taken, and for an address of somebody who is another user
    of the directory, an owner or an administrator."""
    with services.store.transaction():
        made = services.store.directory.add_user(wish, _membership(services, wish, now), now)
        _note(services, made, actor, now)
        _settle(services, made, actor, now)
    return directory_user(services, made.id)


def change_user(
    services: Services,
    user_id: str,
    change: Callable[[DirectoryUserRecord], DirectoryUserWish],
    *,
    actor: str,
    now: datetime,
) -> DirectoryUserRecord:
    """In place of what the directory said before. Who is one of the organisation's people stays that one,
    and keeps the addresses they had.

    change: what is to be, of what is there; of two at once, the later has what the earlier made. Raises
    NotFoundError, ConflictError as `add_user`, and what `change` raises.
    """
    with services.store.transaction():
        known = directory_user(services, user_id, lock=True)
        wish = change(known)
        membership_id = known.membership_id or _membership(services, wish, now)
        services.store.directory.change_user(user_id, wish, membership_id, now)
        changed = directory_user(services, user_id)
        _note(services, changed, actor, now)
        _settle(services, changed, actor, now)
    return changed


def remove_user(services: Services, user_id: str, *, actor: str, now: datetime) -> None:
    """They stay one of the organisation's people, with their badges. Raises NotFoundError, and ConflictError
    for the last owner."""
    with services.store.transaction():
        known = directory_user(services, user_id, lock=True)
        services.store.directory.remove_user(user_id)
        _note(services, known, actor, now)
        if known.membership_id is not None:
            _put_out(services, known.membership_id, actor, now)


def settle_roles(services: Services, user_ids: frozenset[str], *, actor: str, now: datetime) -> None:
    """Give them what their groups give now."""
    # All are locked before any role changes, which locks the organisation: as of those who change one user.
    users = [services.store.directory.user(user_id, lock=True) for user_id in sorted(user_ids)]
    for found in users:
        if found is not None and found.is_active:
            _settle(services, found, actor, now)


def roles_by_groups(services: Services, user: DirectoryUserRecord) -> frozenset[Role]:
    """A group is met by its name, or by the id that the directory gave it, as tokens have it."""
    login = services.store.staff.login()
    if login is None:
        return frozenset()
    groups = services.store.directory.groups_of([user.id]).get(user.id, [])
    return login.roles_of(frozenset(name for _, *names in groups for name in names if name))


def _membership(services: Services, wish: DirectoryUserWish, now: datetime) -> str | None:
    if wish.email is None:
        return None
    store = services.store
    known = store.members.find_by_email(wish.email)
    if known is None:
        return store.members.add(Recipient(email=wish.email, name=wish.name), now).id
    if store.colleagues.written_roles(known.id) & RULING:
        raise ConflictError(
            "this address is an owner's or administrator's, whom the directory does not manage"
        )
    if store.directory.user_of(known.id) is not None:
        raise ConflictError("this address is another user's")
    return known.id


def _settle(services: Services, user: DirectoryUserRecord, actor: str, now: datetime) -> None:
    if user.membership_id is None:
        return
    if not user.is_active:
        services.store.directory.set_given_roles(user.id, ())
        _put_out(services, user.membership_id, actor, now)
        return
    if services.store.staff.login() is None:
        return  # nobody says now which group gives which role: what groups gave stays (staff_login.py)
    wanted = roles_by_groups(services, user)
    accounts = services.store.staff.accounts_of(user.membership_id)
    by_accounts = frozenset[Role]().union(*(one.given_roles for one in accounts))
    before = user.given_roles | (wanted & by_accounts)  # the directory's from now on, which takes at once
    given = give_roles(services, user.membership_id, before, wanted, actor=actor, now=now)
    services.store.directory.set_given_roles(user.id, given)


def _put_out(services: Services, membership_id: str, actor: str, now: datetime) -> None:
    """No role, whoever gave it, and no session. Raises ConflictError for the last owner."""
    if services.store.colleagues.written_roles(membership_id):
        write_roles(services, membership_id, (), actor=actor, now=now)
    sign_out(services, membership_id)


def _note(services: Services, user: DirectoryUserRecord, actor: str, now: datetime) -> None:
    detail = {"is_active": user.is_active}
    services.store.audit.add(AuditRecord(now, actor, Action.DIRECTORY_USER, user.id, detail))
