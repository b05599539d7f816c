"""Attack 120: who knows every published table and the rules works out what a small group did.

As an integer programme: every cell is a whole number that would be shown as it is, every total a sum of its
cells; a cell whose least and greatest value are one is found out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from credserv.outcomes.disclosure import (
    DIMENSIONS,
    FEW,
    PAIRS,
    Share,
    show_count,
    show_crossed,
    show_share,
    show_split,
)

Rows = Sequence[tuple[list[int], float, float]]  # cells that are summed, and between what the sum lies


def bounds_of(shown: str) -> tuple[float, float]:
    """Written out again: what an attacker reads in the published rule."""
    if shown == "0":
        return 0, 0
    return (1, 4) if shown == FEW else (max(5, int(shown) - 2), int(shown) + 2)


def found_out(shown: Sequence[str], sums: Rows) -> list[int]:
    """The cells that have one possible value, of those that do not say it themselves (0)."""
    size = len(shown)
    low, high = np.array([bounds_of(one) for one in shown]).T
    matrix = np.zeros((max(len(sums), 1), size))
    limits = [(-np.inf, np.inf)] if not sums else [(least, most) for _, least, most in sums]
    for row, (cells, _, _) in enumerate(sums):
        matrix[row, cells] = 1
    within = LinearConstraint(matrix, *np.array(limits).T)
    exact = []
    for cell in range(size):
        goal = np.zeros(size)
        goal[cell] = 1
        ends = [
            milp(sign * goal, constraints=within, bounds=Bounds(low, high), integrality=np.ones(size))
            for sign in (1, -1)
        ]
        assert all(end.success for end in ends)
        if round(ends[0].fun) == -round(ends[1].fun) and shown[cell] != "0":
            exact.append(cell)
    return exact


def people(seed: int, size: int = 500) -> list[dict[str, str]]:
    made = random.Random(seed)

    def pick(values: Iterable[tuple[str, float]]) -> str:
        names, weights = zip(*values, strict=True)
        return str(made.choices(names, weights)[0])

    return [
        {
            "group": pick([("a", 60), ("b", 35), ("c", 4), ("not said", 1)]),
            "site": pick([("North", 45), ("East", 35), ("South", 19), ("Harbour", 1)]),
            "language": pick([("de", 55), ("en", 35), ("tr", 8), ("pt", 2)]),
            "department": pick([("care", 40), ("sales", 35), ("it", 22), ("legal", 2), ("board", 1)]),
            "level_band": pick([("1-3", 50), ("4-6", 40), ("7-9", 9), ("10+", 1)]),
            "tenure_band": pick([("under 1 year", 30), ("1 to 3 years", 50), ("longer", 20)]),
            "took_part": pick([("yes", 40), ("no", 60)]),
        }
        for _ in range(size)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_attack_120_no_cell_of_a_published_table_is_found_by_subtraction(seed: int) -> None:
    firm = people(seed)
    for dimension in DIMENSIONS:
        counts = Counter(one[dimension] for one in firm)
        total = bounds_of(show_count(len(firm)))
        shown = [show_count(people) for people in counts.values()]
        assert found_out(shown, [(list(range(len(shown))), *total)]) == []
    for one, other in PAIRS:
        crossed = Counter((row[one], row[other]) for row in firm)
        shown_table = show_crossed(crossed)
        cells = [(site, language) for site in shown_table for language in shown_table[site]]
        shown = [shown_table[site][language] for site, language in cells]
        sums: list[tuple[list[int], float, float]] = [(list(range(len(cells))), *total)]
        for place, dimension in enumerate((one, other)):
            for name, count in Counter(row[dimension] for row in firm).items():
                inside = [number for number, cell in enumerate(cells) if cell[place] == name]
                sums.append((inside, *bounds_of(show_count(count))))
        assert found_out(shown, sums) == []


def test_attack_120_exact_totals_would_have_told() -> None:
    """The attack finds what there is to find: hidden cells under exact totals."""
    assert found_out([FEW, "35", "30"], [([0, 1, 2], 68, 68), ([1, 2], 65, 65)]) == [0]


def test_attack_120_a_rate_beside_rounded_counts_tells_no_small_one() -> None:
    fitting: dict[tuple[str | None, ...], set[tuple[int, int]]] = {}
    for n in range(20, 120):
        for took_part in range(n + 1):
            shown = show_share(Share(n, took_part))
            if shown["rate"] is not None:
                fitting.setdefault(tuple(shown.values()), set()).add((n, took_part))
    assert len(fitting) > 300
    assert show_share(Share(40, 15)) == {"n": "40", "took_part": "15", "rate": "38 %"}
    for (shown_people, shown_count, _), pairs in fitting.items():
        if shown_people in ("115", "120"):
            continue  # some that would be shown so lie beyond the range
        if all(min(count, people - count) >= 5 for people, count in pairs):
            continue
        assert len({people for people, _ in pairs}) > 1
        assert shown_count == "0" or len({count for _, count in pairs}) > 1


def test_attack_120_no_small_part_of_a_split_follows_from_the_others() -> None:
    """Of people who are each in one of three cells: who knows all that is shown, and even how many there are
    in all, tries every split."""
    for people in range(1, 56):
        fitting: dict[tuple[tuple[str, str | None], ...], list[tuple[int, int, int]]] = {}
        for one in range(people + 1):
            for other in range(people - one + 1):
                cells = (one, other, people - one - other)
                shown = show_split(dict(zip("abc", cells, strict=True)))
                fitting.setdefault(tuple(shown.values()), []).append(cells)
        for splits in fitting.values():
            for place in range(3):
                known = {split[place] for split in splits}
                assert len(known) > 1 or not 0 < min(known) < 5
