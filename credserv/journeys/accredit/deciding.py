"""Who decides about an accreditation, and what every decision has in common.

A decision is made by a member who has the role and no other part in the case; a program says who it was.
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
    """By its client's reference or our id. Raises NotFoundError."""
    found = services.store.accreditations.find(name)
    if found is None:
        raise NotFoundError("there is no such accreditation")
    return found


def locked(services: Services, name: str) -> Life:
    """As it stands, which nobody changes until the transaction ends. Raises NotFoundError."""
    found = services.store.accreditations.lock(find_life(services, name).credential_id)
    if found is None:
        raise NotFoundError("there is no such accreditation")
    return found


def require_decider(services: Services, credential_id: str, member: str, now: datetime) -> None:
    """Raises ForbiddenError where they have not the role, InvolvedError where they have another part."""
    require_role(services, member, Permission.DECIDE, now)
    require_apart(services, credential_id, member, CaseRole.DECIDER)


def require_met(findings: tuple[Finding, ...], what: str) -> None:
    """Raises RequirementsOpenError with each that is open."""
    unmet = open_ones(findings)
    if unmet or not findings:
        faults = [Fault(one.requirement.place, _words(one)) for one in unmet]
        raise RequirementsOpenError(f"{what}: {len(unmet) or 'all'} of what is asked is open", faults=faults)


def _words(finding: Finding) -> str:
    told = (asked_words(finding.requirement), stands_words(finding), *left_out_words(finding))
    return "; ".join(words for words in told if words)


def require_same(is_same: bool) -> None:
    """Of a repeat under one reference. Raises ConflictError."""
    if not is_same:
        raise ConflictError("this reference was used before, for another decision: take another one")
