"""Who may take which part in a case: nobody takes two, and only holders of the role decide."""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.separation import involved
from credserv.ground.errors import ForbiddenError, InvolvedError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.cases import Case, CaseRole
from credserv.records.roles import PERMISSIONS, Permission


def case_of(services: Services, credential_id: str) -> Case:
    """Return the case of a badge, or of the application that reserves its id.

    Raises:
        NotFoundError: There is no such case.
    """
    found = services.store.cases.of_credential(credential_id)
    if found is None:
        raise NotFoundError("there is no such case")
    return found


def require_apart(services: Services, credential_id: str, member: str, taking: CaseRole) -> None:
    """Check that a member has no other part in a case.

    Args:
        member: The membership that is about to take a part.
        taking: That part.

    Raises:
        InvolvedError: They already have another part.
        NotFoundError: There is no such case.
    """
    _refuse(involved(case_of(services, credential_id), member, besides=taking))


def require_uninvolved(services: Services, credential_id: str, member: str) -> None:
    """Check that a member has had no part in a case, not even the same one.

    Raises:
        InvolvedError: They have had a part.
        NotFoundError: There is no such case.
    """
    _refuse(involved(case_of(services, credential_id), member))


def require_role(services: Services, member: str, needed: Permission, now: datetime) -> None:
    """Check that a member's roles include a permission.

    Raises:
        ForbiddenError: None of them does.
    """
    known = services.store.colleagues.get(member, services.today(now))
    if known is None or not known.may(needed):
        roles = " or ".join(role.value for role, allowed in PERMISSIONS.items() if needed in allowed)
        raise ForbiddenError(f"this requires the role {roles}, which they do not have")


def _refuse(had: CaseRole | None) -> None:
    if had is not None:
        part = "one who decided an appeal" if had is CaseRole.APPEAL else had.value
        raise InvolvedError(f"they are the {part} in this case: somebody else has to do it")
