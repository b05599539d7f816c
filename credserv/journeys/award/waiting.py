"""Observations that wait for a decision: unknown people, odd dates, contradictions.

When a person becomes known, everything that waited for them continues at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.award.settle import RELEASED, go_on, settle
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import Recipient
from credserv.records.observations import PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, ObservationState, person_value
from credserv.records.paging import Place, by_place
from credserv.records.people import MembershipRecord

_MAX_CHARS = 2_048
_BY_ORDER = (PersonKind.EMAIL, PersonKind.DID)  # these create a member, as an order does


def open_observations(
    services: Services, state: ObservationState, *, text: str = "", limit: int, after: Place | None = None
) -> tuple[ObservationRecord, ...]:
    """Return one page of open observations, newest first.

    Args:
        text: Looked for in the names of person and activity.
        after: The last row of the previous page.
    """
    return services.store.observations.recent(state, text=text, limit=limit, after=after)


def all_open(services: Services, state: ObservationState, *, text: str) -> Iterator[ObservationRecord]:
    """Yield every open observation that matches, newest first."""
    return by_place(
        lambda count, last: open_observations(services, state, text=text, limit=count, after=last),
        place_of,
    )


def place_of(record: ObservationRecord) -> Place:
    """Return an observation's place in the list."""
    return Place(record.received_at, record.id)


def count_open(services: Services) -> Mapping[ObservationState, int]:
    """Return how many observations are in each state except JUDGED, where there are any."""
    return services.store.observations.count_open()


def find_observation(services: Services, observation_id: str) -> ObservationRecord:
    """Return an observation.

    Raises:
        NotFoundError: There is no such observation.
    """
    found = services.store.observations.get(observation_id)
    if found is None:
        raise NotFoundError("there is no such observation")
    return found


def assert_identifiers(
    services: Services,
    recipient: Recipient,
    names: Sequence[tuple[PersonReference, str]],
    *,
    actor: str,
    now: datetime,
) -> tuple[MembershipRecord, int]:
    """Record that a person, known or new, has these names in other systems, and
    continue with what waited for them.

    Args:
        names: Each name with the namespace of its installation.

    Returns:
        The membership, and how many observations made progress.

    Raises:
        InputError: A name or the recipient is not valid.
        ConflictError: A name belongs to somebody else. Nothing was changed.
    """
    for name, namespace in names:
        _require_name(name, namespace)
    store = services.store
    with store.transaction():
        member = store.members.add(recipient, now)
        for name, namespace in names:
            kept = (name.kind.value, person_value(name), namespace)
            store.identifiers.add(member.id, kept, written=name.value, now=now)
            detail = {"kind": name.kind.value, "namespace": namespace}
            store.audit.add(AuditRecord(now, actor, Action.MEMBER_NAMED, member.id, detail))
    return member, go_on(services, member.id, now=now)


def assign_person(
    services: Services, observation_id: str, recipient: Recipient, *, actor: str, now: datetime
) -> ObservationRecord:
    """Record an administrator's decision about whom a waiting or contradictory observation means.

    From now on the names in it belong to that person, unless somebody else has them.

    Raises:
        NotFoundError: There is no such observation.
        InputError: The recipient is not valid.
        ConflictError: The observation does not wait for a person.
    """
    record = find_observation(services, observation_id)
    if record.state not in (ObservationState.WAITING, ObservationState.CONFLICT):
        raise ConflictError("this observation waits for nobody")
    store = services.store
    with store.transaction():
        member = store.members.add(recipient, now)
        identifier = next(one for one in store.members.identifiers(member.id) if one.ended_at is None)
        for name in record.observation.people:
            kept = (name.kind.value, person_value(name), record.namespace)
            if name.kind not in _BY_ORDER and not store.identifiers.named([kept]):
                identifier = store.identifiers.add(member.id, kept, written=name.value, now=now)
        store.observations.settle(
            record.id, ObservationState.RECEIVED, note=record.note, identifier_id=identifier.id
        )
        detail = {"observation": record.id}
        store.audit.add(AuditRecord(now, actor, Action.MEMBER_NAMED, member.id, detail))
    settled = settle(services, find_observation(services, record.id), now=now)
    go_on(services, member.id, now=now)
    return settled


def release(services: Services, observation_id: str, *, actor: str, now: datetime) -> ObservationRecord:
    """Accept an observation in spite of its odd date.

    Raises:
        NotFoundError: There is no such observation.
        ConflictError: It does not wait because of its date.
    """
    record = find_observation(services, observation_id)
    if record.state is not ObservationState.QUEUED:
        raise ConflictError("this observation is not queued")
    with services.store.transaction():
        services.store.observations.settle(record.id, ObservationState.RECEIVED, note=RELEASED)
        services.store.audit.add(AuditRecord(now, actor, Action.OBSERVATION_RELEASED, record.id))
    return settle(services, find_observation(services, record.id), now=now)


def try_again(services: Services, source: str, *, now: datetime) -> int:
    """Continue with everything of a source that waits, for instance after its settings changed.

    Returns:
        How many observations are judged now.
    """
    woken = services.store.observations.wake_source(source, (ObservationState.WAITING,))
    records = services.store.observations.these(woken)
    return sum(settle(services, one, now=now).state is ObservationState.JUDGED for one in records)


def _require_name(name: PersonReference, namespace: str) -> None:
    if name.kind in _BY_ORDER:
        raise InputError("addresses and DIDs are asserted with the person, not as further names")
    if not namespace or len(namespace) > _MAX_CHARS:
        raise InputError("the namespace is the installation of a learning system, by the name of its source")
    if not name.value.strip() or len(name.value) > _MAX_CHARS:
        raise InputError(f"an identifier has 1 to {_MAX_CHARS} characters")
