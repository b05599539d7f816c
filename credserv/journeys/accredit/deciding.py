"""Who decides about an accreditation, and what all decisions have in common.

The decider is a member with the role and no other part in the case. A program says on whose behalf it acts.
"""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.requirements import Finding, open_ones
from credserv.accreditation.words import asked_words, left_out_words, stands_words
from credserv.ground.errors import ConflictError, Fault, NotFoundError, RequirementsOpenError
from credserv.journeys.accredit.parts import require_apart, require_role
from credserv.journeys.services import Services
from credserv.records.cases import CaseRole
from credserv.records.lives import Life
from credserv.records.roles import Permission


def find_life(services: Services, name: str) -> Life:
    """Return an accreditation by its client's reference or our id.

    Raises:
        NotFoundError: There is no such accreditation.
    """
    found = services.store.accreditations.find(name)
    if found is None:
        raise NotFoundError("there is no such accreditation")
    return found


def locked(services: Services, name: str) -> Life:
    """Return an accreditation, locked until the transaction ends.

    Raises:
        NotFoundError: There is no such accreditation.
    """
    found = services.store.accreditations.lock(find_life(services, name).credential_id)
    if found is None:
        raise NotFoundError("there is no such accreditation")
    return found


def require_decider(services: Services, credential_id: str, member: str, now: datetime) -> None:
    """Check that a member may decide about a case.

    Raises:
        ForbiddenError: They do not have the role.
        InvolvedError: They have another part in the case.
    """
    require_role(services, member, Permission.DECIDE, now)
    require_apart(services, credential_id, member, CaseRole.DECIDER)


def require_met(findings: tuple[Finding, ...], what: str) -> None:
    """Check that every finding is met.

    Raises:
        RequirementsOpenError: Some are not; its faults list them.
    """
    unmet = open_ones(findings)
    if unmet or not findings:
        faults = [Fault(one.requirement.place, _words(one)) for one in unmet]
        raise RequirementsOpenError(f"{what}: {len(unmet) or 'all'} of what is asked is open", faults=faults)


def _words(finding: Finding) -> str:
    told = (asked_words(finding.requirement), stands_words(finding), *left_out_words(finding))
    return "; ".join(words for words in told if words)


def require_same(is_same: bool) -> None:
    """Refuse a repeat that differs from the decision with the same reference.

    Raises:
        ConflictError: `is_same` is False.
    """
    if not is_same:
        raise ConflictError("this reference was used before, for another decision: take another one")
