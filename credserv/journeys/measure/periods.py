"""The figures that were made: of the week, and of quarters, which freeze and are restated with a reason.

Nothing is computed here: whoever looks reads what the worker stored (`counting`).
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
    """record: with its times. told: everything as it was made. figures: of it. is_waiting: the worker has
    yet to make it."""

    record: ViewRecord
    told: dict[str, Any]
    figures: tuple[Figure, ...]

    @property
    def is_waiting(self) -> bool:
        return not self.record.figures


def anything_to_count(services: Services) -> bool:
    """Whether any fact was told, or figures were made before."""
    return services.store.outcomes.has_facts() or week(services) is not None


def week(services: Services) -> View | None:
    """None before the worker has made the first."""
    found = services.store.outcomes.views(WEEK)
    return _view(found[0]) if found else None


def quarters(services: Services) -> tuple[ViewRecord, ...]:
    """The newest version of each, the last quarter first."""
    found: dict[str, ViewRecord] = {}
    for one in services.store.outcomes.views():
        found.setdefault(one.period, one)
    return tuple(found.values())


def quarter(services: Services, period: str, number: int | None = None) -> View:
    """Its newest version, or one of them. Raises NotFoundError."""
    known = services.store.outcomes.views(period) if _QUARTER.match(period) else ()
    for one in known:
        if number in (None, one.number):
            return _view(one)
    raise NotFoundError("there are no figures of this quarter")


def freeze(services: Services, period: str, *, actor: str, now: datetime) -> None:
    """From then on it stays as it is; frozen already, nothing changes. Raises NotFoundError and
    ConflictError."""
    found = quarter(services, period)
    if found.is_waiting:
        raise ConflictError("its figures are not made yet: the worker makes them within minutes")
    with services.store.transaction():
        if services.store.outcomes.freeze(period, found.record.number, now):
            line = AuditRecord(now, actor, Action.OUTCOME_QUARTER, period, {"frozen": found.record.number})
            services.store.audit.add(line)


def restate(services: Services, period: str, reason: str, *, actor: str, now: datetime) -> None:
    """Ask for a further version, by what is known now; the one before stays. Raises InputError for no reason,
    NotFoundError, and ConflictError for a quarter that is not frozen."""
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
    """The last one that is over where the organisation is, and its end."""
    here = now.astimezone(services.zone)
    first = here.replace(
        month=(here.month - 1) // 3 * 3 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    last = first - timedelta(days=1)
    return f"{last.year}-Q{(last.month - 1) // 3 + 1}", first.astimezone(now.tzinfo)


def _view(record: ViewRecord) -> View:
    told = json.loads(record.figures) if record.figures else {}
    return View(record, told, tuple(read_figure(one) for one in told.get("figures", ())))
