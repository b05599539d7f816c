"""A grant that would not be made, were more known then, waits for a person; none is revoked by itself."""

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
    """Within the transaction that revokes. Marks those grants whose endorsements do not suffice any more;
    their ids."""
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
    """Within the transaction that upholds an appeal against a revocation: what fell short by it alone waits
    for nobody any more."""
    counted_for = services.store.accreditations.endorsed_by(overturned.record.membership_id)
    waiting = [life for life in counted_for if life.record.to_review_since is not None]
    enough = [life.credential_id for life in waiting if not _lacks(services, life, now)]
    services.store.accreditations.mark_for_review(enough, None)
    for credential_id in enough:
        detail = {"overturned": overturned.credential_id}
        line = AuditRecord(now, "service", Action.ACCREDITATION_REVIEWED, credential_id, detail)
        services.store.audit.add(line)


def reviewed(services: Services, name: str, *, by: str, note: str, now: datetime) -> Life:
    """Somebody looked at it, and it stays as it is; of one that waits for nobody nothing is noted. Raises
    NotFoundError, ForbiddenError, InvolvedError."""
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
    """By the version under which it was granted, as of then, as known now."""
    application = services.store.applications.find(life.record.application_id)
    if application is None:
        return False
    loaded = programme_version(services, application.programme_key, application.programme_version)
    found = findings_of(services, application, loaded, at=life.record.granted_at, known=now)
    return any(not one.is_met for one in found if asks_for_endorsements(one.requirement))


def asks_for_endorsements(requirement: Requirement) -> bool:
    """By itself, or in one of its routes."""
    return any(one.kind == _ENDORSEMENTS for one in flatten((requirement,)))
