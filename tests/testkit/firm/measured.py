"""Statistics as the rules define them, by hand; only quantiles are scipy's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from statistics import mean, stdev
from typing import Any

from scipy import stats

Z = float(stats.norm.ppf(0.975))


def t_quantile(freedom: float) -> float:
    return float(stats.t.ppf(0.975, freedom))


def gain(pairs: Sequence[tuple[float, float]], maximum: float) -> dict[str, Any]:
    """Of (pre, post)."""
    gains, count = [post - pre for pre, post in pairs], len(pairs)
    if count < 2:
        return {"n": count}
    average, spread = mean(gains), stdev(gains)
    half = t_quantile(count - 1) * spread / math.sqrt(count)
    pre = mean(one for one, _ in pairs)
    return {
        "n": count,
        "mean": average,
        "sd": spread,
        "low": average - half,
        "high": average + half,
        "pre": pre,
        "post": mean(one for _, one in pairs),
        "normalised_gain": average / (maximum - pre),
        "d_pre_hedges": (1 - 3 / (4 * (count - 1) - 1)) * average / stdev(one for one, _ in pairs),
    }


def welch(left: Sequence[float], right: Sequence[float]) -> dict[str, float]:
    a, b = stdev(left) ** 2 / len(left), stdev(right) ** 2 / len(right)
    freedom = (a + b) ** 2 / (a**2 / (len(left) - 1) + b**2 / (len(right) - 1))
    difference = mean(left) - mean(right)
    half = t_quantile(freedom) * math.sqrt(a + b)
    return {
        "difference": difference,
        "df": freedom,
        "low": difference - half,
        "high": difference + half,
    }


def survival(rows: Sequence[tuple[float, bool]], tau: float) -> dict[str, Any]:
    """Kaplan-Meier of (days, whether it came): the median with its log-log band, and the restricted mean."""
    times = sorted({time for time, came in rows if came})
    now, summed, curve, low, high, terms = Fraction(1), 0.0, [(0.0, 1.0)], None, None, []
    middle = None
    for time in times:
        risk = sum(one >= time for one, _ in rows)
        died = sum(one == time and came for one, came in rows)
        now *= Fraction(risk - died, risk)  # exact: whether half are there yet is not for rounding to say
        summed += died / (risk * (risk - died)) if risk > died else math.inf
        curve.append((time, float(now)))
        terms.append((time, died / (risk * (risk - died)) if risk > died else 0.0))
        lower, upper = _band(float(now), summed)
        middle = time if middle is None and 2 * now <= 1 else middle
        low = time if low is None and lower <= 0.5 else low
        high = time if high is None and upper <= 0.5 else high
    variance = sum(_area(curve, time, tau) ** 2 * term for time, term in terms if time <= tau)
    return {
        "n": len(rows),
        "events": sum(came for _, came in rows),
        "median": middle,
        "median_low": low,
        "median_high": high,
        "rmst": _area(curve, 0, tau),
        "rmst_se": math.sqrt(variance),
        "tau": tau,
    }


def _band(now: float, summed: float) -> tuple[float, float]:
    if now in (0.0, 1.0):
        return now, now
    by = Z * math.sqrt(summed) / math.log(now)
    return now ** math.exp(-by), now ** math.exp(by)


def _area(curve: Sequence[tuple[float, float]], begin: float, end: float) -> float:
    whole = 0.0
    for (time, level), (following, _) in zip(curve, [*curve[1:], (math.inf, 0.0)], strict=True):
        whole += level * max(0.0, min(following, end) - max(time, begin))
    return whole


def rate_ratio(people: Sequence[tuple[float, float, float, float]]) -> dict[str, Any]:
    """Of (events, exposure) before and after, of each person."""
    e1, x1, e2, x2 = (sum(one[place] for one in people) for place in range(4))
    ratio = (e2 / x2) / (e1 / x1)
    parts = [(d - e2 / x2 * c_) / e2 - (a - e1 / x1 * b) / e1 for a, b, d, c_ in people]
    count = len(people)
    half = t_quantile(count - 1) * math.sqrt(count / (count - 1) * sum(one**2 for one in parts))
    return {
        "people": count,
        "before": [e1, x1],
        "after": [e2, x2],
        "rate_ratio": ratio,
        "low_by_person": ratio * math.exp(-half),
        "high_by_person": ratio * math.exp(half),
    }
