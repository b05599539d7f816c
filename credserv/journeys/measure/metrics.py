"""The metrics that an organisation counts: the built-in ones, as it changed or ended them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credserv.ground.errors import NotFoundError
from credserv.journeys.services import Services
from credserv.outcomes.metrics import DEFAULTS, Metric, read_metric, tell_metric
from credserv.records.audit import Action, AuditRecord
from credserv.records.outcomes import MetricRecord


def metrics_of(services: Services, known: datetime) -> tuple[Metric, ...]:
    """Return the metrics as set at that time: built-in ones first, then by key."""
    found: dict[str, Metric] = {one.key: one for one in DEFAULTS}
    for record in services.store.outcomes.metrics(known):
        if record.ended_at is not None:
            found.pop(record.key, None)
        else:
            found[record.key] = read_metric(record.key, record.definition)
    return tuple(found.values())


def find_metric(services: Services, key: str, now: datetime) -> Metric:
    """Return a metric that is counted.

    Raises:
        NotFoundError: There is no such metric.
    """
    found = next((one for one in metrics_of(services, now) if one.key == key), None)
    if found is None:
        raise NotFoundError("there is no such metric")
    return found


def versions_of(services: Services, key: str, now: datetime) -> tuple[MetricRecord, ...]:
    """Return the versions that somebody here set, newest first; none for an unchanged built-in metric."""
    found = services.store.outcomes.metrics(now)
    return tuple(one for one in reversed(found) if one.key == key)


def set_metric(services: Services, key: str, told: Mapping[str, Any], *, actor: str, now: datetime) -> Metric:
    """Set a metric from the next figures on. Setting the same again changes nothing.

    Raises:
        SchemaFaultsError: A value is not valid. The faults name the place.
    """
    metric = read_metric(key, told)
    if metric in metrics_of(services, now):
        return metric
    with services.store.transaction():
        services.store.outcomes.put_metric(MetricRecord(key, tell_metric(metric), now))
        services.store.audit.add(AuditRecord(now, actor, Action.OUTCOME_METRIC, key, {"owner": metric.owner}))
    return metric


def end_metric(services: Services, key: str, *, actor: str, now: datetime) -> None:
    """Stop counting a metric.

    Raises:
        NotFoundError: There is no such metric.
    """
    known = find_metric(services, key, now)
    with services.store.transaction():
        ended = MetricRecord(key, tell_metric(known), now, ended_at=now)
        services.store.outcomes.put_metric(ended)
        services.store.audit.add(AuditRecord(now, actor, Action.OUTCOME_METRIC, key, {"ended": True}))
