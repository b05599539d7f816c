"""Who may mentor whom: hard filters first, then an order with reasons; and the largest possible assignment.

Nothing here predicts. A learner sees why somebody is suggested, and a code for why somebody is not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from credserv.accreditation.standing import IN_FORCE, State

_NEVER = 60 * 24 * 365  # minutes: later than any free hour


class Exclusion(StrEnum):
    """Why somebody is not suggested, in the order of the checks; the value is the code."""

    NOT_IN_FORCE = "not in force"
    COMPETENCY = "another competency"
    LANGUAGE = "no common language"
    NO_FREE_MINUTES = "no free minutes"
    THE_SAME = "the same person"
    LINE_MANAGER = "line manager"
    DISPUTE = "an earlier dispute"


@dataclass(frozen=True)
class Mentor:
    """A mentor for matching.

    Attributes:
        free_minutes: Left to give.
        minutes_until_free: Until the first free hour; None if unknown.
        relations: How many people they mentored before.
        load: The share of their minutes that is taken, 0 to 1.
    """

    id: str
    competencies: Collection[str]
    languages: Collection[str]
    free_minutes: int
    state: State | None
    minutes_until_free: int | None = 0
    relations: int = 0
    load: float = 0.0


@dataclass(frozen=True)
class Learner:
    """A learner for matching.

    Attributes:
        conflicts: Ids of those who must not mentor them.
    """

    id: str
    needs: str
    languages: Collection[str]
    minutes: int
    conflicts: Mapping[str, Exclusion] = field(default_factory=dict)


@dataclass(frozen=True)
class Matches:
    """The result.

    Attributes:
        suggested: Best first.
        excluded: Why not, by id.
    """

    suggested: tuple[Mentor, ...]
    excluded: Mapping[str, Exclusion]


def find_exclusion(learner: Learner, mentor: Mentor) -> Exclusion | None:
    """Return the first hard filter that keeps this mentor from this learner."""
    if mentor.state not in IN_FORCE:
        return Exclusion.NOT_IN_FORCE
    if learner.needs not in mentor.competencies:
        return Exclusion.COMPETENCY
    if not common_languages(learner, mentor):
        return Exclusion.LANGUAGE
    if mentor.free_minutes < learner.minutes:
        return Exclusion.NO_FREE_MINUTES
    if mentor.id == learner.id:
        return Exclusion.THE_SAME
    return learner.conflicts.get(mentor.id)


def common_languages(learner: Learner, mentor: Mentor) -> list[str]:
    """Return them as the mentor writes them; tags ignore case (RFC 5646, 2.1.1)."""
    spoken = {one.casefold() for one in learner.languages}
    return sorted(one for one in mentor.languages if one.casefold() in spoken)


def match(learner: Learner, mentors: Sequence[Mentor]) -> Matches:
    """Return who may mentor the learner: who is free soonest first, then who has mentored most
    people, then who is least busy.
    """
    judged = {mentor.id: find_exclusion(learner, mentor) for mentor in mentors}
    suggested = sorted((one for one in mentors if judged[one.id] is None), key=_order)
    return Matches(tuple(suggested), {known: why for known, why in judged.items() if why is not None})


def assign(learners: Sequence[Learner], mentors: Sequence[Mentor]) -> dict[str, str]:
    """Return the mentor of each learner of a cohort who gets one.

    The assignment maximises the number of learners, then the minutes, then how high mentors stand in each
    learner's order. No mentor gives more than they have free. It is solved in whole numbers if the session
    lengths differ, and as an assignment of equal places if they do not.
    """
    ranked = [[one.id for one in match(learner, mentors).suggested] for learner in learners]
    lengths = {learner.minutes for learner in learners}
    if not any(ranked):
        return {}
    solve = _assign_places if len(lengths) == 1 else _assign_minutes
    return solve(learners, mentors, ranked)


def _order(mentor: Mentor) -> tuple[int, int, float, str]:
    until = _NEVER if mentor.minutes_until_free is None else mentor.minutes_until_free
    return until, -mentor.relations, mentor.load, mentor.id


def _assign_places(
    learners: Sequence[Learner], mentors: Sequence[Mentor], ranked: Sequence[Sequence[str]]
) -> dict[str, str]:
    """Assign a place for each session that a mentor has free; learners left
    over get a place that is nobody's.
    """
    from scipy.optimize import linear_sum_assignment

    places = [
        one.id
        for one in mentors
        for _ in range(min(max(one.free_minutes, 0) // learners[0].minutes, len(learners)))
    ]
    nobody = len(learners) * (len(mentors) + 1)  # worse than any order of all the others
    ranks = [{known: rank for rank, known in enumerate(order)} for order in ranked]
    costs = [[rank.get(place, nobody) for place in places] + [nobody] * len(learners) for rank in ranks]
    rows, columns = linear_sum_assignment(costs)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return {learners[row].id: places[column] for row, column in chosen if costs[row][column] < nobody}


def _assign_minutes(
    learners: Sequence[Learner], mentors: Sequence[Mentor], ranked: Sequence[Sequence[str]]
) -> dict[str, str]:
    """Assign in two rounds, so that no weight has to outweigh another: how many, then which."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    pairs = [(row, known) for row, order in enumerate(ranked) for known in order]
    rooms = {mentor.id: place for place, mentor in enumerate(mentors)}
    minutes = [learners[row].minutes for row, _ in pairs]
    count, every = len(pairs), range(len(pairs))
    once = csr_array(
        ([1] * count, ([row for row, _ in pairs], every)), shape=(len(learners), count), dtype=float
    )
    taken = csr_array(
        (minutes, ([rooms[known] for _, known in pairs], every)), shape=(len(mentors), count), dtype=float
    )
    limits = [
        LinearConstraint(once, ub=1),
        LinearConstraint(taken, ub=[max(mentor.free_minutes, 0) for mentor in mentors]),
    ]
    whole = {"integrality": [1] * count, "bounds": Bounds(0, 1), "options": {"mip_rel_gap": 0.0}}
    most = milp([-1] * count, constraints=limits, **whole)
    wanted = round(-most.fun)
    worth = len(learners) * (len(mentors) + 1)
    costs = [ranked[row].index(known) - worth * learners[row].minutes for row, known in pairs]
    all_of_them = LinearConstraint([[1] * count], lb=wanted)
    best = milp(costs, constraints=[*limits, all_of_them], **whole)
    return {
        learners[row].id: known
        for (row, known), taken_up in zip(pairs, best.x, strict=True)
        if taken_up > 0.5
    }
