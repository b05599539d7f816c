"""With whom people get there soonest, as far as anything shows it; without evidence, nothing is shown.

The duration of mentoring is analysed in log-days. Relations that still go on count for as long as they have
lasted; leaving them out would make slow mentors look fast. Each mentor's estimate is shrunk toward the
overall one, the more so the fewer relations they have. The only data used are with whom and how long.

A prediction is shown only if, for past relations, it would have been better than plain averages: the mean,
and the median of all, which is closer in most cases and says nothing of mentors.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist, fmean, stdev

FEWEST = 8  # finished relations of a mentor
MENTORS, TESTS = 2, 20
INTERVAL = 0.8
_ROUNDS, _REFITS = 40, 12
_ONE_SIDED = 1.645  # 95 %
_NORMAL = NormalDist()
_HALF = _NORMAL.inv_cdf(0.5 + INTERVAL / 2)
_DAY = timedelta(days=1)

Fisher = Callable[[int, int, int, int], float]


@dataclass(frozen=True)
class Relation:
    """A mentor and a mentee.

    Attributes:
        days: Until the mentee got there, or was last observed.
    """

    mentor: str
    started: datetime
    days: float
    is_finished: bool

    def as_known(self, at: datetime) -> Relation:
        lasted = (at - self.started) / _DAY
        known = self.is_finished and self.days <= lasted
        return self if known else Relation(self.mentor, self.started, min(self.days, lasted), False)


@dataclass(frozen=True)
class Model:
    """The model, in log-days.

    Attributes:
        middle: Of all.
        sigma: Between relations of one mentor.
        by_mentor: Shrunk toward the middle, with each one's uncertainty.
        finished: By mentor.
    """

    middle: float
    sigma: float
    by_mentor: Mapping[str, tuple[float, float]]
    finished: Mapping[str, int]


@dataclass(frozen=True)
class Prediction:
    """A prediction in days: the median, and the bounds low and high that contain INTERVAL of all."""

    mentor: str
    days: float
    low: float
    high: float
    finished: int
    reason: str


@dataclass(frozen=True)
class Evidence:
    """How good predictions were.

    Attributes:
        error: How far off they were on average, in days, for `tested` relations.
        error_of_average: The same for the plain average.
    """

    is_there: bool
    why: str
    tested: int = 0
    error: float | None = None
    error_of_average: float | None = None


def fit(relations: Sequence[Relation]) -> Model:
    """Fit by expectation maximisation; relations that go on count with their expected duration."""
    logs = [math.log(max(one.days, 0.5)) for one in relations]
    middle, sigma = fmean(logs), stdev(logs) if len(logs) > 1 else 1.0
    sigma = max(sigma, 0.05)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(relations):
        places[one.mentor].append(place)
    at = dict.fromkeys(places, middle)
    between = 0.0
    for _ in range(_ROUNDS):
        told = [
            (log, 0.0) if one.is_finished else _expected(log, at[one.mentor], sigma)
            for one, log in zip(relations, logs, strict=True)
        ]
        middle = fmean(value for value, _ in told)
        means = {mentor: fmean(told[place][0] for place in theirs) for mentor, theirs in places.items()}
        sigma, between = _spreads(told, places, means, middle)
        at = {
            mentor: middle + _weight(between, sigma, len(theirs)) * (means[mentor] - middle)
            for mentor, theirs in places.items()
        }
    uncertain = {
        mentor: math.sqrt(between * (1 - _weight(between, sigma, len(theirs))))
        for mentor, theirs in places.items()
    }
    finished = {
        mentor: sum(relations[place].is_finished for place in theirs) for mentor, theirs in places.items()
    }
    return Model(middle, sigma, {mentor: (at[mentor], uncertain[mentor]) for mentor in places}, finished)


def predict(relations: Sequence[Relation]) -> tuple[Prediction, ...]:
    """Return predictions for mentors with enough finished relations, shortest first.

    Show them only with their reason, and only if there is evidence.
    """
    if not relations:
        return ()
    model = fit(relations)
    found = [_prediction(model, mentor) for mentor, finished in model.finished.items() if finished >= FEWEST]
    return tuple(sorted(found, key=lambda one: (one.days, one.mentor)))


def look_back(relations: Sequence[Relation]) -> Evidence:
    """Return whether predictions would have beaten the plain average for the later half of finished
    relations, each by what was known when it began.
    """
    finished: defaultdict[str, int] = defaultdict(int)
    for one in relations:
        finished[one.mentor] += one.is_finished
    enough = sum(count >= FEWEST for count in finished.values())
    if enough < MENTORS:
        return Evidence(
            False,
            f"No evidence yet: {enough} mentors have {FEWEST} finished relations or more, and at least "
            f"{MENTORS} are needed to compare them.",
        )
    errors = _errors(sorted(relations, key=lambda one: one.started))
    if len(errors) < TESTS:
        return Evidence(
            False,
            f"No evidence yet: {len(errors)} relations could be tested, and at least {TESTS} are needed.",
            len(errors),
        )
    own, mean, middle = (fmean(one[place] for one in errors) for place in range(3))
    said = (
        f"for {len(errors)} relations the prediction was off by {own:.1f} days on average, "
        f"the plain average by {min(mean, middle):.1f}"
    )
    is_there = all(_is_better([one[place] - one[0] for one in errors]) for place in (1, 2))
    why = f"Tested on what happened: {said}." if is_there else f"No evidence yet: {said}. That may be chance."
    return Evidence(is_there, why, len(errors), own, min(mean, middle))


def _errors(relations: Sequence[Relation]) -> list[tuple[float, float, float]]:
    """Return the errors of the prediction, of the mean, and of the median of all, refitted from time to
    time.
    """
    later = [one for one in relations[len(relations) // 2 :] if one.is_finished]
    size = max(1, math.ceil(len(later) / _REFITS))
    errors = []
    for start in range(0, len(later), size):
        block = later[start : start + size]
        at = block[0].started
        known = [one.as_known(at) for one in relations if one.started < at]
        done = [one.days for one in known if one.is_finished]
        if not done:
            continue
        model, mean = fit(known), fmean(done)
        for one in block:
            if model.finished.get(one.mentor, 0) >= FEWEST:
                guesses = (math.exp(model.by_mentor[one.mentor][0]), mean, math.exp(model.middle))
                own, by_mean, by_middle = (abs(one.days - guess) for guess in guesses)
                errors.append((own, by_mean, by_middle))
    return errors


def _is_better(gains: Sequence[float]) -> bool:
    """Return whether the gain is more than chance."""
    return fmean(gains) > _ONE_SIDED * stdev(gains) / math.sqrt(len(gains))


def _prediction(model: Model, mentor: str) -> Prediction:
    at, uncertain = model.by_mentor[mentor]
    half = _HALF * math.hypot(model.sigma, uncertain)
    low, days, high = (math.exp(at + by) for by in (-half, 0.0, half))
    finished = model.finished[mentor]
    reason = (
        f"{finished} of their mentees got there; half of them within about {days:.0f} days, of all within "
        f"{math.exp(model.middle):.0f}. Drawn toward that of all, as {finished} are few."
    )
    return Prediction(mentor, days, low, high, finished, reason)


def _expected(log: float, at: float, sigma: float) -> tuple[float, float]:
    """Return how long a relation of this duration will last, and the uncertainty
    (a normal truncated from below).
    """
    z = (log - at) / sigma
    beyond = max(1.0 - _NORMAL.cdf(z), 1e-12)
    ratio = _NORMAL.pdf(z) / beyond
    return max(at + sigma * ratio, log), max(sigma**2 * (1 + z * ratio - ratio**2), 0.0)


def _spreads(
    told: Sequence[tuple[float, float]],
    places: Mapping[str, Sequence[int]],
    means: Mapping[str, float],
    middle: float,
) -> tuple[float, float]:
    """Return the deviation within a mentor's relations, and the variance between mentors.

    The latter is 0 if chance alone explains it (DerSimonian and Laird's moment estimate).
    """
    many, groups = len(told), len(places)
    within = sum(
        (told[place][0] - means[mentor]) ** 2 + told[place][1]
        for mentor, theirs in places.items()
        for place in theirs
    )
    variance = max(within / max(many - groups, 1), 0.0025)
    apart = sum(len(theirs) * (means[mentor] - middle) ** 2 for mentor, theirs in places.items())
    scale = many - sum(len(theirs) ** 2 for theirs in places.values()) / many
    between = max((apart - (groups - 1) * variance) / scale, 0.0) if scale > 0 else 0.0
    return math.sqrt(variance), between


def _weight(between: float, sigma: float, count: int) -> float:
    return between / (between + sigma**2 / count) if between > 0 else 0.0


# --- whether it treats groups alike -----------------------------------------------------------------


@dataclass(frozen=True)
class Fairness:
    """The comparison for one value of a trait.

    Attributes:
        own_rank: The mean place of its mentors in the order.
        rank: The mean place of all mentors.
        unmatched: How many of its learners in cohorts were left without a mentor.
        of: How many of its learners are in cohorts.
        chance: How often chance alone would set it so far apart from all others (Fisher).
    """

    trait: str
    value: str
    mentors: int
    own_rank: float | None
    rank: float | None
    unmatched: int
    of: int
    chance: float | None


def compare_groups(
    order: Sequence[str],
    mentors: Mapping[str, str],
    learners: Mapping[str, tuple[str, bool]],
    trait: str,
    fisher: Fisher,
) -> tuple[Fairness, ...]:
    """Compare groups.

    Args:
        order: Mentors as they would be suggested.
        mentors: The trait of each mentor.
        learners: The trait of each learner, and whether they were left without a mentor.
    """
    ranks = {mentor: place for place, mentor in enumerate(order, 1)}
    everybody = fmean(ranks.values()) if ranks else None
    left = sum(unmatched for _, unmatched in learners.values())
    found = []
    for value in sorted({*mentors.values(), *(value for value, _ in learners.values())}):
        own = [ranks[mentor] for mentor in order if mentors.get(mentor) == value]
        theirs = [unmatched for one, unmatched in learners.values() if one == value]
        others = len(learners) - len(theirs)
        apart = (sum(theirs), len(theirs), left - sum(theirs), others)
        chance = fisher(*apart) if theirs and others else None
        rank = fmean(own) if own else None
        found.append(Fairness(trait, value, len(own), rank, everybody, sum(theirs), len(theirs), chance))
    return tuple(found)
