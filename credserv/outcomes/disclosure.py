"""What of a number may be published, so that no cell can be found by subtraction.

As HESA and Ofqual publish: counts of people as 0, "fewer than 5" or the nearest 5, and every total rounded by
itself. Hiding small cells alone protects nothing, because they follow from exact totals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BASE = 5
FEW = f"fewer than {BASE}"
MEAN_NEEDS = 8
RATE_NEEDS = 20
HIGH_RATE, LOW_RATE = "more than 95 %", "fewer than 5 %"
COUNTED_NEEDS = 0.85  # of all, so that those counted may represent them
STANDS_FOR_FEW = "Who is counted may not stand for all."
DIMENSIONS = ("group", "department", "site", "language", "level_band", "tenure_band")
PAIRS = (("site", "language"),)  # at most two dimensions, and only these


@dataclass(frozen=True)
class Share:
    """A group of people: how many there are, and how many of them did it."""

    n: int
    took_part: int


def show_count(people: int) -> str:
    """Return a rounded count."""
    if people == 0:
        return "0"
    return FEW if people < BASE else str((2 * people + BASE) // (2 * BASE) * BASE)


def show_rate(count: int, of: int) -> str | None:
    """Return a rate in whole per cent, halves rounded up and extremes only as such; None with too few
    people.
    """
    if of < RATE_NEEDS:
        return None
    if 100 * count > 95 * of:
        return HIGH_RATE
    return LOW_RATE if 100 * count < 5 * of else f"{(200 * count + of) // (2 * of)} %"


def show_mean(mean: float | None, people: int, decimals: int = 1) -> str | None:
    """Return a mean; None with too few people, or without one."""
    return None if mean is None or people < MEAN_NEEDS else f"{mean:.{decimals}f}"


def show_share(share: Share) -> dict[str, str | None]:
    """Return n, took_part and rate.

    The rate is left out if, together with the rounded counts, it fits only one number and so reveals fewer
    than BASE people who did it, or did not. For example, 25, fewer than 5 and 13 % can only be 3 of 23 or 24,
    so 3. It may reveal larger numbers, which are no small cells.
    """
    shown: dict[str, str | None] = {
        "n": show_count(share.n),
        "took_part": show_count(share.took_part),
        "rate": show_rate(share.took_part, share.n),
    }
    few = min(share.took_part, share.n - share.took_part) < BASE
    if shown["rate"] is not None and few and _tells(shown):
        shown["rate"] = None
    return shown


def show_split(counts: Mapping[str, int]) -> dict[str, tuple[str, str | None]]:
    """Return count and rate for each of several cells that each person is in one of.

    It is empty if one cell has fewer than BASE people, because the others would reveal it with a total known
    from elsewhere.
    """
    if any(0 < count < BASE for count in counts.values()):
        return {}
    people = sum(counts.values())
    return {name: (show_count(count), show_rate(count, people)) for name, count in counts.items()}


def show_estimate(share: float, people: int, happened: int) -> str | None:
    """Return an estimated share of people not all of whom were observed to the end
    (Kaplan and Meier), like `show_rate`.

    It is left out if it happened to fewer than BASE, or to all but that few.
    """
    if people < RATE_NEEDS:
        return None
    if share > 0.95:
        return HIGH_RATE
    if share < 0.05:
        return LOW_RATE
    return None if min(happened, people - happened) < BASE else f"{int(100 * share + 0.5)} %"


def show_crossed(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, str]]:
    """Return each cell of two dimensions by itself."""
    found: dict[str, dict[str, str]] = {}
    for (one, other), people in sorted(counts.items()):
        found.setdefault(one, {})[other] = show_count(people)
    return found


def range_of(shown: str) -> range:
    """Return the numbers that a published count may stand for, as everybody can work out."""
    if shown == "0":
        return range(1)
    if shown == FEW:
        return range(1, BASE)
    middle = int(shown)
    return range(max(BASE, middle - BASE // 2), middle + BASE // 2 + 1)


def may_stand_for_all(counted: int, people: int) -> bool:
    """Return whether those counted may represent all."""
    return people > 0 and counted >= COUNTED_NEEDS * people


def _tells(shown: Mapping[str, str | None]) -> bool:
    """Return whether only one n, or only one count, would be shown like this.

    That nobody did it is shown anyway.
    """
    fitting = [
        (n, count)
        for n in range_of(str(shown["n"]))
        for count in range_of(str(shown["took_part"]))
        if count <= n and show_rate(count, n) == shown["rate"]
    ]
    counts = {count for _, count in fitting}
    return len({n for n, _ in fitting}) < 2 or (len(counts) < 2 and counts != {0})
