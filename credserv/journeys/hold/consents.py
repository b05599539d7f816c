"""What a person agreed to, and its end.

Every use of a consent checks that it still stands, so nothing that waits outlives it.
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.journeys.hold.declining import allow_again
from credserv.journeys.hold.shares import end_share
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.consents import ConsentRecord, Purpose


def consents_of(services: Services, person_id: str) -> tuple[ConsentRecord, ...]:
    """Return a person's consents, newest first, ended ones included."""
    return services.store.consents.of_person(person_id)


def find_consent(services: Services, person_id: str, consent_id: str) -> ConsentRecord:
    """Return a consent of a person.

    Raises:
        NotFoundError: They have no such consent.
    """
    for one in consents_of(services, person_id):
        if one.id == consent_id:
            return one
    raise NotFoundError("there is no such consent")


def withdraw(services: Services, person_id: str, consent_id: str, now: datetime) -> None:
    """End what a consent allows, at once. Safe to repeat.

    Raises:
        NotFoundError: They have no such consent.
        ConflictError: What it allowed was sent already.
    """
    consent = find_consent(services, person_id, consent_id)
    match consent.purpose:
        case Purpose.TAKE:
            raise ConflictError("the badge went into the app: remove it there")
        case Purpose.ANSWER:
            raise ConflictError("it was sent, and cannot be called back: ask who has it to delete it")
        case Purpose.APP:
            with services.store.transaction():
                services.store.oauth.end_grant(consent.reference, now)
                line = AuditRecord(now, "holder", Action.APP_ENDED, consent.reference)
                services.store.audit.add(line)
        case Purpose.FACTS | Purpose.PROFILE:
            end_share(services, person_id, consent.reference, now)
        case Purpose.HOST:
            services.store.hosts.remove(person_id, consent.reference, now)
        case Purpose.NO_AWARDS:
            allow_again(services.beside(consent.reference), person_id, now)
        case Purpose.OUTCOMES | Purpose.REGISTER | Purpose.FEEDBACK | Purpose.MATCHING | Purpose.PROGRESS:
            with services.store.transaction():
                services.store.consents.end(consent.id, now)
                line = AuditRecord(now, "holder", Action.CONSENT_WITHDRAWN, consent.id)
                services.store.audit.add(line)
