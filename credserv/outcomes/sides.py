"""What is shown of feedback from all sides, so that nobody is known by it.

A category with too few raters is left out entirely: neither shown nor rolled up into another, which would
change that one's picture and give itself away. There is no mean and no total: levels differ in more than
size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from credserv.records.feedback_rounds import Category, RoundAnswer

FEWEST = 3  # our number: Glint and others take 3 to 5
# A person and their manager are known to be the one who speaks, and are told so before they do.
ALONE = frozenset({Category.SELF, Category.MANAGER})
WORDS_FEWEST = 5


@dataclass(frozen=True)
class Side:
    """levels: how many gave each. words: in an order that tells nothing of who came when."""

    category: Category
    raters: int
    levels: Mapping[str, int]
    words: tuple[str, ...]


def sides_of(answers: Iterable[RoundAnswer]) -> tuple[Side, ...]:
    """By category, those alone that may be shown."""
    by_category: dict[Category, list[RoundAnswer]] = {one: [] for one in Category}
    for answer in answers:
        by_category[answer.category].append(answer)
    return tuple(
        _side(category, theirs) for category, theirs in by_category.items() if _may_show(category, theirs)
    )


def received(answers: Iterable[RoundAnswer]) -> int:
    """What counts for a requirement: how many other people answered, and nothing of what they said."""
    return len({one.rater_id for one in answers if one.category is not Category.SELF})


def _may_show(category: Category, answers: list[RoundAnswer]) -> bool:
    return _raters(answers) >= (1 if category in ALONE else FEWEST)


def _side(category: Category, answers: list[RoundAnswer]) -> Side:
    raters = _raters(answers)
    words = sorted(one.words for one in answers if one.words) if raters >= WORDS_FEWEST else ()
    return Side(category, raters, Counter(one.level for one in answers), tuple(words))


def _raters(answers: list[RoundAnswer]) -> int:
    return len({one.rater_id for one in answers})
