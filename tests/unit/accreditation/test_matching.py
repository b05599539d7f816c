"""Matching: the shared vectors to the letter; the largest assignment, and what comes first in an order."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from credserv.accreditation.matching import Exclusion, Learner, Mentor, assign, find_exclusion, match
from credserv.accreditation.standing import State
from tests.testkit.shared import shared_path


@pytest.fixture(scope="module")
def vectors() -> Any:
    return json.loads(shared_path("accreditation/matching-vectors.json").read_text())


def mentors_of(vectors: Any) -> list[Mentor]:
    return [Mentor(**{**one, "state": State(one["state"])}) for one in vectors["mentors"]]


def learners_of(vectors: Any) -> list[Learner]:
    return [
        Learner(
            one["id"],
            one["needs"],
            one["languages"],
            one["minutes"],
            {one["line_manager"]: Exclusion.LINE_MANAGER} if "line_manager" in one else {},
        )
        for one in vectors["learners"]
    ]


def test_the_vectors_of_candidates_and_refusals(vectors: Any) -> None:
    found = {one.id: match(one, mentors_of(vectors)) for one in learners_of(vectors)}
    assert {known: [one.id for one in told.suggested] for known, told in found.items()} == vectors[
        "candidates"
    ]
    for learner, refused in vectors["refused"].items():
        told = {known: why.value for known, why in found[learner].excluded.items()}
        assert refused.items() <= told.items()


def test_the_vector_of_the_largest_assignment(vectors: Any) -> None:
    wanted = vectors["largest_assignment"]
    found = assign(learners_of(vectors), mentors_of(vectors))
    assert len(found) == wanted["matched"] > vectors["first_come_can_do_worse"]["matched"]
    assert (found["l1"], found["l2"]) == (wanted["l1"], wanted["l2"])
    assert len(found.keys() & set(wanted["either"])) == 1


FREE = Mentor("m", ["feedback"], ["en", "de"], 30, State.LIVE)
LEARNER = Learner("l", "feedback", ["de"], 30)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"state": State.GRACE}, None),
        ({"languages": ["DE"]}, None),
        ({"state": None}, Exclusion.NOT_IN_FORCE),
        ({"state": State.SUSPENDED, "competencies": []}, Exclusion.NOT_IN_FORCE),
        ({"competencies": ["planning"], "languages": []}, Exclusion.COMPETENCY),
        ({"languages": ["fr"], "free_minutes": 0}, Exclusion.LANGUAGE),
        ({"free_minutes": 29, "id": "l"}, Exclusion.NO_FREE_MINUTES),
        ({"id": "l"}, Exclusion.THE_SAME),
        ({"id": "boss"}, Exclusion.LINE_MANAGER),
    ],
)
def test_the_first_hard_filter_is_the_reason(changed: dict[str, Any], why: Exclusion | None) -> None:
    learner = Learner("l", "feedback", ["de"], 30, {"boss": Exclusion.LINE_MANAGER})
    assert find_exclusion(learner, Mentor(**{**vars(FREE), **changed})) is why


def test_the_order_is_by_when_then_by_experience_then_by_load() -> None:
    def mentor(known: str, until: int | None, relations: int = 0, load: float = 0.0) -> Mentor:
        told = {"minutes_until_free": until, "relations": relations, "load": load}
        return Mentor(**{**vars(FREE), "id": known, **told})

    mentors = [
        mentor("unknown", None, 99),
        mentor("late", 90, 99),
        mentor("busy", 15, 3, 0.5),
        mentor("idle", 15, 3, 0.1),
        mentor("new", 15),
    ]
    assert [one.id for one in match(LEARNER, mentors).suggested] == ["idle", "busy", "new", "late", "unknown"]


def worlds() -> list[tuple[list[Learner], list[Mentor]]]:
    """Small ones, each different: learners that ask for equal and for different lengths."""
    found = []
    for world in range(12):
        lengths = (30,) if world % 2 else (15, 30, 45)
        learners = [
            Learner(f"l{n}", "ab"[(n * world + n) % 2], ["en"], lengths[(n + world) % len(lengths)])
            for n in range(5)
        ]
        mentors = [
            Mentor(f"m{n}", ["a", "b", "ab"][(n + world) % 3], ["en"], 15 * ((n * 2 + world) % 5), State.LIVE)
            for n in range(3)
        ]
        found.append((learners, mentors))
    return found


@pytest.mark.parametrize(("learners", "mentors"), worlds())
def test_no_other_assignment_serves_more_and_nobody_gives_more_than_they_have(
    learners: list[Learner], mentors: list[Mentor]
) -> None:
    found = assign(learners, mentors)
    assert _fits(found, learners, mentors)
    best = 0
    for chosen in product([None, *(one.id for one in mentors)], repeat=len(learners)):
        tried = {one.id: known for one, known in zip(learners, chosen, strict=True) if known}
        if len(tried) > best and _fits(tried, learners, mentors):
            best = len(tried)
    assert len(found) == best


def _fits(found: dict[str, str], learners: list[Learner], mentors: list[Mentor]) -> bool:
    asked, given = {one.id: one for one in learners}, {one.id: one for one in mentors}
    taken = dict.fromkeys(given, 0)
    for learner, mentor in found.items():
        if find_exclusion(asked[learner], given[mentor]) is not None:
            return False
        taken[mentor] += asked[learner].minutes
    return all(taken[known] <= one.free_minutes for known, one in given.items())


def test_nobody_to_match_needs_no_solving() -> None:
    assert assign([LEARNER], [Mentor(**{**vars(FREE), "state": None})]) == {}
    assert assign([], [FREE]) == {}
