"""How the accreditation behind one of our badges stands, for pages that show the badge and for checks."""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.accredited import (
    ITSELF,
    PASSED,
    REVOKED,
    SUSPENDED,
    Accredited,
    accredited_by_history,
    accredited_by_its_issuer,
)
from credserv.accreditation.life import stands
from credserv.ground.json_types import JsonObject
from credserv.issuing.living import is_living
from credserv.journeys.services import Services
from credserv.openbadges.display import CredentialHead
from credserv.records.achievements import AchievementKind
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.lives import Life

_STATUS = {CredentialState.REVOKED: REVOKED, CredentialState.SUSPENDED: SUSPENDED}


def own_accreditation(
    services: Services, own: CredentialRecord, document: JsonObject, head: CredentialHead, now: datetime
) -> Accredited | None:
    """Return the accreditation of a badge, or of a copy, that this organisation
    issued; None if it accredits nobody.

    It is judged by its terms and suspensions; a badge issued without a programme, by its dates.
    """
    order = own.order
    if is_living(order) and (life := life_of(services, own.id)) is not None:
        found = accredited_by_history(stands(life, now))
        if own.state is CredentialState.ACTIVE or not found.in_force:
            return found
        return Accredited(_STATUS[own.state], own.changed_at, False, found.renewal_due, ITSELF)
    achievement = services.store.achievements.get(order.achievement_key, order.achievement_version)
    if achievement is None or achievement.kind is not AchievementKind.MENTOR_ACCREDITATION:
        return None
    status = _STATUS.get(own.state, PASSED)
    return accredited_by_its_issuer(
        document, head.valid_from, head.valid_until, status=status, by=ITSELF, now=now
    )


def life_of(services: Services, face_id: str) -> Life | None:
    """Return the accreditation whose badge, or a copy of it, has this id."""
    copy = services.store.copies.get(face_id)
    return services.store.accreditations.of_credential(face_id if copy is None else copy.credential_id)
