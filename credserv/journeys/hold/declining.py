"""A member's standing wish to be awarded nothing by an organisation.

Every order checks it in the transaction that reserves the credential (store/award/reservations.py), whichever
rule, client or colleague orders. The record of what the person did is kept anyway. What they request
themselves is issued: a corrected badge, or an accreditation they applied for.
"""

from __future__ import annotations

from datetime import datetime

from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.consents import Purpose, make_consent


def declines_since(services: Services, person_id: str) -> datetime | None:
    """Return since when a person declines; None if they do not, or are not a member."""
    member = services.store.members.of_person(person_id)
    return None if member is None else member.declines_since


def decline(services: Services, person_id: str, now: datetime) -> None:
    """Decline from now on. Safe to repeat.

    Raises:
        NotFoundError: The person is not a member.
    """
    with services.store.transaction():
        if declines_since(services, person_id) is not None:
            return
        services.store.members.decline(person_id, now)
        wish = make_consent(
            person_id,
            Purpose.NO_AWARDS,
            controller=services.issuer.did,
            reference=services.issuer.id,
            recipient=services.issuer.name,
            shown=(),
            now=now,
        )
        services.store.consents.give(wish)
        services.store.audit.add(AuditRecord(now, "holder", Action.AWARDS_DECLINED, person_id))


def allow_again(services: Services, person_id: str, now: datetime) -> None:
    """Allow awards again. What arrived meanwhile is judged with the next event, or when somebody retries it.

    Raises:
        NotFoundError: The person is not a member.
    """
    with services.store.transaction():
        if declines_since(services, person_id) is None:
            return
        services.store.members.decline(person_id, None)
        for known in services.store.consents.of_person(person_id):
            if known.purpose is Purpose.NO_AWARDS and known.reference == services.issuer.id:
                services.store.consents.end(known.id, now)
        services.store.audit.add(AuditRecord(now, "holder", Action.AWARDS_ALLOWED, person_id))
