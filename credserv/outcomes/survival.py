"""How long until something happened, for people some of whom are not there yet or left before.

A mean over those who are there would make any time look shorter, because it misses those who need long.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from scipy import stats

_EQUAL = 1e-12
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Wait:
    """A wait.

    Attributes:
        days: Until it happened, or until the person was last observed (happened: False).
    """

    days: float
    happened: bool


@dataclass(frozen=True)
class Survival:
    """Kaplan and Meier's estimate.

    Attributes:
        median: None if it was not reached, never 0.
        rmst: The restricted mean survival time up to `tau`.
        rmst_se: By Greenwood's variance.
    """

    n: int
    events: int
    median: float | None = None
    median_low: float | None = None
    median_high: float | None = None
    rmst: float | None = None
    rmst_se: float | None = None
    tau: float | None = None


@dataclass(frozen=True)
class Curve:
    """The curve.

    Attributes:
        times: When somebody got there or was last observed, ascending.
        shares: Of those not there yet, after each.
        low: The log-log band; None where it has none.
        high: The log-log band; None where it has none.
        at_risk: At each time.
        happened: At each time.
    """

    times: tuple[float, ...]
    shares: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    at_risk: tuple[int, ...]
    happened: tuple[int, ...]

    def at(self, time: float) -> float:
        place = bisect_right(self.times, time)
        return 1.0 if place == 0 else self.shares[place - 1]


def kaplan_meier(waits: Sequence[Wait]) -> Curve:
    """Return the curve of at least one wait."""
    found = stats.ecdf(
        stats.CensoredData(
            uncensored=[one.days for one in waits if one.happened],
            right=[one.days for one in waits if not one.happened],
        )
    ).sf
    times = tuple(float(one) for one in found.quantiles)
    shares = tuple(float(one) for one in found.probabilities)
    ended, events = sorted(one.days for one in waits), Counter(one.days for one in waits if one.happened)
    at_risk = tuple(len(ended) - bisect_left(ended, time) for time in times)
    happened = tuple(events[time] for time in times)
    low, high = zip(*_bands(shares, at_risk, happened), strict=True)
    return Curve(times, shares, low, high, at_risk, happened)


def survival(waits: Sequence[Wait], tau: float) -> Survival:
    """Return the estimate up to `tau`."""
    if not waits:
        return Survival(0, 0, tau=tau)
    curve = kaplan_meier(waits)
    return Survival(
        n=len(waits),
        events=sum(one.happened for one in waits),
        median=_first(curve, curve.shares),
        median_low=_first(curve, curve.low),
        median_high=_first(curve, curve.high),
        rmst=_area(curve, tau),
        rmst_se=_rmst_se(curve, tau),
        tau=tau,
    )


def rmst_difference(one: Survival, other: Survival) -> tuple[float, float, float] | None:
    """Return the difference in days and its interval; None if one has no estimate."""
    if one.rmst is None or other.rmst is None or one.rmst_se is None or other.rmst_se is None:
        return None
    days, half = one.rmst - other.rmst, _Z * math.hypot(one.rmst_se, other.rmst_se)
    return days, days - half, days + half


def _bands(
    shares: Sequence[float], at_risk: Sequence[int], happened: Sequence[int]
) -> list[tuple[float | None, float | None]]:
    """Return log(-log S) ± z·se, which stays between 0 and 1. Where S is 1 or 0 there is none."""
    found: list[tuple[float | None, float | None]] = []
    greenwood = 0.0
    for share, risk, events in zip(shares, at_risk, happened, strict=True):
        if events and risk > events:
            greenwood += events / (risk * (risk - events))
        if not _EQUAL < share < 1 - _EQUAL:
            found.append((None, None))
            continue
        half = _Z * math.sqrt(greenwood) / abs(math.log(share))
        found.append((share ** math.exp(half), share ** math.exp(-half)))
    return found


def _first(curve: Curve, values: Sequence[float | None]) -> float | None:
    """Return when half of them are there."""
    pairs = zip(curve.times, values, strict=True)
    return next((time for time, value in pairs if value is not None and value <= 0.5 + _EQUAL), None)


def _area(curve: Curve, end: float) -> float:
    points = [0.0, *(time for time in curve.times if 0 < time < end), end]
    return math.fsum((after - before) * curve.at(before) for before, after in pairwise(points))


def _rmst_se(curve: Curve, tau: float) -> float:
    """Return the standard error of the estimate.

    What libraries call its variance is often that of min(T, tau).
    """
    variance, area, end = 0.0, 0.0, tau
    rows = zip(curve.times, curve.shares, curve.at_risk, curve.happened, strict=True)
    for time, share, risk, events in reversed([row for row in rows if row[0] <= tau]):
        area, end = area + share * (end - time), time  # from then until tau
        if events and risk > events:
            variance += area**2 * events / (risk * (risk - events))
    return math.sqrt(variance)
