"""Figures beyond the built-in ones: what lasts, what people set out to do, and money."""

from __future__ import annotations

from collections.abc import Iterator

from credserv.journeys.measure.experiences import experiences_of
from credserv.journeys.measure.growing import criteria_of, targets_of, views_of
from credserv.journeys.measure.lasting import kept_of, leaving_of
from credserv.journeys.measure.population import Population
from credserv.journeys.services import Services
from credserv.outcomes.figure import Figure
from credserv.outcomes.metrics import Metric, MetricKind
from credserv.outcomes.publishing_growth import plans_figure, project_figure, views_figure
from credserv.outcomes.publishing_later import kept_figure, leaving_figures
from credserv.outcomes.publishing_together import together_figures
from credserv.outcomes.stated import stated_figures


def more_figures(services: Services, found: Population, metric: Metric) -> Iterator[Figure]:
    """Yield the further figures of a metric."""
    match metric.kind:
        case MetricKind.KEPT:
            yield kept_figure(metric, kept_of(found, metric.pathway))
        case MetricKind.LEAVING:
            yield from leaving_figures(metric, leaving_of(found, metric.pathway, metric.tau_days))
        case MetricKind.PLANS:
            yield plans_figure(metric, targets_of(found, metric.competency, services.zone))
        case MetricKind.PROJECT:
            yield project_figure(metric, criteria_of(found, metric.project))
        case MetricKind.VIEWS:
            yield views_figure(metric, views_of(found, metric.pathway))
        case MetricKind.TOGETHER:
            found_together = experiences_of(services, found, metric.pathway, metric.signal, metric.tau_days)
            yield from together_figures(metric, found_together)
        case MetricKind.RETURN:
            yield from stated_figures(metric.key, metric.name, metric.stated)
