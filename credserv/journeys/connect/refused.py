"""Requests in a source's name that were refused, so that the console can say that a sender is set up wrongly.

Anybody may send such requests. So one is stored each minute, without anything that the sender said.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from credserv.ground.errors import UnavailableError
from credserv.journeys.services import Services
from credserv.records.sources import RefusedRecord

_EVERY = timedelta(minutes=1)


def note_refused(services: Services, source: str, why: str, *, now: datetime) -> None:
    """Record a refused request. Nothing happens if there is no such source, or nothing can be written."""
    with suppress(UnavailableError):
        services.store.sources.note_refused(RefusedRecord(source, now, why), interval=_EVERY)
