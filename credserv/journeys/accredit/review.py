"""A grant that would not be made, were more known then, waits for a person; none is revoked by itself."""

from __future__ import annotations

from datetime import datetime

from credserv.journeys.accredit.deciding import find_life, locked, require_decider
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.lives import Life


def reviewed(services: Services, name: str, *, by: str, note: str, now: datetime) -> Life:
    """Somebody looked at it, and it stays as it is. Raises NotFoundError, ForbiddenError, InvolvedError."""
    with services.store.transaction():
        life = locked(services, name)
        require_decider(services, life.credential_id, by, now)
        services.store.accreditations.mark_for_review([life.credential_id], None)
        line = AuditRecord(now, by, Action.ACCREDITATION_REVIEWED, life.credential_id, {"note": note})
        services.store.audit.add(line)
    return find_life(services, life.credential_id)
