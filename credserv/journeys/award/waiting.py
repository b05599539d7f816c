"""What waits for somebody's word: people whom nobody knows yet, odd dates, contradictions.

Who becomes known lets everything that waited for them go on at once.
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
_BY_ORDER = (PersonKind.EMAIL, PersonKind.DID)  # they make a member, as an order does


def open_observations(
    services: Services, state: ObservationState, *, text: str = "", limit: int, after: Place | None = None
) -> tuple[ObservationRecord, ...]:
    """Newest first. text: in a name of its person or activity. after: the last of the page before."""
    return services.store.observations.recent(state, text=text, limit=limit, after=after)


def all_open(services: Services, state: ObservationState, *, text: str) -> Iterator[ObservationRecord]:
    """Every one that is looked for, newest first."""
    return by_place(
        lambda count, last: open_observations(services, state, text=text, limit=count, after=last),
        place_of,
    )


def place_of(record: ObservationRecord) -> Place:
    """In the list, which is newest first."""
    return Place(record.received_at, record.id)


def count_open(services: Services) -> Mapping[ObservationState, int]:
    """Of each state but judged, where there are any."""
    return services.store.observations.count_open()


def find_observation(services: Services, observation_id: str) -> ObservationRecord:
    """Raises NotFoundError."""
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
    """That a person, known or not yet, is named so in these installations; and how much went on with it.

    names: each with its namespace. Raises InputError, ConflictError where one names somebody else: nothing is
    changed then.
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


def resolve_by_hand(
    services: Services, observation_id: str, recipient: Recipient, *, actor: str, now: datetime
) -> ObservationRecord:
    """An administrator says whom a waiting or contradictory observation means. Its names in that system are
    theirs from now on, where nobody has them.

    Raises NotFoundError, InputError, and ConflictError where it waits for nobody.
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
    """What is queued for its date counts all the same. Raises NotFoundError, ConflictError."""
    record = find_observation(services, observation_id)
    if record.state is not ObservationState.QUEUED:
        raise ConflictError("this observation is not queued")
    with services.store.transaction():
        services.store.observations.settle(record.id, ObservationState.RECEIVED, note=RELEASED)
        services.store.audit.add(AuditRecord(now, actor, Action.OBSERVATION_RELEASED, record.id))
    return settle(services, find_observation(services, record.id), now=now)


def try_again(services: Services, source: str, *, now: datetime) -> int:
    """All that waits of a source, since its settings changed, say; how many were judged by now."""
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
