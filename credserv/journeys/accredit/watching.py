"""Warnings for the owner of a programme: rings, one person endorsing everybody, too few assessors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.programme import ASSESSOR, Programme
from credserv.accreditation.rings import find_rings, large_shares
from credserv.journeys.accredit.programmes import family_of
from credserv.journeys.services import Services

FEW = 2  # assessors per competency; with one more absent, nobody can be assessed


@dataclass(frozen=True)
class Watched:
    """What was found.

    Attributes:
        rings: Memberships that endorsed each other in a circle.
        shares: Memberships with their share of the endorsements.
        assessors: How many may assess each competency now.
    """

    rings: tuple[tuple[str, ...], ...]
    shares: tuple[tuple[str, float], ...]
    assessors: tuple[tuple[str, int], ...]

    @property
    def few(self) -> tuple[tuple[str, int], ...]:
        return tuple((name, number) for name, number in self.assessors if number <= FEW)

    @property
    def people(self) -> frozenset[str]:
        return frozenset({who for ring in self.rings for who in ring} | {who for who, _ in self.shares})


def watch(services: Services, programme: Programme, *, now: datetime) -> Watched:
    """Return what the owner of a programme should know."""
    pairs = services.store.applications.endorsed_pairs(programme.key)
    by_competency = assessors_in_force(services, programme, now=now)
    assessors = tuple(sorted((name, len(who)) for name, who in by_competency.items()))
    return Watched(find_rings(pairs), large_shares(pairs), assessors)


def assessors_in_force(
    services: Services, programme: Programme, *, now: datetime
) -> dict[str, frozenset[str]]:
    """Return who may assess now, by competency, for each competency with an applicant, holder or founder."""
    asked = programme.entitlement[ASSESSOR]
    keys = family_of(services, programme)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for life in services.store.accreditations.all():
        if life.record.programme_key not in keys:
            continue
        may = life.record.level >= asked.level and stands(life, now).state in asked.states
        for competency in life.record.competencies:
            found[competency] |= {life.record.membership_id} if may else set()
    for application in services.store.applications.undecided(programme.key):
        for competency in application.competencies:
            found.setdefault(competency, set())
    for founder in services.store.programmes.founders(programme.key):
        is_now = founder.appointed_at <= now < founder.until
        for competency in founder.competencies:
            found[competency] |= {founder.membership_id} if is_now else set()
    return {name: frozenset(who) for name, who in found.items()}
