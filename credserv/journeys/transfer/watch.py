"""Check imported credentials again from time to time, those of one issuer together.

A host that does not answer says nothing against a badge; the earlier result stands, with its date.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import CredservError
from credserv.ground.verification import Verdict
from credserv.journeys.admit.notifications import Notification, notify
from credserv.journeys.check.check import check
from credserv.journeys.check.many import Submitted, each
from credserv.journeys.services import Services
from credserv.journeys.transfer.brought import lead_of
from credserv.journeys.transfer.facts import told_facts, told_report
from credserv.records.imports import ImportRecord

WATCH_EVERY = timedelta(days=1)
AT_ONCE = 200
_ENDED = {"revoked": Notification.IMPORT_REVOKED, "suspended": Notification.IMPORT_SUSPENDED}

logger = logging.getLogger(__name__)


def is_any_due(services: Services, now: datetime) -> bool:
    """Return whether a check is due."""
    return bool(services.store.imports.due(now - WATCH_EVERY, 1))


def watch_due(services: Services, now: datetime) -> int:
    """Check those that were not checked for longest. Safe to repeat.

    Returns:
        How many were tried.
    """
    due = services.store.imports.due(now - WATCH_EVERY, AT_ONCE)
    _look_again(services, due, now)
    return len(due)


def _look_again(services: Services, due: Sequence[ImportRecord], now: datetime) -> None:
    """Check these; whatever there is no time for stays due."""
    by_id = {record.id: record for record in due}

    def look(item: Submitted) -> None:
        if item.fault is None:
            _look(services, by_id[item.name], now)

    for _ in each([Submitted(record.id) for record in due], look):
        pass


def _kept_of(record: ImportRecord) -> dict[str, Any]:
    """Return what came with it and cannot be found again by a check."""
    return {name: record.facts[name] for name in ("holder",) if name in record.facts}


def _look(services: Services, record: ImportRecord, now: datetime) -> None:
    content = services.store.imports.content(record.person_id, record.id)
    if content is None:  # removed meanwhile
        return
    _tell_of_end(services, record, now)  # whether or not its issuer can be reached
    try:
        checked = check(services, data=content, url=None, now=now)
    except CredservError:
        services.store.imports.note_try(record.id, now)
        return
    except Exception:  # one that fails must not stop the check of the others
        logger.exception("an error nobody foresaw, in one of several imports")
        services.store.imports.note_try(record.id, now)
        return
    if checked.verdict is Verdict.NOT_CHECKED and record.verdict != Verdict.NOT_CHECKED:
        services.store.imports.note_try(record.id, now)
        return
    report = told_report(checked, now)
    found = replace(
        record,
        facts=told_facts(checked, report) | _kept_of(record),
        verdict=checked.verdict.value,
        checked_at=now,
        watched_at=now,
    )
    with services.store.transaction():
        services.store.imports.note_check(found, report)
        _tell_if_worse(services, record, found, now)


def _tell_if_worse(services: Services, before: ImportRecord, found: ImportRecord, now: datetime) -> None:
    status = found.facts["status"]
    if status in _ENDED and status != before.facts["status"]:
        notify(services, found.person_id, _ENDED[status], f"{found.id} {format_instant(now)}", now)


def _tell_of_end(services: Services, record: ImportRecord, now: datetime) -> None:
    """Notify its holder thirty days and seven days before the end."""
    until = record.facts.get("valid_until")
    if not isinstance(until, str) or record.facts["status"] in _ENDED:
        return
    ends = parse_instant(until)
    lead = lead_of(ends, now)
    if lead is not None and now < ends:
        about = f"{record.id} {until} {lead.days}"
        notify(services, record.person_id, Notification.IMPORT_ENDS, about, now, until=ends)
