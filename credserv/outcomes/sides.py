"""What is shown of 360-degree feedback, so that nobody can be identified by it.

A category with too few raters is left out entirely. Merging it into another would change that one's picture
and give it away. There is no mean and no total, because levels differ in more than size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from credserv.records.feedback_rounds import Category, RoundAnswer

FEWEST = 3  # our number; Glint and others use 3 to 5
# The person and their manager are known to be the speakers, and learn that before they answer.
ALONE = frozenset({Category.SELF, Category.MANAGER})
WORDS_FEWEST = 5


@dataclass(frozen=True)
class Side:
    """The feedback of one side.

    Attributes:
        levels: How many gave each level, lowest first.
        words: In an order that does not reveal who came when.
    """

    category: Category
    raters: int
    levels: Mapping[str, int]
    words: tuple[str, ...]

    @property
    def spread(self) -> tuple[str, str] | None:
        """Return the lowest and highest level given, instead of a mean, because
        differences are part of what people saw.

        None if only one person speaks.
        """
        given = tuple(self.levels)
        return (given[0], given[-1]) if self.raters > 1 else None


def sides_of(answers: Iterable[RoundAnswer], scale: Sequence[str] = ()) -> tuple[Side, ...]:
    """Return the sides that may be shown, by category.

    Args:
        scale: The levels, lowest first; levels that it no longer has come after them.
    """
    by_category: dict[Category, list[RoundAnswer]] = {one: [] for one in Category}
    for answer in answers:
        by_category[answer.category].append(answer)
    shown = [category for category, theirs in by_category.items() if _may_show(category, theirs)]
    return tuple(_side(category, by_category[category], scale) for category in shown)


def received(answers: Iterable[RoundAnswer]) -> int:
    """Return what counts for a requirement: how many other people answered, and nothing of what they said."""
    return len({one.rater_id for one in answers if one.category is not Category.SELF})


def _may_show(category: Category, answers: list[RoundAnswer]) -> bool:
    return _raters(answers) >= (1 if category in ALONE else FEWEST)


def _side(category: Category, answers: list[RoundAnswer], scale: Sequence[str]) -> Side:
    raters = _raters(answers)
    words = sorted(one.words for one in answers if one.words) if raters >= WORDS_FEWEST else ()
    given = Counter(one.level for one in answers)
    order = [*(level for level in scale if level in given), *sorted(given.keys() - set(scale))]
    return Side(category, raters, {level: given[level] for level in order}, tuple(words))


def _raters(answers: list[RoundAnswer]) -> int:
    return len({one.rater_id for one in answers})
