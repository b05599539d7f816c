"""Which facts a metric reads, so that people see which figures use what is known of them."""

from __future__ import annotations

from credserv.outcomes.metrics import Metric, MetricKind
from credserv.records.outcomes import Fact, FactKind

_STARTED, _MASTERED, _SIGNAL = FactKind.STARTED, FactKind.MASTERED, FactKind.SIGNAL
_SEEN = frozenset({FactKind.OBSERVATION, FactKind.POST})
_VIEWS = frozenset({FactKind.SELF, FactKind.OBSERVATION, FactKind.READINESS})
_EXPERIENCES = frozenset({_STARTED, FactKind.OBSERVATION, FactKind.PROJECT, FactKind.TARGET})
# Of its pathway.
_OF_PATHWAY = {
    MetricKind.GAIN: frozenset({_STARTED, _MASTERED, FactKind.PRE, FactKind.POST}),
    MetricKind.KEPT: frozenset({_STARTED, _MASTERED, FactKind.PRE, FactKind.POST}),
    MetricKind.BEHAVIOUR: frozenset({_STARTED}),
    MetricKind.TEAM: frozenset({_STARTED, _MASTERED}),
    MetricKind.PARTICIPATION: frozenset({_STARTED, _MASTERED, FactKind.OBSERVATION}),
    MetricKind.LEAVING: frozenset({_STARTED}),
    MetricKind.VIEWS: _VIEWS,
}


def reads(metric: Metric, fact: Fact) -> bool:
    """Return whether a fact goes into a metric's figures, if the person agreed."""
    if metric.pathway and fact.about == metric.pathway and fact.kind in _OF_PATHWAY.get(metric.kind, ()):
        return True
    match metric.kind:
        case MetricKind.BEHAVIOUR:
            is_asked = metric.signal in ("", fact.about) and metric.project in ("", fact.project)
            return fact.kind is _SIGNAL and is_asked
        case MetricKind.TEAM:
            return fact.kind is _MASTERED and fact.about == metric.credential
        case MetricKind.TOGETHER:
            is_signal = fact.kind is _SIGNAL and fact.about == metric.signal
            return is_signal or fact.kind in _EXPERIENCES
        case MetricKind.EQUITY:
            return fact.kind is _STARTED and metric.outcome != "moves"
        case MetricKind.TARGETS:
            return fact.kind is _STARTED
        case MetricKind.SURVEY:
            return fact.kind is FactKind.SURVEY and fact.about == metric.survey
        case MetricKind.PROJECT:
            return fact.kind is FactKind.PROJECT and fact.about == metric.project
        case MetricKind.PLANS:
            is_scored = fact.kind in _SEEN and fact.score is not None
            return fact.competency == metric.competency and (is_scored or fact.kind is FactKind.TARGET)
        case _:
            return False
