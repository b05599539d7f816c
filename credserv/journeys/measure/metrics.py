"""Which metrics an organisation counts: those that come with the service, as it changed or ended them."""

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
    """As they were set then. Those that come with the service first, then by key."""
    found: dict[str, Metric] = {one.key: one for one in DEFAULTS}
    for record in services.store.outcomes.metrics(known):
        if record.ended_at is not None:
            found.pop(record.key, None)
        else:
            found[record.key] = read_metric(record.key, record.definition)
    return tuple(found.values())


def find_metric(services: Services, key: str, now: datetime) -> Metric:
    """One that is counted. Raises NotFoundError."""
    found = next((one for one in metrics_of(services, now) if one.key == key), None)
    if found is None:
        raise NotFoundError("there is no such metric")
    return found


def versions_of(services: Services, key: str, now: datetime) -> tuple[MetricRecord, ...]:
    """As somebody here set it, the newest first; none of one that stands as it came with the service."""
    found = services.store.outcomes.metrics(now)
    return tuple(one for one in reversed(found) if one.key == key)


def set_metric(services: Services, key: str, told: Mapping[str, Any], *, actor: str, now: datetime) -> Metric:
    """From the next figures on; the same as before changes nothing. Raises SchemaFaultsError with the place
    of each fault."""
    metric = read_metric(key, told)
    if metric in metrics_of(services, now):
        return metric
    with services.store.transaction():
        services.store.outcomes.put_metric(MetricRecord(key, tell_metric(metric), now))
        services.store.audit.add(AuditRecord(now, actor, Action.OUTCOME_METRIC, key, {"owner": metric.owner}))
    return metric


def end_metric(services: Services, key: str, *, actor: str, now: datetime) -> None:
    """Raises NotFoundError."""
    known = find_metric(services, key, now)
    with services.store.transaction():
        ended = MetricRecord(key, tell_metric(known), now, ended_at=now)
        services.store.outcomes.put_metric(ended)
        services.store.audit.add(AuditRecord(now, actor, Action.OUTCOME_METRIC, key, {"ended": True}))
