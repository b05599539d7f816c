"""People as an organisation's directory (SCIM) reports them: added, changed, deactivated and removed.

A person with an address becomes a member, or is one already; that alone lets nobody in. Roles come from
groups (directory_groups.py). Deactivating or removing a person takes their roles and sessions at once; only
the last owner stays, and the directory gets an error. The directory cannot take over an owner or
administrator by their address, because whoever has the directory's key could then decide about them.
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
    """Return a directory user.

    Args:
        lock: Whether to lock it until the transaction ends.

    Raises:
        NotFoundError: There is no such user.
    """
    found = services.store.directory.user(user_id, lock=lock)
    if found is None:
        raise NotFoundError("there is no such user")
    return found


def directory_users(services: Services, *, limit: int, offset: int) -> Sequence[DirectoryUserRecord]:
    """Return one page of users, oldest first."""
    return services.store.directory.users(limit=limit, offset=offset)


def count_users(services: Services) -> int:
    """Return how many users the directory has."""
    return services.store.directory.count_users()


def users_named(services: Services, user_name: str) -> Sequence[DirectoryUserRecord]:
    """Return the users with this name, ignoring case."""
    return services.store.directory.users_named(user_name)


def users_known_as(services: Services, external_id: str) -> Sequence[DirectoryUserRecord]:
    """Return the users with this id of the directory's own."""
    return services.store.directory.users_known_as(external_id)


def groups_of(
    services: Services, users: Sequence[DirectoryUserRecord]
) -> dict[str, list[tuple[str, str, str | None]]]:
    """Return the groups of each user: id, name and the directory's own id, by user id."""
    return services.store.directory.groups_of([one.id for one in users])


def add_user(
    services: Services, wish: DirectoryUserWish, *, actor: str, now: datetime
) -> DirectoryUserRecord:
    """Add a user.

    Raises:
        ConflictError: The user name is taken, or the address belongs to another directory user, an owner or
            an administrator.
    """
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
    """Replace what the directory said of a user. They stay the same member and keep their earlier addresses.

    Args:
        change: Returns the new state for the current one. If two changes come at once, the later one sees the
            earlier one's result.

    Raises:
        NotFoundError: There is no such user.
        ConflictError: As `add_user`.
        CredservError: Whatever `change` raises.
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
    """Remove a user. They stay a member and keep their badges.

    Raises:
        NotFoundError: There is no such user.
        ConflictError: They are the last owner.
    """
    with services.store.transaction():
        known = directory_user(services, user_id, lock=True)
        services.store.directory.remove_user(user_id)
        _note(services, known, actor, now)
        if known.membership_id is not None:
            _put_out(services, known.membership_id, actor, now)


def settle_roles(services: Services, user_ids: frozenset[str], *, actor: str, now: datetime) -> None:
    """Give users the roles that their groups give now."""
    # Lock all of them before any role changes, because a role change locks the organisation, as
    # the change of a single user does.
    users = [services.store.directory.user(user_id, lock=True) for user_id in sorted(user_ids)]
    for found in users:
        if found is not None and found.is_active:
            _settle(services, found, actor, now)


def roles_by_groups(services: Services, user: DirectoryUserRecord) -> frozenset[Role]:
    """Return the roles from a user's groups.

    A group matches by name or by the directory's id, which tokens use.
    """
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
        return  # no group gives roles now, so earlier ones stay (staff_login.py)
    wanted = roles_by_groups(services, user)
    accounts = services.store.staff.accounts_of(user.membership_id)
    by_accounts = frozenset[Role]().union(*(one.given_roles for one in accounts))
    # The directory's from now on, and it takes them back at once.
    before = user.given_roles | (wanted & by_accounts)
    given = give_roles(services, user.membership_id, before, wanted, actor=actor, now=now)
    services.store.directory.set_given_roles(user.id, given)


def _put_out(services: Services, membership_id: str, actor: str, now: datetime) -> None:
    """Remove every role and session of a member. Raises ConflictError for the last owner."""
    if services.store.colleagues.written_roles(membership_id):
        write_roles(services, membership_id, (), actor=actor, now=now)
    sign_out(services, membership_id)


def _note(services: Services, user: DirectoryUserRecord, actor: str, now: datetime) -> None:
    detail = {"is_active": user.is_active}
    services.store.audit.add(AuditRecord(now, actor, Action.DIRECTORY_USER, user.id, detail))
