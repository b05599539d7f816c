"""A person's own cases: what they were informed of, and what they may appeal against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.standing import Standing
from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.appeals import appeals_of
from credserv.journeys.accredit.grievances import Grievance, grievances
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.accreditation import AppealAbout, AppealRecord, ApplicationRecord
from credserv.records.audits import AuditedCase
from credserv.records.lives import Life


@dataclass(frozen=True)
class OwnCase:
    """A case as the person concerned sees it.

    Attributes:
        grievances: What may be appealed against now.
        told: Reasons, by what they are about.
    """

    application: ApplicationRecord
    programme: str
    standing: Standing | None
    grievances: tuple[Grievance, ...]
    told: tuple[tuple[AppealAbout, str], ...]
    appeals: tuple[AppealRecord, ...]

    @property
    def credential_id(self) -> str:
        return self.application.credential_id


def own_cases(services: Services, person_id: str, now: datetime) -> tuple[OwnCase, ...]:
    """Return a person's cases, newest first; none if they are not a member."""
    member = services.store.members.of_person(person_id)
    if member is None:
        return ()
    known = services.store.applications.of_member(member.id)
    return tuple(_case(services, one, now) for one in reversed(known))


def own_case(services: Services, person_id: str, credential_id: str, now: datetime) -> OwnCase:
    """Return one of a person's cases.

    Raises:
        NotFoundError: There is no such case, or it is somebody else's.
    """
    for one in own_cases(services, person_id, now):
        if one.credential_id == credential_id:
            return one
    raise NotFoundError("there is no such case of yours")


def _case(services: Services, application: ApplicationRecord, now: datetime) -> OwnCase:
    life = services.store.accreditations.of_credential(application.credential_id)
    audited = services.store.audits.of_credential(application.credential_id)
    version = application.programme_version
    appeals = appeals_of(services, application.credential_id)
    waits = any(one.decided_at is None for one in appeals)
    return OwnCase(
        application=application,
        programme=programme_version(services, application.programme_key, version).programme.name,
        standing=None if life is None else stands(life, now),
        grievances=() if waits else _possible(services, application, appeals, now),
        told=tuple(_told(application, life, audited)),
        appeals=appeals,
    )


def _possible(
    services: Services, application: ApplicationRecord, appeals: tuple[AppealRecord, ...], now: datetime
) -> tuple[Grievance, ...]:
    known = grievances(services, application)
    return tuple(one for one in known if now <= one.until and not one.was_heard(appeals))


def _told(
    application: ApplicationRecord, life: Life | None, audited: tuple[AuditedCase, ...]
) -> list[tuple[AppealAbout, str]]:
    """Return the reasons, which only the person sees."""
    found = []
    if life is None and application.reason:
        found.append((AppealAbout.REFUSAL, application.reason))
    if life is not None and life.open_hold is not None:
        found.append((AppealAbout.SUSPENSION, life.open_hold.reason))
    if life is not None and life.revocation is not None:
        found.append((AppealAbout.REVOCATION, life.revocation.reason))
    found += [(AppealAbout.AUDIT, case.note) for case in audited if case.note]
    return found
