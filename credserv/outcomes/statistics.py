"""Gains, rates and their intervals, all two-sided 95 %.

scipy computes what it has; the gain of means and the rate ratio by person are formulas here. A figure that
the data do not support is None, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy import stats

LEVEL = 0.95
_UPPER = 1 - (1 - LEVEL) / 2


@dataclass(frozen=True)
class Gain:
    """The gain of the same people.

    Attributes:
        normalised_gain: Of the means (g), because the mean of individual ones is biased.
        d_pre_hedges: In standard deviations of before, corrected for small samples.
    """

    n: int
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    pre: float | None = None
    post: float | None = None
    normalised_gain: float | None = None
    d_pre_hedges: float | None = None


@dataclass(frozen=True)
class Mean:
    n: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """The difference of two groups.

    Attributes:
        df: Degrees of freedom (Welch–Satterthwaite), if there are any.
    """

    difference: float
    low: float | None = None
    high: float | None = None
    df: float | None = None


@dataclass(frozen=True)
class Person:
    """What one person did before and after: counts, and the exposure over which
    they were counted (hours, pieces).
    """

    count_before: float
    exposure_before: float
    count_after: float
    exposure_after: float


@dataclass(frozen=True)
class RateRatio:
    """A ratio of rates.

    Attributes:
        before: Count and exposure of all together.
        after: Count and exposure of all together.
    """

    people: int
    before: tuple[float, float]
    after: tuple[float, float]
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


def t_quantile(probability: float, df: float) -> float:
    """Return a quantile of Student's t."""
    return float(stats.t.ppf(probability, df))


def gain(pre: Sequence[float], post: Sequence[float], maximum: float | None) -> Gain:
    """Return the gain with an interval by Student's t.

    The normal quantile would cover only 88 % at five people.

    Args:
        pre: On one scale up to `maximum`.
        post: Of the same people in the same order.
    """
    n = len(pre)
    if n == 0:
        return Gain(0)
    each = [after - before for before, after in zip(pre, post, strict=True)]
    mean, before = fmean(each), fmean(pre)
    room = None if maximum is None else maximum - before
    normalised = mean / room if room is not None and room > 0 else None
    if n == 1:
        return Gain(1, mean, pre=before, post=fmean(post), normalised_gain=normalised)
    sd, spread = stdev(each), stdev(pre)
    half = t_quantile(_UPPER, n - 1) * sd / math.sqrt(n)
    hedges = (1 - 3 / (4 * (n - 1) - 1)) * mean / spread if spread > 0 else None
    return Gain(n, mean, sd, mean - half, mean + half, before, fmean(post), normalised, hedges)


def mean_of(values: Sequence[float]) -> Mean:
    """Return a mean with its interval by Student's t; a single value has none."""
    n = len(values)
    if n < 2:
        return Mean(n, values[0] if values else None)
    mean, half = fmean(values), t_quantile(_UPPER, n - 1) * stdev(values) / math.sqrt(n)
    return Mean(n, mean, mean - half, mean + half)


def difference_of_means(one: Sequence[float], other: Sequence[float]) -> Difference | None:
    """Return Welch's difference, which does not assume equal variances; None if a group is empty."""
    if not one or not other:
        return None
    difference = fmean(one) - fmean(other)
    if min(len(one), len(other)) < 2 or stdev(one) + stdev(other) == 0:
        return Difference(difference)
    found = stats.ttest_ind(one, other, equal_var=False)
    bounds = found.confidence_interval(LEVEL)
    return Difference(difference, float(bounds.low), float(bounds.high), float(found.df))


def wilson(count: int, of: int) -> tuple[float, float] | None:
    """Return the interval of a share; None without people."""
    if of == 0:
        return None
    bounds = stats.binomtest(count, of).proportion_ci(LEVEL, method="wilson")
    return float(bounds.low), float(bounds.high)


def newcombe(count: int, of: int, other_count: int, other_of: int) -> Difference | None:
    """Return the difference of two shares (Newcombe 1998, method 10), which combines the intervals of
    both.
    """
    first, second = wilson(count, of), wilson(other_count, other_of)
    if first is None or second is None:
        return None
    one, other = count / of, other_count / other_of
    low = one - other - math.hypot(one - first[0], second[1] - other)
    high = one - other + math.hypot(first[1] - one, other - second[0])
    return Difference(one - other, low, high)


def fisher_exact(count: int, of: int, other_count: int, other_of: int) -> float:
    """Return how often chance alone sets two groups this far apart or further."""
    table = [[count, of - count], [other_count, other_of - other_count]]
    return float(stats.fisher_exact(table).pvalue)


def rate_ratio(people: Sequence[Person]) -> RateRatio:
    """Return the ratio of after to before; None if a count is 0, or with fewer than two people.

    What one person does is clustered, so the variance is taken between people. An interval by counts
    (Poisson) would cover only 57 to 59 %.
    """
    n = len(people)
    e1, x1 = sum(p.count_before for p in people), sum(p.exposure_before for p in people)
    e2, x2 = sum(p.count_after for p in people), sum(p.exposure_after for p in people)
    found = RateRatio(n, (e1, x1), (e2, x2))
    if n < 2 or min(e1, x1, e2, x2) <= 0:
        return found
    r1, r2 = e1 / x1, e2 / x2
    parts = (
        (p.count_after - r2 * p.exposure_after) / e2 - (p.count_before - r1 * p.exposure_before) / e1
        for p in people
    )
    half = t_quantile(_UPPER, n - 1) * math.sqrt(n / (n - 1) * sum(part**2 for part in parts))
    ratio = r2 / r1
    return RateRatio(n, found.before, found.after, ratio, ratio * math.exp(-half), ratio * math.exp(half))
