"""Roles as they are written down, by hand, or by the groups of an account or a directory.

What was given by hand, no group takes. An organisation keeps its last owner, whatever its groups say.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from datetime import datetime

from credserv.ground.errors import ConflictError
from credserv.journeys.services import Services
from credserv.records.access import SessionKind
from credserv.records.audit import Action, AuditRecord
from credserv.records.roles import Role


def write_roles(
    services: Services, membership_id: str, roles: Collection[Role], *, actor: str, now: datetime
) -> None:
    """In place of those that the member had. Raises NotFoundError, and ConflictError for the last owner."""
    services.store.colleagues.set_roles(membership_id, roles, services.today(now))
    detail = {"roles": sorted(role.value for role in roles)}
    line = AuditRecord(now, actor, Action.COLLEAGUE_ROLES_CHANGED, membership_id, detail)
    services.store.audit.add(line)


def sign_out(services: Services, membership_id: str) -> None:
    """Of the console, wherever they are in it."""
    member = services.store.roster.get(membership_id)
    if member is not None:
        services.store.access.end_sessions(member.person_id, SessionKind.ADMINISTRATOR)


def give_roles(
    services: Services, membership_id: str, before: Set[Role], wanted: Set[Role], *, actor: str, now: datetime
) -> frozenset[Role]:
    """Of the roles that groups gave a member before, those that they give now, in one transaction.

    Who loses one is signed out of the console, to come in anew. Returns which of the roles are by groups.
    """
    has = services.store.colleagues.written_roles(membership_id)
    by_hand = has - before
    after = by_hand | wanted
    try:
        if after != has:
            write_roles(services, membership_id, after, actor=actor, now=now)
    except ConflictError:  # the last owner
        after |= {Role.OWNER}
        if after != has:
            write_roles(services, membership_id, after, actor=actor, now=now)
    if has - after:
        sign_out(services, membership_id)
    return after - by_hand
