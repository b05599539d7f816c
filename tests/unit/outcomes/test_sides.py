"""Feedback from all sides: what may be shown of it, so that nobody is known by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from credserv.outcomes.sides import received, sides_of
from credserv.records.feedback_rounds import Category, RoundAnswer

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def answers(category: Category, count: int, *, words: bool = True) -> list[RoundAnswer]:
    said = [f"word {count - one}" if words else "" for one in range(count)]
    return [
        RoundAnswer(f"{category}{one}", "r", f"{category} {one}", category, f"L{one % 2}", said[one], NOW)
        for one in range(count)
    ]


@pytest.mark.parametrize("category", [Category.PEER, Category.REPORT, Category.MENTEE])
def test_a_side_of_two_is_left_out_and_adds_to_no_other(category: Category) -> None:
    few = answers(category, 2)
    full = answers(Category.PEER if category is not Category.PEER else Category.REPORT, 4)
    assert sides_of([*few, *full]) == sides_of(full)
    (side,) = sides_of([*few, *full])
    assert (side.raters, sum(side.levels.values())) == (4, 4)
    assert [one.category for one in sides_of(answers(category, 3))] == [category]


def test_one_rater_who_answers_three_times_is_one() -> None:
    said = [RoundAnswer(str(one), "r", "same", Category.PEER, "L0", "", NOW) for one in range(3)]
    assert sides_of(said) == ()


@pytest.mark.parametrize("category", [Category.MANAGER, Category.SELF])
def test_a_manager_and_oneself_may_stand_alone_and_their_words_may_not(category: Category) -> None:
    (side,) = sides_of(answers(category, 1))
    assert (side.raters, side.words) == (1, ())


def test_words_are_shown_from_five_on_in_an_order_that_tells_nothing() -> None:
    (four,) = sides_of(answers(Category.PEER, 4))
    assert four.words == ()
    (five,) = sides_of(answers(Category.PEER, 5))
    assert five.words == tuple(f"word {one}" for one in range(1, 6))


def test_the_spread_between_raters_is_told_in_place_of_a_mean() -> None:
    scale = ["L1", "L0"]  # the lowest first, whatever their names
    (four,) = sides_of(answers(Category.PEER, 4), scale)
    assert (list(four.levels.items()), four.spread) == ([("L1", 2), ("L0", 2)], ("L1", "L0"))
    (alone,) = sides_of(answers(Category.MANAGER, 1), scale)
    assert alone.spread is None, "of one person there is none"
    alike = [RoundAnswer(str(one), "r", str(one), Category.PEER, "L0", "", NOW) for one in range(3)]
    assert [one.spread for one in sides_of(alike, scale)] == [("L0", "L0")]
    former = [RoundAnswer(str(one), "r", str(one), Category.PEER, f"old {one}", "", NOW) for one in range(3)]
    assert [one.spread for one in sides_of(former, scale)] == [("old 0", "old 2")]
    assert {name for name in vars(four) if name not in ("category", "raters", "levels", "words")} == set()


def test_for_a_requirement_it_is_so_many_received_and_nothing_else() -> None:
    said = [*answers(Category.PEER, 2), *answers(Category.SELF, 1), *answers(Category.MANAGER, 1)]
    assert received(said) == 3
