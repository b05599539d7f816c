"""What an adapter read from a message, stored next to it as observations."""

from __future__ import annotations

from credserv.journeys.services import Services
from credserv.records.observed import ObservationRecord, observation_id
from credserv.records.sources import EventRecord, SourceRecord
from credserv.sources.adapter import Reading

_MAX_TOLD = 12


def keep_reading(
    services: Services, source: SourceRecord, event: EventRecord, reading: Reading, *, is_signed: bool
) -> tuple[ObservationRecord, ...]:
    """Store a reading as observations. Safe to repeat. Parts that could not be read are noted on the message.

    Args:
        event: The message as stored.
        is_signed: Whether the message was signed.
    """
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
    """Return which parts of a message could not be read, with their places; the first few if there are
    many.
    """
    return "; ".join(f"{one.place or '/'} {one.why}" for one in reading.unread[:_MAX_TOLD])
