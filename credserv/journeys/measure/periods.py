"""Stored figures of the week and of quarters. Quarters are frozen, and restated with a reason.

Nothing is computed here; readers see what the worker stored (`counting`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.services import Services
from credserv.outcomes.figure import Figure, read_figure
from credserv.records.audit import Action, AuditRecord
from credserv.records.outcomes import WEEK, ViewRecord

MAX_REASON_CHARS = 500
_QUARTER = re.compile(r"(\d{4})-Q([1-4])\Z", re.ASCII)


@dataclass(frozen=True)
class View:
    """Stored figures.

    Attributes:
        record: The record with its times.
        told: Everything as computed.
        figures: The figures in it.
        is_waiting: Whether the worker still has to compute it.
    """

    record: ViewRecord
    told: dict[str, Any]
    figures: tuple[Figure, ...]

    @property
    def is_waiting(self) -> bool:
        return not self.record.figures


def anything_to_count(services: Services) -> bool:
    """Return whether any fact was reported or figures were ever computed."""
    return services.store.outcomes.has_facts() or week(services) is not None


def week(services: Services) -> View | None:
    """Return the week's figures; None before the worker has computed any."""
    found = services.store.outcomes.views(WEEK)
    return _view(found[0]) if found else None


def quarters(services: Services) -> tuple[ViewRecord, ...]:
    """Return the newest version of each quarter, latest quarter first."""
    found: dict[str, ViewRecord] = {}
    for one in services.store.outcomes.views():
        found.setdefault(one.period, one)
    return tuple(found.values())


def quarter(services: Services, period: str, number: int | None = None) -> View:
    """Return a version of a quarter, the newest by default.

    Raises:
        NotFoundError: There are no figures of this quarter.
    """
    known = services.store.outcomes.views(period) if _QUARTER.match(period) else ()
    for one in known:
        if number in (None, one.number):
            return _view(one)
    raise NotFoundError("there are no figures of this quarter")


def freeze(services: Services, period: str, *, actor: str, now: datetime) -> None:
    """Freeze a quarter. Safe to repeat.

    Raises:
        NotFoundError: There are no figures of this quarter.
        ConflictError: They are not computed yet.
    """
    found = quarter(services, period)
    if found.is_waiting:
        raise ConflictError("its figures are not made yet: the worker makes them within minutes")
    with services.store.transaction():
        if services.store.outcomes.freeze(period, found.record.number, now):
            line = AuditRecord(now, actor, Action.OUTCOME_QUARTER, period, {"frozen": found.record.number})
            services.store.audit.add(line)


def restate(services: Services, period: str, reason: str, *, actor: str, now: datetime) -> None:
    """Request a further version with what is known now. The earlier one stays.

    Raises:
        InputError: The reason is missing or too long.
        NotFoundError: There are no figures of this quarter.
        ConflictError: The quarter is not frozen.
    """
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON_CHARS:
        raise InputError(f"say why, in {MAX_REASON_CHARS} characters at most: readers see it")
    before = quarter(services, period).record
    if before.frozen_at is None:
        raise ConflictError("it is not frozen yet: its figures are still made anew each week")
    wanted = ViewRecord(period, before.number + 1, before.cut, now, now, "", reason=reason)
    with services.store.transaction():
        services.store.outcomes.put_view(wanted)
        line = AuditRecord(now, actor, Action.OUTCOME_QUARTER, period, {"restated": wanted.number})
        services.store.audit.add(line)


def quarter_before(services: Services, now: datetime) -> tuple[str, datetime]:
    """Return the last quarter that is over in the organisation's time zone, and its end."""
    here = now.astimezone(services.zone)
    first = here.replace(
        month=(here.month - 1) // 3 * 3 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    last = first - timedelta(days=1)
    return f"{last.year}-Q{(last.month - 1) // 3 + 1}", first.astimezone(now.tzinfo)


def _view(record: ViewRecord) -> View:
    told = json.loads(record.figures) if record.figures else {}
    return View(record, told, tuple(read_figure(one) for one in told.get("figures", ())))
