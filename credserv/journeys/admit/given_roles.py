"""Roles as stored: given by hand, or by the groups of an account or a directory.

No group takes a role that was given by hand. An organisation keeps its last owner, whatever its groups say.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from datetime import datetime

from credserv.ground.errors import ConflictError
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.roles import Role


def write_roles(
    services: Services, membership_id: str, roles: Collection[Role], *, actor: str, now: datetime
) -> None:
    """Replace a member's roles.

    Raises:
        NotFoundError: There is no such member.
        ConflictError: They are the last owner.
    """
    services.store.colleagues.set_roles(membership_id, roles, services.today(now))
    detail = {"roles": sorted(role.value for role in roles)}
    line = AuditRecord(now, actor, Action.COLLEAGUE_ROLES_CHANGED, membership_id, detail)
    services.store.audit.add(line)


def sign_out(services: Services, membership_id: str) -> None:
    """Sign a member out of the console everywhere."""
    member = services.store.roster.get(membership_id)
    if member is not None:
        services.store.access.end_console_sessions(of=member.person_id)


def give_roles(
    services: Services, membership_id: str, before: Set[Role], wanted: Set[Role], *, actor: str, now: datetime
) -> frozenset[Role]:
    """Replace the roles that groups gave a member before with those they give now, in one transaction.

    A member who loses a role is signed out of the console and has to sign in again.

    Returns:
        The roles that are by groups.
    """
    has = services.store.colleagues.written_roles(membership_id)
    by_hand = has - before
    after = by_hand | wanted
    try:
        if after != has:
            write_roles(services, membership_id, after, actor=actor, now=now)
    except ConflictError:  # they are the last owner
        after |= {Role.OWNER}
        if after != has:
            write_roles(services, membership_id, after, actor=actor, now=now)
    if has - after:
        sign_out(services, membership_id)
    return after - by_hand
