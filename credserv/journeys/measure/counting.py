"""Compute the published figures, in the worker, which alone imports what statistics need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.canonical_json import to_json
from credserv.ground.encoding import format_instant
from credserv.journeys.accredit.session_figures import barrier_figures, supply_figures
from credserv.journeys.measure.answering import answer_times
from credserv.journeys.measure.figures import (
    by_trait,
    crossed_of,
    errors_of,
    gains_of,
    shares_of,
    times_of,
)
from credserv.journeys.measure.mentored import across_departments, by_target_role, relations_of
from credserv.journeys.measure.metrics import metrics_of
from credserv.journeys.measure.mobility import mobility_figures, moved_by_member
from credserv.journeys.measure.more import more_figures
from credserv.journeys.measure.periods import quarter_before, quarters
from credserv.journeys.measure.population import Population, read_population
from credserv.journeys.services import Services
from credserv.outcomes import publishing
from credserv.outcomes.disclosure import (
    PAIRS,
    STANDS_FOR_FEW,
    Share,
    may_stand_for_all,
    show_count,
    show_crossed,
)
from credserv.outcomes.figure import NO_CAUSE, Figure, tell_figure
from credserv.outcomes.headcount import year_of
from credserv.outcomes.metrics import Metric, MetricKind, tell_metric
from credserv.outcomes.pairing import AFTER_WITHIN, DAY, first_of_each
from credserv.records.outcomes import WEEK, FactKind, ViewRecord

EVERY = timedelta(days=7)
WINDOWS = (30, 90, 180, 365)  # days after the start of a pathway


def count_due(services: Services, now: datetime) -> int:
    """Compute what is due with what is known now: requested restatements, the week's figures once a week, and
    quarters that are over and not frozen.

    Returns:
        How many were computed.
    """
    store, known = services.store.outcomes, quarters(services)
    due = [one for one in known if not one.figures]
    week = store.views(WEEK)
    if not week or now - week[0].computed_at >= EVERY:
        due = [ViewRecord(WEEK, 1, now, now, now, ""), *(one for one in known if one.frozen_at is None)]
        period, end = quarter_before(services, now)
        if all(one.period != period for one in known):
            due.append(ViewRecord(period, 1, end, now, now, ""))
    for one in due:
        figures = compute(services, cut=one.cut, known=now)
        store.put_view(replace(one, known=now, computed_at=now, figures=figures))
    return len(due)


def compute(services: Services, *, cut: datetime, known: datetime) -> str:
    """Compute what happened until `cut`, as known at `known`.

    Returns:
        JSON text, byte for byte the same on every run.
    """
    found = read_population(services, cut=cut, known=known)
    metrics = metrics_of(services, known)
    everybody, counted = len(found.everybody), len(found.counted)
    stands = may_stand_for_all(counted, everybody)
    one, other = PAIRS[0]
    told = {
        "cut": format_instant(cut),
        "known": format_instant(known),
        "people": show_count(everybody),
        "counted": show_count(counted),
        "not_counted": show_count(everybody - counted),
        "caution": "" if stands else STANDS_FOR_FEW,
        "metrics": {metric.key: tell_metric(metric) for metric in metrics},
        "figures": [
            tell_figure(figure)
            for metric in metrics
            if metric.shown
            for figure in _figures_of(services, found, known, metric)
        ],
        f"{one}_by_{other}": show_crossed(crossed_of(found, one, other)),
    }
    return to_json(told).decode()


def _figures_of(services: Services, found: Population, known: datetime, metric: Metric) -> Iterator[Figure]:
    match metric.kind:
        case MetricKind.GAIN:
            yield publishing.gain_figure(metric, gains_of(found, metric.pathway))
        case MetricKind.BEHAVIOUR:
            yield publishing.rate_figure(metric, list(_windows(found, metric)))
        case MetricKind.TEAM:
            times = times_of(found, metric.pathway, metric.tau_days)
            yield publishing.time_figure(metric, times)
            moved = mobility_figures(
                services, cut=found.cut, known=known, pathway=metric.credential, among=found.counted
            )
            yield publishing.moves_figure(metric, moved, year_of(found.cut, services.zone))
        case MetricKind.EQUITY:
            yield _equity(services, found, known, metric)
        case MetricKind.PARTICIPATION:
            yield publishing.share_figure(metric, _steps(found, metric.pathway))
        case MetricKind.SURVEY:
            yield publishing.survey_figure(metric, *_answers(found, metric.survey))
        case _:
            yield from _of_mentoring(services, found, known, metric)


def _of_mentoring(services: Services, found: Population, known: datetime, metric: Metric) -> Iterator[Figure]:
    match metric.kind:
        case MetricKind.SUPPLY:
            yield from publishing.supply_figures(metric, supply_figures(services, at=found.cut))
            yield publishing.barriers_figure(metric, barrier_figures(services, at=found.cut))
        case MetricKind.ACROSS:
            yield publishing.across_figure(metric, *across_departments(services, found, known))
        case MetricKind.RELATIONS:
            told = relations_of(services, found, known)
            yield from publishing.relations_figures(
                metric, told.people, told.sessions, told.lasting, told.shadowing
            )
        case MetricKind.ANSWERS:
            yield publishing.answers_figure(metric, answer_times(services, found))
        case MetricKind.TARGETS:
            yield publishing.share_figure(metric, by_target_role(services, found))
        case _:
            yield from more_figures(services, found, metric)


def _equity(services: Services, found: Population, known: datetime, metric: Metric) -> Figure:
    if metric.outcome != "moves":
        shares = shares_of(found, metric.dimension)
        return publishing.share_figure(metric, shares, publishing.gap_words(shares))
    year, moved = moved_by_member(services, cut=found.cut, known=known)
    shares = by_trait(found, metric.dimension, moved)
    figure = publishing.share_figure(metric, shares, [*publishing.gap_words(shares), NO_CAUSE])
    return replace(figure, unit=f"per cent who moved in {year}")


def _windows(found: Population, metric: Metric) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield each window, over the people observed for all of it; None (too early) if there is nobody."""
    asked = metric.pathway, metric.signal
    yield "All that was counted", errors_of(found, *asked, project=metric.project)
    starts = first_of_each(found.facts, FactKind.STARTED, metric.pathway)
    for days in WINDOWS:
        watched = {one for one, start in starts.items() if start.occurred_at + days * DAY <= found.cut}
        seen = found.only(watched)
        label = f"First {days} days"
        yield label, errors_of(seen, *asked, days * DAY, metric.project) if watched else None


def _steps(found: Population, pathway: str) -> dict[str, Share]:
    """Return who started, which of them completed, and which of those were seen using it within 90 days."""
    starts = first_of_each(found.facts, FactKind.STARTED, pathway)
    mastered = {
        member: fact
        for member, fact in first_of_each(found.facts, FactKind.MASTERED, pathway).items()
        if member in starts
    }
    seen = {
        one.membership_id
        for one in found.facts
        if one.kind is FactKind.OBSERVATION
        and one.about == pathway
        and one.membership_id in mastered
        and timedelta(0) <= one.occurred_at - mastered[one.membership_id].occurred_at <= AFTER_WITHIN
    }
    return {
        "Took part": Share(len(found.counted), len(starts)),
        "Completed": Share(len(starts), len(mastered)),
        "Applied within 90 days": Share(len(mastered), len(seen)),
    }


def _answers(found: Population, survey: str) -> tuple[list[float], float | None]:
    """Return each person's newest answer."""
    newest = {
        one.membership_id: one
        for one in found.facts
        if one.kind is FactKind.SURVEY and one.about == survey and one.score is not None
    }
    scales = {one.maximum for one in newest.values()}
    maximum = next(iter(scales)) if len(scales) == 1 else None
    return [one.score for one in newest.values() if one.score is not None], maximum
