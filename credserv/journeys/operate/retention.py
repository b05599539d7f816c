"""Retention: delete what is past its time, in the worker and by a command that can count first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from credserv.journeys.services import Services


def count_due(services: Services, now: datetime) -> Mapping[str, int]:
    """Return how many rows would be deleted now, by kind, without those kept for good."""
    return {kind: services.store.retention.count(kind, at) for kind, at in _ends(services, now).items()}


def let_go_due(services: Services, now: datetime) -> Mapping[str, int]:
    """Delete what is past its time, for good.

    Returns:
        How many rows were deleted, by kind.
    """
    return {kind: services.store.retention.let_go(kind, at) for kind, at in _ends(services, now).items()}


def _ends(services: Services, now: datetime) -> dict[str, datetime]:
    days: dict[str, int] = asdict(services.retention)
    return {kind: now - timedelta(days=count) for kind, count in days.items() if count}
