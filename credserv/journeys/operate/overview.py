"""What an administrator sees first: how much there is, and what needs a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.journeys.operate.alarms import standing_alarms
from credserv.journeys.operate.wrong import count_wrong
from credserv.journeys.services import Services
from credserv.records.access import ApiKeyRecord
from credserv.records.alarms import AlarmRecord
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.health import Reached
from credserv.records.sources import EventRecord, EventState, SourceRecord

_SHOWN = 5


@dataclass(frozen=True)
class Overview:
    """The overview.

    Attributes:
        active: A count.
        achievements: A count.
        wrong: A count.
        credentials: The newest few.
        quarantined: The newest few.
    """

    active: int
    reached: Reached
    achievements: int
    sources: tuple[SourceRecord, ...]
    keys: tuple[ApiKeyRecord, ...]
    quarantined: tuple[EventRecord, ...]
    credentials: tuple[CredentialRecord, ...]
    alarms: tuple[AlarmRecord, ...]
    wrong: int


def overview(services: Services, now: datetime) -> Overview:
    """Return the overview."""
    store = services.store
    counts = store.credentials.count_by_state()
    return Overview(
        active=counts.get(CredentialState.ACTIVE, 0),
        reached=store.reached.count(),
        achievements=store.achievements.count(),
        sources=store.sources.list(),
        keys=tuple(key for key in store.access.list_api_keys() if key.ended_at is None),
        quarantined=store.events.recent(None, state=EventState.QUARANTINED, limit=_SHOWN),
        credentials=store.credentials.search(limit=_SHOWN).items,
        alarms=standing_alarms(services),
        wrong=count_wrong(services, now),
    )
