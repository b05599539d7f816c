"""Who is suggested as the fastest: only by evidence, and by how long alone."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from statistics import fmean

from credserv.outcomes.fastest_path import (
    FEWEST,
    Relation,
    compare_groups,
    fit,
    look_back,
    predict,
)
from credserv.outcomes.statistics import fisher_exact

START = datetime(2024, 1, 1, tzinfo=UTC)
CUT = START + timedelta(days=900)


def world(seed: int, effects: list[float], each: int) -> list[Relation]:
    """Relations of mentors, whose mentees take exp(effect) times as long; those that go on are cut off."""
    chance, found = random.Random(seed), []
    for number, effect in enumerate(effects):
        for _ in range(each):
            began = START + timedelta(days=chance.uniform(0, 850))
            days = math.exp(math.log(50) + effect + chance.gauss(0, 0.5))
            lasted = (CUT - began) / timedelta(days=1)
            found.append(Relation(f"m{number}", began, min(days, lasted), days <= lasted))
    return found


def test_where_mentors_do_not_differ_there_is_no_evidence() -> None:
    """Skewed times make the middle of all nearer to most than the mean, which is no merit of any mentor."""
    assert sum(look_back(world(seed, [0.0] * 6, 24)).is_there for seed in range(5)) == 0


def test_where_they_do_the_later_half_shows_it() -> None:
    found = look_back(world(3, [-0.8, -0.4, 0.0, 0.4, 0.8], 40))
    assert found.is_there
    assert (found.error or 0) < (found.error_of_average or 0)
    order = [one.mentor for one in predict(world(3, [-0.8, -0.4, 0.0, 0.4, 0.8], 40))]
    assert order == ["m0", "m1", "m2", "m3", "m4"]


def test_by_default_there_is_no_evidence_and_it_says_why() -> None:
    assert look_back([]).why.startswith("No evidence yet: 0 mentors have 8")
    few = world(1, [-2.0, 2.0], FEWEST)
    assert not look_back(few).is_there
    assert "are needed" in look_back(few).why


def test_a_mentor_with_few_finished_relations_is_never_suggested() -> None:
    done = [Relation("new", START, 5, True)] * (FEWEST - 1) + [Relation("new", START, 400, False)] * 5
    assert {one.mentor for one in predict([*world(2, [0.0, 0.0], 30), *done])} == {"m0", "m1"}


def test_what_still_goes_on_counts() -> None:
    """Of a mentor whose slow relations are the ones that still go on."""
    quick = [Relation("a", START + timedelta(days=n), 20, True) for n in range(10)]
    open_ones = [Relation("a", START + timedelta(days=n), 200, False) for n in range(10)]
    others = [Relation("b", START + timedelta(days=n), 40 + n, True) for n in range(20)]
    alone, with_open = fit([*quick, *others]), fit([*quick, *open_ones, *others])
    assert with_open.by_mentor["a"][0] > alone.by_mentor["a"][0] + 0.5


def test_few_are_drawn_further_toward_all_than_many() -> None:
    relations = [Relation("many", START, 14 + 4 * (n % 5), True) for n in range(60)]
    relations += [Relation("few", START, 14 + 16 * n, True) for n in range(2)]
    relations += [Relation(f"r{n % 6}", START, 30 + 17 * (n % 7), True) for n in range(120)]
    model = fit(relations)

    def kept(mentor: str) -> float:
        """How much of the distance to the middle is left."""
        own = fmean(math.log(one.days) for one in relations if one.mentor == mentor)
        return (model.middle - model.by_mentor[mentor][0]) / (model.middle - own)

    assert 0 < kept("few") < kept("many") < 1


def test_an_interval_holds_what_it_says() -> None:
    within = total = 0
    for seed in range(6):
        relations = world(seed, [-0.3, 0.0, 0.3], 60)
        told = {one.mentor: one for one in predict(relations)}
        for one in world(seed + 100, [-0.3, 0.0, 0.3], 60):
            if one.is_finished:
                total += 1
                within += told[one.mentor].low <= one.days <= told[one.mentor].high
    assert 0.74 < within / total < 0.86
    assert all("Drawn toward" in one.reason for one in told.values())


def test_fairness_tells_ranks_and_who_was_left() -> None:
    order = ["a", "b", "c", "d"]
    mentors = {"a": "de", "b": "de", "c": "en", "d": "en"}
    learners = {f"{place}": ("de", False) for place in range(20)}
    learners |= {f"e{place}": ("en", place < 12) for place in range(20)}
    german, english = compare_groups(order, mentors, learners, "language", fisher_exact)
    assert (german.own_rank, english.own_rank, german.rank) == (1.5, 3.5, 2.5)
    assert (english.unmatched, english.of) == (12, 20)
    assert english.chance == german.chance
    assert (english.chance or 1) < 0.001
