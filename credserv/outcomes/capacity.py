"""How far the mentors' time goes: the best plan for cohorts that each want some sessions.

Maximise the sum of value times sessions. Mentors give minutes only for what they can do, no cohort gets more
sessions than it wants, and sessions are whole. scipy.optimize.milp (HiGHS) finds the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from credserv.ground.errors import Fault, SchemaFaultsError

MAX_MENTORS, MAX_COHORTS, MAX_SCENARIOS = 500, 100, 3
_SECONDS = 20.0  # after this, the best plan so far counts, and says so


@dataclass(frozen=True)
class MentorTime:
    mentor: str
    can: frozenset[str]
    minutes: int


@dataclass(frozen=True)
class Wish:
    """What a cohort wants: so many sessions of so many minutes.

    Attributes:
        value: Of one session, relative to other cohorts'.
    """

    cohort: str
    needs: str
    sessions: int
    minutes: int
    value: float


@dataclass(frozen=True)
class Scenario:
    name: str
    mentors: tuple[MentorTime, ...]
    cohorts: tuple[Wish, ...]


@dataclass(frozen=True)
class Plan:
    """A plan.

    Attributes:
        sessions: By cohort.
        given: Minutes by mentor and cohort.
        is_best: Whether no other plan is better.
    """

    value: float
    sessions: Mapping[str, int]
    given: Mapping[tuple[str, str], int] = field(default_factory=dict)
    is_best: bool = True


def read_scenario(name: str, told: Mapping[str, Any], place: str = "") -> Scenario:
    """Read `mentors` {name: {can, minutes}} and `cohorts` {name: {needs, sessions, minutes, value}}.

    Raises:
        SchemaFaultsError: A value is not valid. The faults name the place.
    """
    mentors = tuple(
        MentorTime(one, frozenset(said["can"]), said["minutes"]) for one, said in told["mentors"].items()
    )
    cohorts = tuple(
        Wish(one, said["needs"], said["sessions"], said["minutes"], said["value"])
        for one, said in told["cohorts"].items()
    )
    many = {"mentors": (len(mentors), MAX_MENTORS), "cohorts": (len(cohorts), MAX_COHORTS)}
    faults = [
        Fault(f"{place}/{what}", f"1 to {most} of them")
        for what, (count, most) in many.items()
        if not 0 < count <= most
    ]
    if faults:
        raise SchemaFaultsError("this cannot be planned", faults=faults)
    return Scenario(name, mentors, cohorts)


def best_plan(scenario: Scenario) -> Plan:
    """Return the plan of largest value. Deterministic: the same question gives the same plan."""
    pairs = [
        (mentor, cohort)
        for mentor in scenario.mentors
        for cohort in scenario.cohorts
        if cohort.needs in mentor.can and cohort.minutes <= mentor.minutes and cohort.sessions
    ]
    if not pairs:
        return Plan(0.0, {cohort.cohort: 0 for cohort in scenario.cohorts})
    counts, is_best = _solve(scenario, pairs)
    sessions = {cohort.cohort: 0 for cohort in scenario.cohorts}
    given: dict[tuple[str, str], int] = {}
    value = 0.0
    for (mentor, cohort), count in zip(pairs, counts, strict=True):
        if count:
            sessions[cohort.cohort] += count
            given[mentor.mentor, cohort.cohort] = count * cohort.minutes
            value += count * cohort.value
    return Plan(value, sessions, given, is_best)


def _solve(scenario: Scenario, pairs: Sequence[tuple[MentorTime, Wish]]) -> tuple[list[int], bool]:
    """Return the sessions of each pair."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    mentors = {one.mentor: row for row, one in enumerate(scenario.mentors)}
    cohorts = {one.cohort: len(mentors) + row for row, one in enumerate(scenario.cohorts)}
    columns = range(len(pairs))
    rows = [mentors[mentor.mentor] for mentor, _ in pairs] + [cohorts[cohort.cohort] for _, cohort in pairs]
    takes = [float(cohort.minutes) for _, cohort in pairs] + [1.0] * len(pairs)
    shape = (len(mentors) + len(cohorts), len(pairs))
    limits = [one.minutes for one in scenario.mentors] + [one.sessions for one in scenario.cohorts]
    matrix = csr_array((takes, (rows, [*columns, *columns])), shape=shape)
    found = milp(
        c=np.array([-cohort.value for _, cohort in pairs]),
        constraints=LinearConstraint(matrix, ub=limits),
        integrality=np.ones(len(pairs)),
        bounds=Bounds(0, np.inf),
        options={"time_limit": _SECONDS, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return [0] * len(pairs), False
    return [round(count) for count in found.x], bool(found.status == 0)
