"""Alarms: an organisation's owners learn in the console and by mail (deliver/alarm_letters.py) what is wrong,
and how to fix it.

An alarm stands from when its condition begins until it ends. A condition that ends and returns is reported
again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from credserv.journeys.services import Services
from credserv.records.alarms import AlarmRecord
from credserv.records.health import Finding


def standing_alarms(services: Services) -> tuple[AlarmRecord, ...]:
    """Return what is wrong, oldest first."""
    return services.store.alarms.all()


def keep_alarms(services: Services, found: Collection[Finding], *, now: datetime) -> None:
    """Update the alarms.

    Args:
        found: Every condition that was looked at.
    """
    services.store.alarms.keep([one for one in found if one.ok is False], now)
