"""Observations that take another one back without saying whose it is: a statement of xAPI that voids one.

They are that other one's person's, and what looks at that one looks at them. Whichever comes first.
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
    """Whether only what it takes back says whose it is."""
    return not record.observation.people and record.observation.supersedes is not None


def find_taken_back(services: Services, record: ObservationRecord) -> ObservationRecord | None:
    """The other one, where it is here."""
    target = record.observation.supersedes
    if target is None or target == record.observation.event_id:
        return None
    return services.store.observations.get(observation_id(record.namespace, target))


def find_person(services: Services, record: ObservationRecord) -> ObservationRecord:
    """With whose it is; waiting, where that is not known yet. As it is kept then."""
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
    """Those that came before what they take back, which is here now, and somebody's."""
    named = (TAKES_BACK, indexed(record.observation.event_id), record.namespace)
    if not services.store.observations.naming(named, limit=1):
        return ()
    return services.store.observations.these(services.store.observations.wake([named]))
