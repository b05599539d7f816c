"""Roles that are not given by hand: by the groups of an account, or of a directory.

What was given by hand, no group takes. An organisation keeps its last owner, whatever its groups say.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from credserv.ground.errors import ConflictError
from credserv.journeys.services import Services
from credserv.records.access import SessionKind
from credserv.records.audit import Action, AuditRecord
from credserv.records.roles import Role


def give_roles(
    services: Services, membership_id: str, before: Set[Role], wanted: Set[Role], *, actor: str, now: datetime
) -> frozenset[Role]:
    """Of the roles that groups gave a member before, those that they give now, in one transaction.

    Who loses one is signed out of the console, to come in anew. Returns which of the roles are by groups.
    """
    store = services.store
    has = store.colleagues.written_roles(membership_id)
    by_hand = has - before
    after = by_hand | wanted
    if after != has:
        after = _set_roles(services, membership_id, after, now)
        detail = {"roles": sorted(role.value for role in after)}
        store.audit.add(AuditRecord(now, actor, Action.COLLEAGUE_ROLES_CHANGED, membership_id, detail))
    if has - after:
        member = store.roster.get(membership_id)
        assert member is not None  # noqa: S101 - whose roles were read above
        store.access.end_sessions(member.person_id, SessionKind.ADMINISTRATOR)
    return frozenset(after - by_hand)


def _set_roles(services: Services, membership_id: str, roles: Set[Role], now: datetime) -> frozenset[Role]:
    today = services.today(now)
    try:
        services.store.colleagues.set_roles(membership_id, roles, today)
    except ConflictError:  # the last owner
        roles = roles | {Role.OWNER}
        services.store.colleagues.set_roles(membership_id, roles, today)
    return frozenset(roles)
