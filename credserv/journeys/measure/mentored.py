"""Figures about mentoring: across departments, and toward which role."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from credserv.journeys.accredit.session_figures import confirmed_sessions
from credserv.journeys.measure.population import Population
from credserv.journeys.services import Services
from credserv.outcomes.disclosure import Share
from credserv.outcomes.moves import position_at
from credserv.records.employment import JobChange, Spell
from credserv.records.mentoring import MentoringKind
from credserv.records.outcomes import FactKind


def across_departments(services: Services, found: Population, known: datetime) -> tuple[Share, int]:
    """Return the share of confirmed sessions between people of two departments at the time,
    and how many people took part.

    Only people who are counted and whose department was known are included.
    """
    store = services.store.employment
    spells: defaultdict[str, list[Spell]] = defaultdict(list)
    changes: defaultdict[str, list[JobChange]] = defaultdict(list)
    for spell in store.spells(known=known):
        spells[spell.membership_id].append(spell)
    for change in store.changes(known=known):
        changes[change.membership_id].append(change)

    def department(member: str, at: datetime) -> str | None:
        position = position_at(spells[member], changes[member], at, services.zone)
        return None if position is None else position.department

    sessions, across, people = 0, 0, set()
    for one in confirmed_sessions(services, cut=found.cut, known=known):
        pair = {one.mentor_id, one.mentee_id}
        units = [department(member, one.held_at or one.starts_at) for member in pair]
        if pair <= found.counted and None not in units:
            sessions, across = sessions + 1, across + (units[0] != units[1])
            people |= pair
    return Share(sessions, across), len(people)


@dataclass(frozen=True)
class Relations:
    """Mentors and mentees who met.

    Attributes:
        people: How many people took part.
        lasting: How many relations had two or more sessions.
        shadowing: How many sessions were spent watching the other at work.
    """

    people: int
    sessions: int
    lasting: Share
    shadowing: Share


def relations_of(services: Services, found: Population, known: datetime) -> Relations:
    """Return the relations by sessions that both sides confirmed, of people who are counted."""
    pairs: Counter[tuple[str, str]] = Counter()
    shadowing = 0
    for one in confirmed_sessions(services, cut=found.cut, known=known):
        if {one.mentor_id, one.mentee_id} <= found.counted:
            pairs[one.mentor_id, one.mentee_id] += 1
            shadowing += one.kind is MentoringKind.SHADOWING
    sessions = pairs.total()
    return Relations(
        len({member for pair in pairs for member in pair}),
        sessions,
        Share(len(pairs), sum(count > 1 for count in pairs.values())),
        Share(sessions, shadowing),
    )


def by_target_role(services: Services, found: Population) -> dict[str, Share]:
    """Return, by the role that cohorts lead to, who learns in them and who of those has started a pathway."""
    learners: defaultdict[str, set[str]] = defaultdict(set)
    for cohort in services.store.cohorts.list():
        if cohort.target_role and cohort.created_at <= found.cut:
            places = services.store.cohorts.places(cohort.id)
            learners[cohort.target_role] |= {one.mentee_id for one in places} & found.counted
    started = {one.membership_id for one in found.facts if one.kind is FactKind.STARTED}
    return {role: Share(len(of), len(of & started)) for role, of in sorted(learners.items())}
