"""Whether somebody is entitled to endorse or assess, and whether they are too close to the applicant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from credserv.accreditation.entitlement import Founder, Held, NotEntitled, Wanted, judge_entitlement
from credserv.accreditation.life import history_of
from credserv.accreditation.programme import Programme
from credserv.journeys.accredit.programmes import family_of
from credserv.journeys.admit.persons import managers_of
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord, FounderRecord
from credserv.records.lives import Life
from credserv.records.people import MembershipRecord

_MET = ("mentee-of-applicant", "mentor-of-applicant")
_MANAGER = "line-manager-of-applicant"
ALSO_ENDORSER = "also-endorser"


@dataclass(frozen=True)
class Holders:
    """Everything that may entitle certain people under a programme."""

    members: Mapping[str, MembershipRecord]
    lives: tuple[Life, ...]
    founders: tuple[FounderRecord, ...]

    def why_not(
        self, membership_id: str, wanted: Wanted, day: date, *, at: datetime, known: datetime
    ) -> NotEntitled | None:
        """Return why a member is not entitled at an instant; None if they are.

        Args:
            day: The day of `at` in the organisation's time zone.
            at: The instant judged.
            known: The instant whose knowledge counts.
        """
        member = self.members.get(membership_id)
        if member is not None and member.has_left(day):
            return NotEntitled.LAPSED
        held = [
            Held(history_of(life), life.record.competencies, life.record.level)
            for life in self.lives
            if life.record.membership_id == membership_id
        ]
        founding = [
            Founder(one.appointed_at, one.until, one.competencies)
            for one in self.founders
            if one.membership_id == membership_id
        ]
        return judge_entitlement(held, founding, wanted, at=at, known=known)


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
    """Return why a member is not entitled to a role at an instant; None if they are.

    Args:
        at: The instant judged.
        known: The instant whose knowledge counts.
    """
    holders = read_holders(services, programme, [membership_id])
    wanted = wanted_for(programme, role, competency)
    return holders.why_not(membership_id, wanted, services.today(at), at=at, known=known)


def wanted_for(programme: Programme, role: str, competency: str) -> Wanted:
    """Return what a programme requires of a role for a competency."""
    asked = programme.entitlement[role]
    return Wanted(competency, asked.level, asked.states)


def read_holders(services: Services, programme: Programme, membership_ids: Collection[str]) -> Holders:
    """Read what may entitle these members, all at once, because weighing an application
    looks at each of its endorsers.
    """
    if not membership_ids:
        return Holders({}, (), ())
    ids, keys = sorted(membership_ids), family_of(services, programme)
    lives = services.store.accreditations.of_members(ids)
    return Holders(
        {one.id: one for one in services.store.roster.known(ids)},
        tuple(life for life in lives if life.record.programme_key in keys),
        services.store.programmes.founders(programme.key),
    )


def has_left(services: Services, membership_id: str, at: datetime) -> bool:
    """Return whether `at` is after the member's last day.

    Nobody is entitled by an organisation they have left.
    """
    member = services.store.roster.get(membership_id)
    return member is not None and member.has_left(services.today(at))


def conflict_of(
    services: Services, programme: Programme, applicant: str, other: str, known: datetime
) -> str | None:
    """Return the rule of the programme by which somebody is too close to the applicant, as
    known then; None if there is none.
    """
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
    """Return why an assessment does not count ("" if it does), and whether the
    reason is a conflict of interest.

    Args:
        received: When it arrived. The relationship at that time decides whether the assessor is impartial.
    """
    conflict = conflict_of(services, programme, application.membership_id, assessor, received)
    if conflict is None and ALSO_ENDORSER in programme.conflicts:
        also = assessor in services.store.applications.endorsers(application.id, received)
        conflict = ALSO_ENDORSER if also else None
    if conflict is not None:
        return conflict, True
    reason = why_not_entitled(services, programme, "assessor", assessor, competency, at=at, known=known)
    return ("" if reason is None else reason.value), False
