"""Review of grants that would not be made with today's knowledge: a person looks at them;
none is revoked automatically.
"""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.programme import Requirement, flatten
from credserv.journeys.accredit.applications import findings_of
from credserv.journeys.accredit.deciding import find_life, locked, require_decider
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.lives import Life

_ENDORSEMENTS = "endorsements"


def review_after(services: Services, revoked: Life, now: datetime) -> tuple[str, ...]:
    """Mark the grants that no longer have enough endorsements, in the transaction that revokes.

    Returns:
        Their ids.
    """
    counted_for = services.store.accreditations.endorsed_by(revoked.record.membership_id)
    short = [
        life.credential_id
        for life in counted_for
        if life.record.to_review_since is None and _lacks(services, life, now)
    ]
    services.store.accreditations.mark_for_review(short, now)
    for credential_id in short:
        detail = {"revoked": revoked.credential_id}
        line = AuditRecord(now, "service", Action.ACCREDITATION_TO_REVIEW, credential_id, detail)
        services.store.audit.add(line)
    return tuple(short)


def review_again(services: Services, overturned: Life, now: datetime) -> None:
    """Clear the marks that rest on an overturned revocation alone, in the
    transaction that upholds the appeal.
    """
    counted_for = services.store.accreditations.endorsed_by(overturned.record.membership_id)
    waiting = [life for life in counted_for if life.record.to_review_since is not None]
    enough = [life.credential_id for life in waiting if not _lacks(services, life, now)]
    services.store.accreditations.mark_for_review(enough, None)
    for credential_id in enough:
        detail = {"overturned": overturned.credential_id}
        line = AuditRecord(now, "service", Action.ACCREDITATION_REVIEWED, credential_id, detail)
        services.store.audit.add(line)


def reviewed(services: Services, name: str, *, by: str, note: str, now: datetime) -> Life:
    """Record that a person looked at a marked grant and that it stays. Nothing happens if it is not marked.

    Args:
        by: The membership of that person.

    Raises:
        NotFoundError: There is no such accreditation.
        ForbiddenError: They do not have the role.
        InvolvedError: They have another part in the case.
    """
    with services.store.transaction():
        life = locked(services, name)
        require_decider(services, life.credential_id, by, now)
        if life.record.to_review_since is None:
            return life
        services.store.accreditations.mark_for_review([life.credential_id], None)
        line = AuditRecord(now, by, Action.ACCREDITATION_REVIEWED, life.credential_id, {"note": note})
        services.store.audit.add(line)
    return find_life(services, life.credential_id)


def _lacks(services: Services, life: Life, now: datetime) -> bool:
    """Return whether it falls short of the version it was granted under, as of then, as known now."""
    application = services.store.applications.find(life.record.application_id)
    if application is None:
        return False
    loaded = programme_version(services, application.programme_key, application.programme_version)
    found = findings_of(services, application, loaded, at=life.record.granted_at, known=now)
    return any(not one.is_met for one in found if asks_for_endorsements(one.requirement))


def asks_for_endorsements(requirement: Requirement) -> bool:
    """Return whether the requirement, or one of its routes, asks for endorsements."""
    return any(one.kind == _ENDORSEMENTS for one in flatten((requirement,)))
