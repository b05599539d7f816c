"""Observations that take another one back without naming a person, such as an
xAPI statement that voids another.

They belong to the other observation's person, and the same rules look at them, whichever arrives first.
"""

from __future__ import annotations

from dataclasses import replace

from credserv.journeys.services import Services
from credserv.records.observed import (
    TAKES_BACK,
    ObservationRecord,
    ObservationState,
    indexed,
    observation_id,
)

NOT_HERE = "what it takes back is not here, or nobody's yet"


def is_taker(record: ObservationRecord) -> bool:
    """Return whether the person is known only from the observation that it takes back."""
    return not record.observation.people and record.observation.supersedes is not None


def find_taken_back(services: Services, record: ObservationRecord) -> ObservationRecord | None:
    """Return the observation that it takes back, if it has arrived."""
    target = record.observation.supersedes
    if target is None or target == record.observation.event_id:
        return None
    return services.store.observations.get(observation_id(record.namespace, target))


def find_person(services: Services, record: ObservationRecord) -> ObservationRecord:
    """Give the observation its person, or let it wait if the person is not known yet. Return it as stored."""
    other = find_taken_back(services, record)
    if other is None or other.identifier_id is None:
        found = replace(record, state=ObservationState.WAITING, note=NOT_HERE)
    else:
        found = replace(record, identifier_id=other.identifier_id, membership_id=other.membership_id)
    services.store.observations.settle(
        found.id, found.state, note=found.note, identifier_id=found.identifier_id
    )
    return found


def wake_takers(services: Services, record: ObservationRecord) -> tuple[ObservationRecord, ...]:
    """Return the observations that arrived before the one they take back, now
    that it is here and has a person.
    """
    named = (TAKES_BACK, indexed(record.observation.event_id), record.namespace)
    if not services.store.observations.naming(named, limit=1):
        return ()
    return services.store.observations.these(services.store.observations.wake([named]))
