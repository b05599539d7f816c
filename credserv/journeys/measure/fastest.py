"""With whom people get there soonest: the worker analyses past mentoring, and shows
results only with their evidence.

Only relations of people who allow it count. Nobody is assigned on this basis: a learner asks a mentor, and
the mentor accepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.accreditation.sessions import is_confirmed
from credserv.journeys.measure.agreeing import who_agreed
from credserv.journeys.services import Services
from credserv.outcomes.disclosure import show_count, show_rate
from credserv.outcomes.fastest_path import (
    Fairness,
    Fisher,
    Prediction,
    Relation,
    compare_groups,
    look_back,
    predict,
)
from credserv.records.consents import Purpose
from credserv.records.employment import OWN, Spell
from credserv.records.outcomes import FactKind

EVERY = timedelta(days=1)
NOT_LOOKED = "No evidence yet: nothing was looked at so far."
CAUTION = (
    "Who had which mentor was not left to chance: other causes are as likely. A person decides; nothing "
    "about anybody goes in but with whom and how long."
)
_FEWEST_MENTORS = 5  # per group, so that a rank does not identify anybody
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fastest:
    """What may be shown.

    Attributes:
        computed_at: None before the worker has run.
        evidence: As found.
        fairness: As found.
        suggestions: With the mentors' names; empty without evidence.
    """

    computed_at: datetime | None
    evidence: Mapping[str, Any]
    fairness: tuple[Mapping[str, Any], ...]
    suggestions: tuple[tuple[str | None, Prediction], ...]


def fastest_paths(services: Services, now: datetime) -> Fastest:
    """Return what may be shown: unless shown otherwise, that there is no evidence."""
    found = services.store.path_evidence.get()
    if found is None:
        return Fastest(None, {"is_there": False, "why": NOT_LOOKED, "tested": 0}, (), ())
    computed_at, told = found
    suggestions: tuple[tuple[str | None, Prediction], ...] = ()
    if told["evidence"]["is_there"]:
        suggestions = tuple(
            (_name(services, one.mentor), one) for one in predict(relations_until(services, now))
        )
    return Fastest(computed_at, told["evidence"], tuple(told["fairness"]), suggestions)


def look_for_paths(services: Services, now: datetime, fisher: Fisher) -> None:
    """Analyse past mentoring; the worker does this once a day.

    Args:
        fisher: Fisher's exact test, which needs more than a page may load.
    """
    known = services.store.path_evidence.get()
    if known is not None and timedelta(0) <= now - known[0] < EVERY:
        return
    relations = relations_until(services, now)
    if known is None and not relations:
        return
    evidence = look_back(relations)
    order = [one.mentor for one in predict(relations)] if evidence.is_there else []
    told = {"evidence": vars(evidence), "fairness": _fairness(services, order, relations, now, fisher)}
    services.store.path_evidence.put(told, now)


def relations_until(services: Services, cut: datetime) -> list[Relation]:
    """Return the relations of two people, from their first confirmed session until
    the learner has the competency.

    Somebody who left or has not got there counts for as long as the relation lasted.
    """
    agreed = who_agreed(services, Purpose.MATCHING, cut)
    begun: dict[tuple[str, str, str], datetime] = {}
    for session in services.store.mentoring.held_until(cut):
        pair = (session.mentor_id, session.mentee_id, session.competency)
        if {*pair[:2]} <= agreed and is_confirmed(session, cut):
            begun.setdefault(pair, session.held_at or session.starts_at)
    if not begun:
        return []
    mastered = _mastered(services, cut)
    ends = _ends(services.store.employment.spells(known=cut), cut)
    found = []
    for (mentor, mentee, competency), start in begun.items():
        at = next((one for one in mastered.get((mentee, competency), ()) if one > start), None)
        last = min(cut, *(one for who in (mentor, mentee) for one in ends.get(who, ()) if one > start), cut)
        is_finished = at is not None and at <= last
        days = ((at if at is not None and is_finished else last) - start) / _DAY
        if days > 0:
            found.append(Relation(mentor, start, days, is_finished))
    return found


def _mastered(services: Services, cut: datetime) -> dict[tuple[str, str], list[datetime]]:
    """Return when each person mastered each competency, earliest first."""
    found: dict[tuple[str, str], list[datetime]] = {}
    for fact in services.store.outcomes.facts(cut=cut, known=cut):
        if fact.kind is FactKind.MASTERED:
            for about in {fact.competency, fact.about} - {""}:
                found.setdefault((fact.membership_id, about), []).append(fact.occurred_at)
    return found


def _ends(spells: tuple[Spell, ...], cut: datetime) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for spell in spells:
        if spell.employer == OWN and spell.ended is not None and spell.ended <= cut:
            found.setdefault(spell.membership_id, []).append(spell.ended)
    return found


def _fairness(
    services: Services, order: list[str], relations: list[Relation], cut: datetime, fisher: Fisher
) -> list[dict[str, Any]]:
    """Return the comparison for each language and group, as it may be shown."""
    traits: dict[str, dict[str, str]] = {"language": {}, "group": {}}
    for spell in services.store.employment.spells(known=cut):
        if spell.employer == OWN:
            traits["language"][spell.membership_id] = spell.language or "not said"
            traits["group"][spell.membership_id] = spell.group or "not said"
    mentors = {one.mentor for one in relations}
    learners = {
        place.mentee_id: place.mentor_id is None
        for cohort in services.store.cohorts.list()
        for place in services.store.cohorts.places(cohort.id)
    }
    told = []
    for trait, values in traits.items():
        of_mentors = {one: values[one] for one in mentors if one in values}
        of_learners = {one: (values[one], left) for one, left in learners.items() if one in values}
        for line in compare_groups(order, of_mentors, of_learners, trait, fisher):
            told.append(_tell(line))
    return told


def _tell(one: Fairness) -> dict[str, Any]:
    """Return it by the publishing rules: rounded counts, ranks of enough mentors, shares of enough
    learners.
    """
    rate = show_rate(one.unmatched, one.of)
    has_rank = one.mentors >= _FEWEST_MENTORS and one.own_rank is not None
    return {
        "trait": one.trait,
        "value": one.value,
        "mentors": show_count(one.mentors),
        "own_rank": f"{one.own_rank:.1f}" if has_rank else None,
        "rank": f"{one.rank:.1f}" if has_rank and one.rank is not None else None,
        "learners": show_count(one.of),
        "unmatched": rate,
        "chance": f"{one.chance:.3f}" if rate is not None and one.chance is not None else None,
    }


def _name(services: Services, membership_id: str) -> str | None:
    found = services.store.roster.get(membership_id)
    return None if found is None else found.name
