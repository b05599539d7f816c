"""What waits for a decider, and one case with everything found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.requirements import Finding, is_grantable
from credserv.accreditation.separation import involved
from credserv.accreditation.standing import Standing, State
from credserv.ground.errors import NotFoundError
from credserv.journeys.accredit.applications import COMPLETE, Looked, look
from credserv.journeys.accredit.case_file import name_of
from credserv.journeys.accredit.endorsements import JudgedEndorsement, judged
from credserv.journeys.accredit.parts import case_of
from credserv.journeys.accredit.renewal import renewal_findings
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord, EvidenceRecord
from credserv.records.cases import CaseRole
from credserv.records.lives import Life

PARTS = ("complete", "renewals", "reviews", "suspended", "others")
_RENEWABLE = (State.DUE, State.GRACE, State.LAPSED)


@dataclass(frozen=True)
class Renewable:
    """An accreditation whose renewal is due.

    Attributes:
        is_met: Whether it meets every requirement of the newest programme version.
    """

    life: Life
    standing: Standing
    is_met: bool


@dataclass(frozen=True)
class Waiting:
    """Everything that waits.

    Attributes:
        names: Names of members, by membership id.
        complete: Applications that lack nothing.
        others: Applications that still lack something.
    """

    complete: tuple[Looked, ...]
    others: tuple[Looked, ...]
    renewals: tuple[Renewable, ...]
    suspended: tuple[Life, ...]
    reviews: tuple[Life, ...]
    names: Mapping[str, str]


@dataclass(frozen=True)
class WaitingRow:
    """One case of `Waiting`, in a flat list.

    Attributes:
        part: One of PARTS.
        member: The member it is about.
        since: When it was applied for or began to stand so; None if not recorded.
    """

    part: str
    case: Looked | Renewable | Life
    credential_id: str
    programme_key: str
    member: str
    name: str
    since: datetime | None


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        names: Names of members, by membership id.
        renewal: What a further term requires; () if it is not time yet.
        part: The viewer's part in the case; None for none.
    """

    application: ApplicationRecord
    looked: Looked
    evidence: tuple[EvidenceRecord, ...]
    endorsements: tuple[JudgedEndorsement, ...]
    life: Life | None
    standing: Standing | None
    renewal: tuple[Finding, ...]
    names: Mapping[str, str]
    part: CaseRole | None

    @property
    def counting(self) -> int:
        return sum(one.counts for one in self.endorsements)

    @property
    def can_be_renewed(self) -> bool:
        return is_grantable(self.renewal)


def waiting(services: Services, now: datetime) -> Waiting:
    """Return what waits, oldest first in each part."""
    looked = [look(services, one, now=now) for one in services.store.applications.undecided()]
    standings = [(life, stands(life, now)) for life in services.store.accreditations.all()]
    renewals = tuple(
        Renewable(life, standing, is_grantable(renewal_findings(services, life, now)))
        for life, standing in standings
        if standing.state in _RENEWABLE and _is_in_time(life, now)
    )
    complete = tuple(one for one in looked if one.state == COMPLETE)
    others = tuple(one for one in looked if one.takes_evidence and one.state != COMPLETE)
    suspended = tuple(life for life, standing in standings if standing.state is State.SUSPENDED)
    reviews = tuple(life for life, _ in standings if life.record.to_review_since is not None)
    people = {one.application.membership_id for one in (*complete, *others)}
    shown = (*(one.life for one in renewals), *suspended, *reviews)
    people |= {life.record.membership_id for life in shown}
    names = {one: name_of(services, one) for one in people}
    return Waiting(complete, others, renewals, suspended, reviews, names)


def in_rows(found: Waiting) -> tuple[WaitingRow, ...]:
    """Return everything as rows, in the order of PARTS."""
    return tuple(_row(found, part, one) for part in PARTS for one in getattr(found, part))


def _row(found: Waiting, part: str, one: Looked | Renewable | Life) -> WaitingRow:
    if isinstance(one, Looked):
        record, since = one.application, one.application.applied_at
        return WaitingRow(
            part,
            one,
            record.credential_id,
            record.programme_key,
            record.membership_id,
            found.names[record.membership_id],
            since,
        )
    life = one.life if isinstance(one, Renewable) else one
    if isinstance(one, Renewable):
        began: datetime | None = one.standing.since
    else:
        began = life.open_hold.begins_at if life.open_hold else life.record.to_review_since
    return WaitingRow(
        part,
        one,
        life.credential_id,
        life.record.programme_key,
        life.record.membership_id,
        found.names[life.record.membership_id],
        began,
    )


def case(services: Services, credential_id: str, viewer: str, now: datetime) -> Case:
    """Return a case by the id of its badge, or by the id reserved for it.

    Args:
        viewer: The membership that looks at it.

    Raises:
        NotFoundError: There is no such case.
    """
    application = services.store.applications.of_credential(credential_id)
    if application is None:
        raise NotFoundError("there is no such case")
    life = services.store.accreditations.of_credential(credential_id)
    standing = None if life is None else stands(life, now)
    is_due = standing is not None and standing.state in _RENEWABLE
    evidence = services.store.applications.evidence(application.id)
    endorsed = judged(services, application, now)
    people = {application.membership_id, *(one.by for one in evidence), application.decided_by}
    people |= {one.record.endorser_id or "" for one in endorsed}
    if life is not None:
        people |= {term.decided_by for term in life.terms} | {hold.begun_by for hold in life.holds}
        people |= {hold.ended_by for hold in life.holds}
    return Case(
        application=application,
        looked=look(services, application, now=now),
        evidence=evidence,
        endorsements=endorsed,
        life=life,
        standing=standing,
        renewal=renewal_findings(services, life, now) if life is not None and is_due else (),
        names={one: name_of(services, one) for one in people if one},
        part=involved(case_of(services, credential_id), viewer, besides=CaseRole.DECIDER),
    )


def _is_in_time(life: Life, now: datetime) -> bool:
    """Return whether a renewal is still possible; those who lapsed long ago apply again."""
    return (now - life.newest.grace_end).days < 365
