"""Who may take which part in a case: nobody two of them, and a decision only who has that role."""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.separation import involved
from credserv.ground.errors import ForbiddenError, InvolvedError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.cases import Case, CaseRole
from credserv.records.roles import PERMISSIONS, Permission


def case_of(services: Services, credential_id: str) -> Case:
    """Of a badge, or of the application for which its id is reserved. Raises NotFoundError."""
    found = services.store.cases.of_credential(credential_id)
    if found is None:
        raise NotFoundError("there is no such case")
    return found


def require_apart(services: Services, credential_id: str, member: str, taking: CaseRole) -> None:
    """Raises InvolvedError where somebody has another part in the case already, NotFoundError.

    Args:
        member: the membership of who is about to take a part.
    """
    _refuse(involved(case_of(services, credential_id), member, besides=taking))


def require_uninvolved(services: Services, credential_id: str, member: str) -> None:
    """As `require_apart`, for who may have had no part before, be it the same."""
    _refuse(involved(case_of(services, credential_id), member))


def require_role(services: Services, member: str, needed: Permission, now: datetime) -> None:
    """Raises ForbiddenError where no role of a member covers it."""
    known = services.store.colleagues.get(member, services.today(now))
    if known is None or not known.may(needed):
        roles = " or ".join(role.value for role, allowed in PERMISSIONS.items() if needed in allowed)
        raise ForbiddenError(f"this takes the role {roles}, which they do not have")


def _refuse(had: CaseRole | None) -> None:
    if had is not None:
        part = "one who decided an appeal" if had is CaseRole.APPEAL else had.value
        raise InvolvedError(f"they are the {part} in this case: somebody else has to do it")
