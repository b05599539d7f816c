"""Gains, rates and their intervals: 95 % throughout, two-sided.

scipy computes what it knows; what it lacks (the gain of means, the rate ratio by person) is a formula here.
A figure that the data cannot carry is None, never 0.
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
    """From before to after, of the same people. normalised_gain: of the means (g); the mean of each one's own
    is biased. d_pre_hedges: in standard deviations of before, corrected for few people."""

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
    """Of one group from another. df: degrees of freedom (Welch–Satterthwaite), where there are any."""

    difference: float
    low: float | None = None
    high: float | None = None
    df: float | None = None


@dataclass(frozen=True)
class Person:
    """What one person did before and after: counts, and over how much (hours, pieces) they were counted."""

    count_before: float
    exposure_before: float
    count_after: float
    exposure_after: float


@dataclass(frozen=True)
class RateRatio:
    """before, after: count and exposure of all together."""

    people: int
    before: tuple[float, float]
    after: tuple[float, float]
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


def t_quantile(probability: float, df: float) -> float:
    return float(stats.t.ppf(probability, df))


def gain(pre: Sequence[float], post: Sequence[float], maximum: float | None) -> Gain:
    """pre, post: of the same people in the same order, on one scale up to `maximum`.

    An interval by Student's t: with the normal quantile it would cover 88 % of the time at five people.
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
    """With its interval by Student's t; none of one alone."""
    n = len(values)
    if n < 2:
        return Mean(n, values[0] if values else None)
    mean, half = fmean(values), t_quantile(_UPPER, n - 1) * stdev(values) / math.sqrt(n)
    return Mean(n, mean, mean - half, mean + half)


def difference_of_means(one: Sequence[float], other: Sequence[float]) -> Difference | None:
    """Welch's, which does not suppose that both spread alike. None where a group is empty."""
    if not one or not other:
        return None
    difference = fmean(one) - fmean(other)
    if min(len(one), len(other)) < 2 or stdev(one) + stdev(other) == 0:
        return Difference(difference)
    found = stats.ttest_ind(one, other, equal_var=False)
    bounds = found.confidence_interval(LEVEL)
    return Difference(difference, float(bounds.low), float(bounds.high), float(found.df))


def wilson(count: int, of: int) -> tuple[float, float] | None:
    """Where a share lies. None of nobody."""
    if of == 0:
        return None
    bounds = stats.binomtest(count, of).proportion_ci(LEVEL, method="wilson")
    return float(bounds.low), float(bounds.high)


def newcombe(count: int, of: int, other_count: int, other_of: int) -> Difference | None:
    """Of two shares (Newcombe 1998, method 10): the intervals of both, put together."""
    first, second = wilson(count, of), wilson(other_count, other_of)
    if first is None or second is None:
        return None
    one, other = count / of, other_count / other_of
    low = one - other - math.hypot(one - first[0], second[1] - other)
    high = one - other + math.hypot(first[1] - one, other - second[0])
    return Difference(one - other, low, high)


def fisher_exact(count: int, of: int, other_count: int, other_of: int) -> float:
    """How often chance alone sets two groups apart so far or further."""
    table = [[count, of - count], [other_count, other_of - other_count]]
    return float(stats.fisher_exact(table).pvalue)


def rate_ratio(people: Sequence[Person]) -> RateRatio:
    """After to before. What one person does clusters, so the spread is taken between people: an interval by
    counts (Poisson) would cover 57 to 59 % of the time. None where a count is 0, or of fewer than two."""
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
