"""An organisation's figures, unrounded, from what was reported: for computing, never for a page.

`publishing` decides what is published of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any, TypeVar

from credserv.journeys.measure.population import Population, read_population
from credserv.journeys.services import Services
from credserv.outcomes.disclosure import PAIRS, Share, show_count, show_crossed, show_share
from credserv.outcomes.pairing import Pair, Span, find_counts, find_pairs, find_spans, most_used
from credserv.outcomes.statistics import Gain, difference_of_means, gain, rate_ratio
from credserv.outcomes.survival import Survival, Wait, rmst_difference, survival
from credserv.records.outcomes import FactKind

ONBOARDING, QUALITY, TAU_DAYS = "onboarding", "quality", 120.0
_SITE, _LANGUAGE = PAIRS[0]

T = TypeVar("T", Pair, Span)


def people_figures(services: Services, *, cut: datetime, known: datetime | None = None) -> dict[str, int]:
    """Return the numbers of people."""
    found = read_population(services, cut=cut, known=known)
    everybody, counted = len(found.everybody), len(found.counted)
    return {"ever_at_firm": everybody, "counted": counted, "not_counted": everybody - counted}


def mastery_gain_figures(
    services: Services, *, cut: datetime, known: datetime | None = None, pathway: str = ONBOARDING
) -> dict[str, Any]:
    """Return the gain in mastery through a pathway."""
    return gains_of(read_population(services, cut=cut, known=known), pathway)


def time_to_competency_figures(
    services: Services,
    *,
    cut: datetime,
    known: datetime | None = None,
    pathway: str = ONBOARDING,
    tau: float = TAU_DAYS,
) -> dict[str, Any]:
    """Return the time to competency of a pathway.

    Args:
        tau: The time horizon in days.
    """
    return times_of(read_population(services, cut=cut, known=known), pathway, tau)


def errors_figures(
    services: Services,
    *,
    cut: datetime,
    known: datetime | None = None,
    pathway: str = QUALITY,
    signal: str = "",
) -> dict[str, Any]:
    """Return the errors before and after a pathway.

    Args:
        signal: Which signal; "" for any.
    """
    return errors_of(read_population(services, cut=cut, known=known), pathway, signal)


def published_figures(
    services: Services, *, cut: datetime, known: datetime | None = None
) -> dict[str, dict[str, Any]]:
    """Return `published`, as text by the publishing rules, and `unsuppressed`, which no page shows."""
    found = read_population(services, cut=cut, known=known)
    groups, crossed = shares_of(found, "group"), crossed_of(found, _SITE, _LANGUAGE)
    left = len(found.everybody) - len(found.counted)
    exact: dict[str, dict[str, int]] = {}
    for (site, language), people in sorted(crossed.items()):
        exact.setdefault(site, {})[language] = people
    return {
        "published": {
            "group": {name: show_share(share) for name, share in groups.items()},
            "site_by_language": show_crossed(crossed),
            "not_counted": show_count(left),
        },
        "unsuppressed": {
            "group": {
                name: {"n": share.n, "took_part": share.took_part, "rate": share.took_part / share.n}
                for name, share in groups.items()
            },
            "site_by_language": exact,
            "not_counted": left,
        },
    }


# --- of a population ------------------------------------------------------------------------------


def gains_of(found: Population, pathway: str) -> dict[str, Any]:
    """Return the gain in mastery of a population."""
    pairs, alone = find_pairs(found.facts, pathway)
    pairs = most_used(pairs)
    groups = by_mentoring(pairs)
    gains = {name: [one.post - one.pre for one in group] for name, group in groups.items()}
    between = difference_of_means(gains["mentored"], gains["not_mentored"])
    return {
        **{name: _tell_gain(group) for name, group in groups.items()},
        "difference": None
        if between is None
        else {
            "difference": between.difference,
            "df": between.df,
            "low": between.low,
            "high": between.high,
        },
        "pre_without_post": alone,
    }


def times_of(found: Population, pathway: str, tau: float) -> dict[str, Any]:
    """Return the time to competency of a population; `tau` is the time horizon in days."""
    spans = find_spans(found.facts, pathway, found.ends, found.cut)
    groups = {name: survival(_waits(group), tau) for name, group in by_mentoring(spans).items()}
    between = rmst_difference(groups["mentored"], groups["not_mentored"])
    completed = [one.days for one in spans if one.happened]
    return {
        **{name: _tell_survival(told) for name, told in groups.items()},
        "naive_mean_of_completers": fmean(completed) if completed else None,
        "rmst_difference": None
        if between is None
        else dict(zip(("days", "low", "high"), between, strict=True)),
    }


def errors_of(
    found: Population, pathway: str, signal: str, within: timedelta | None = None, project: str = ""
) -> dict[str, Any]:
    """Return the errors of a population before and after a pathway."""
    told = rate_ratio(find_counts(found.facts, pathway, signal, project=project, within=within))
    return {
        "people": told.people,
        "before": [_whole(one) for one in told.before],
        "after": [_whole(one) for one in told.after],
        "rate_ratio": told.ratio,
        "low_by_person": told.low,
        "high_by_person": told.high,
    }


def shares_of(found: Population, dimension: str) -> dict[str, Share]:
    """Return, for each value of a dimension, who is counted and who of them has started a pathway."""
    took_part = {one.membership_id for one in found.facts if one.kind is FactKind.STARTED}
    return by_trait(found, dimension, {one: one in took_part for one in found.counted})


def by_trait(found: Population, dimension: str, did: Mapping[str, bool]) -> dict[str, Share]:
    """Return, for each value of a dimension, who is counted and who of them did it.

    Args:
        did: Whether each person did it, for those of whom it is known.
    """
    names = {one: found.everybody[one].traits[dimension] for one in did.keys() & found.counted}
    people = Counter(names.values())
    of_them = Counter(name for one, name in names.items() if did[one])
    return {name: Share(people[name], of_them[name]) for name in sorted(people)}


def crossed_of(found: Population, one: str, other: str) -> Mapping[tuple[str, str], int]:
    """Return how many people have each combination of two dimensions' values."""
    traits = (found.everybody[member].traits for member in found.counted)
    return Counter((of[one], of[other]) for of in traits)


def by_mentoring(all_of_them: list[T]) -> dict[str, list[T]]:
    """Split people into those with and without a mentor."""
    return {
        "all": all_of_them,
        "mentored": [one for one in all_of_them if one.mentored is True],
        "not_mentored": [one for one in all_of_them if one.mentored is False],
    }


def _tell_gain(pairs: list[Pair]) -> dict[str, Any]:
    maximum = pairs[0].scale[1] if pairs else None
    told: Gain = gain([one.pre for one in pairs], [one.post for one in pairs], maximum)
    return dict(vars(told))


def _waits(spans: Iterable[Span]) -> list[Wait]:
    return [Wait(one.days, one.happened) for one in spans]


def _tell_survival(told: Survival) -> dict[str, Any]:
    return dict(vars(told))


def _whole(number: float) -> float:
    return int(number) if float(number).is_integer() else number
