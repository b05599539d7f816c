"""What an adapter read of a message, kept beside it as observations."""

from __future__ import annotations

from credserv.journeys.services import Services
from credserv.records.observed import ObservationRecord, observation_id
from credserv.records.sources import EventRecord, SourceRecord
from credserv.sources.adapter import Reading

_MAX_TOLD = 12


def keep_reading(
    services: Services, source: SourceRecord, event: EventRecord, reading: Reading, *, is_signed: bool
) -> tuple[ObservationRecord, ...]:
    """event: as it is kept. Safe to repeat. What was not read is noted on the message."""
    found = [
        ObservationRecord(
            id=observation_id(source.namespace, one.event_id),
            source=source.name,
            message=event.event_id,
            place=place,
            namespace=source.namespace,
            observation=one,
            is_signed=is_signed,
            received_at=event.received_at,
        )
        for place, one in enumerate(reading.observations)
    ]
    if not source.corrects and any(one.supersedes is not None for one in reading.observations):
        services.store.sources.note_correction(source.name)
    return services.store.observations.keep(source.name, event.event_id, found, note=unread_note(reading))


def unread_note(reading: Reading) -> str:
    """What of a message was not read, each with its place; of many the first."""
    return "; ".join(f"{one.place or '/'} {one.why}" for one in reading.unread[:_MAX_TOLD])
