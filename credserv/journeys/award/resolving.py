"""Determine whom an observation is about: by what the organisation asserts of its
members, never by guessing (ADR 0019).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.errors import ConflictError, InputError
from credserv.ground.names import is_did, normalise_email
from credserv.journeys.services import Services
from credserv.records.credentials import Recipient
from credserv.records.observations import PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, person_value
from credserv.records.people import AssertedIdentifierRecord
from credserv.records.sources import SourceRecord
from credserv.store.admit.identifiers import Name
from credserv.store.admit.members import spellings

_EVERYWHERE = ""
NOBODY_NAMED = "the message names nobody"


@dataclass(frozen=True)
class Resolved:
    """The person found, if any.

    Attributes:
        identifier: The identifier that found the member; None if nobody is meant for certain.
        is_conflict: The observation contradicts what is known, so an administrator has to decide.
        is_introduction: Nobody is known by these names, and the source may introduce people.
        has_learned: The message taught new names of the person.
        note: Why nobody was found.
    """

    identifier: AssertedIdentifierRecord | None = None
    is_conflict: bool = False
    is_introduction: bool = False
    has_learned: bool = False
    note: str = ""


def resolve_person(
    services: Services, source: SourceRecord, record: ObservationRecord, *, introduces: bool, now: datetime
) -> Resolved:
    """Return the member whom an observation names.

    A source that may introduce people creates the member from an address, if any rule looks at what it
    reports.

    Args:
        introduces: Whether a rule looks at the observation.
    """
    people = record.observation.people
    if not people:
        return Resolved(note=NOBODY_NAMED)
    names = _names(source, record)
    found = services.store.identifiers.named(names)
    live = [one for one in found if one.ended_at is None]
    if len({one.membership_id for one in live}) > 1:
        return Resolved(is_conflict=True, note=f"{_told(people)}: these are two people here")
    if _is_of_before(found, record):
        return Resolved(note=f"{_told(people)}: that was another person's at the time of the event")
    if not live:
        return _introduce(services, source, record, introduces, now)
    by_system = [one for one in live if one.namespace != _EVERYWHERE]
    member = live[0].membership_id
    known = services.store.identifiers.of_member(member, record.namespace)
    if not by_system and _is_another(known, record):
        return Resolved(
            is_conflict=True,
            note=f"{_told(people)}: this system knows the owner of the address by another id",
        )
    learned = _learn(services, source, record, member, known, now)
    return Resolved((by_system or live)[0], has_learned=learned)


def _names(source: SourceRecord, record: ObservationRecord) -> list[Name]:
    return [name for person in record.observation.people for name in names_of(source, record, person)]


def names_of(source: SourceRecord, record: ObservationRecord, person: PersonReference) -> list[Name]:
    """Return the names under which the person may be known here.

    Addresses count only if the source may use them.
    """
    if person.kind is PersonKind.EMAIL:
        counts = source.addresses_by_email
        return [(person.kind.value, one, _EVERYWHERE) for one in spellings(person.value)] if counts else []
    namespace = _EVERYWHERE if person.kind is PersonKind.DID else record.namespace
    return [(person.kind.value, person_value(person), namespace)]


def _is_of_before(found: Iterable[AssertedIdentifierRecord], record: ObservationRecord) -> bool:
    """Return whether a name belonged to somebody else at the time, such as a reassigned mailbox."""
    at = record.observation.occurred_at or record.received_at
    return any(one.ended_at is not None and at < one.ended_at for one in found)


def _is_another(known: Sequence[AssertedIdentifierRecord], record: ObservationRecord) -> bool:
    """Return whether the owner of an address is known in this system under ids
    other than those in the message.
    """
    told = _told_by_kind(record)
    by_kind: dict[PersonKind, set[str]] = {}
    for one in known:
        by_kind.setdefault(one.kind, set()).add(one.value)
    return any(by_kind[kind].isdisjoint(told[kind]) for kind in by_kind.keys() & told.keys())


def _told_by_kind(record: ObservationRecord) -> dict[PersonKind, set[str]]:
    told: dict[PersonKind, set[str]] = {}
    for person in record.observation.people:
        if person.kind not in (PersonKind.EMAIL, PersonKind.DID):
            told.setdefault(person.kind, set()).add(person_value(person))
    return told


def _introduce(
    services: Services, source: SourceRecord, record: ObservationRecord, introduces: bool, now: datetime
) -> Resolved:
    """Handle a person not known yet: a source that is the authority on addresses
    creates a member, as an order does.
    """
    people = record.observation.people
    email = next((one.value for one in people if one.kind is PersonKind.EMAIL and _is_email(one.value)), None)
    did = next((one.value for one in people if one.kind is PersonKind.DID and is_did(one.value)), None)
    if not source.addresses_by_email or (email is None and did is None):
        return Resolved(note=f"nobody here is known by {_told(people)}")
    if not introduces:
        return Resolved(is_introduction=True)
    recipient = Recipient(email=email, did=did, name=record.observation.name)
    member = services.store.members.add(recipient, now)
    learned = _learn(services, source, record, member.id, (), now)
    found = services.store.identifiers.named(_names(source, record))
    own = (one for one in found if one.ended_at is None and one.membership_id == member.id)
    return Resolved(next(own), has_learned=learned)


def _learn(
    services: Services,
    source: SourceRecord,
    record: ObservationRecord,
    member: str,
    known: Sequence[AssertedIdentifierRecord],
    now: datetime,
) -> bool:
    """Learn further names that one message gives to a person; return whether there were any.

    A name is never replaced by another of its kind, and unsigned messages teach nothing.
    """
    if not record.is_signed:
        return False
    taken = {one.kind for one in known} | {PersonKind.DID}
    new = [person for person in record.observation.people if person.kind not in taken]
    learned = [_learn_one(services, source, record, person, member, now) for person in new]
    return True in learned


def _learn_one(
    services: Services,
    source: SourceRecord,
    record: ObservationRecord,
    person: PersonReference,
    member: str,
    now: datetime,
) -> bool:
    """Learn a name unless it is or was somebody else's, which is for an administrator to decide.

    An address is learned only for a member who has none for letters.
    """
    name, written = (person.kind.value, person_value(person), record.namespace), person.value
    if person.kind is PersonKind.EMAIL:
        known = services.store.members.identifiers(member)
        has_address = any(one.kind is PersonKind.EMAIL and one.ended_at is None for one in known)
        if not source.addresses_by_email or has_address or not _is_email(person.value):
            return False
        name, written = (name[0], normalise_email(written), _EVERYWHERE), written.strip()
    if services.store.identifiers.named([name]):
        return False
    try:
        services.store.identifiers.add(member, name, written=written, now=now)
    except ConflictError:  # another process assigned the name a moment ago
        return False
    return True


def _is_email(value: str) -> bool:
    try:
        normalise_email(value)
    except InputError:
        return False
    return True


def _told(people: Sequence[PersonReference]) -> str:
    return ", ".join(f"{one.kind.value} {one.value[:80]}" for one in people[:6])
