"""Who may say so: whether somebody is entitled to endorse or assess, and whether they are too close."""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.entitlement import Founder, Held, NotEntitled, Wanted, judge_entitlement
from credserv.accreditation.life import history_of
from credserv.accreditation.programme import Programme
from credserv.journeys.accredit.programmes import family_of
from credserv.journeys.admit.persons import managers_of
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord

_MET = ("mentee-of-applicant", "mentor-of-applicant")
_MANAGER = "line-manager-of-applicant"
ALSO_ENDORSER = "also-endorser"


def why_not_entitled(
    services: Services,
    programme: Programme,
    role: str,
    membership_id: str,
    competency: str,
    *,
    at: datetime,
    known: datetime,
) -> NotEntitled | None:
    """None for somebody who is entitled to the role at an instant, as known at another."""
    if has_left(services, membership_id, at):
        return NotEntitled.LAPSED
    asked = programme.entitlement[role]
    keys = family_of(services, programme)
    held = [
        Held(history_of(life), life.record.competencies, life.record.level)
        for life in services.store.accreditations.of_members([membership_id])
        if life.record.programme_key in keys
    ]
    founding = [
        Founder(one.appointed_at, one.until, one.competencies)
        for one in services.store.programmes.founder_times(membership_id)
        if one.programme_key == programme.key
    ]
    wanted = Wanted(competency, asked.level, asked.states)
    return judge_entitlement(held, founding, wanted, at=at, known=known)


def has_left(services: Services, membership_id: str, at: datetime) -> bool:
    """Whether an instant is after somebody's last day: nobody is entitled by whom they left."""
    member = services.store.roster.get(membership_id)
    return member is not None and member.has_left(services.today(at))


def conflict_of(
    services: Services, programme: Programme, applicant: str, other: str, known: datetime
) -> str | None:
    """By which rule of the programme somebody is too close to the applicant, as known then; None for none."""
    if other == applicant:
        return "self"
    rules = programme.conflicts
    if any(rule in rules for rule in _MET) and services.store.mentoring.have_met(applicant, other, known):
        return next(rule for rule in _MET if rule in rules)
    if _MANAGER in rules and other in managers_of(services, applicant, known):
        return _MANAGER
    return None


def why_not_assess(
    services: Services,
    programme: Programme,
    application: ApplicationRecord,
    assessor: str,
    competency: str,
    *,
    at: datetime,
    received: datetime,
    known: datetime,
) -> tuple[str, bool]:
    """Why what an assessor saw does not count, "" where it does; and whether that is a conflict.

    received: when it came: what they were to each other then, is what makes them partial.
    """
    conflict = conflict_of(services, programme, application.membership_id, assessor, received)
    if conflict is None and ALSO_ENDORSER in programme.conflicts:
        also = assessor in services.store.applications.endorsers(application.id, received)
        conflict = ALSO_ENDORSER if also else None
    if conflict is not None:
        return conflict, True
    reason = why_not_entitled(services, programme, "assessor", assessor, competency, at=at, known=known)
    return ("" if reason is None else reason.value), False
