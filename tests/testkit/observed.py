"""Observations as a source would have left them, kept, and of a member where one is named; and who and what
they are about."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from credserv.issuing.recipe import Recipe
from credserv.journeys.services import Services
from credserv.records.audit import AuditRecord
from credserv.records.credentials import Recipient
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation
from credserv.records.observed import ObservationRecord, ObservationState, observation_id
from credserv.records.people import AssertedIdentifierRecord, MembershipRecord
from credserv.records.sources import EventRecord, EventState, SourceRecord
from tests.testkit.service import NOW, Service

SOURCE = "campus"
_numbers = itertools.count(1)


def add_source(services: Services, now: datetime, name: str = SOURCE) -> None:
    services.store.sources.create(SourceRecord(name, "generic", ("whsec_a",), {"rules": []}, now))


def known(here: Service, name: str) -> SourceRecord:
    """A source, as it is kept now."""
    found = here.services.store.sources.get(name)
    assert found is not None
    return found


def closed(services: Services, **changed: Any) -> Services:
    """The same, of an organisation of which something is changed: `closed_at`, for one."""
    issuing = services.issuing
    return replace(services, recipe=Recipe(replace(issuing, issuer=replace(issuing.issuer, **changed))))


def trail(here: Service, subject: str) -> list[AuditRecord]:
    return list(here.services.store.audit.of_subject(subject))


def somebody(here: Service, room: str, name: str = "Pat Doe") -> MembershipRecord:
    """A new member. room: the test module's word, which their address holds."""
    told = Recipient(email=f"somebody{next(_numbers)}.{room}@example.org", name=name)
    return here.services.store.members.add(told, NOW)


def add_member(
    services: Services, email: str, now: datetime, name: str | None = None
) -> AssertedIdentifierRecord:
    member = services.store.members.add(Recipient(email=email, name=name), now)
    (identifier,) = services.store.members.identifiers(member.id)
    return identifier


def observe(
    services: Services,
    event_id: str,
    kind: Kind,
    activity: str,
    *,
    of: AssertedIdentifierRecord | None,
    at: datetime,
    source: str = SOURCE,
    **seen: Any,
) -> ObservationRecord:
    """Kept and judged, of `of`; waiting for a person where that is None. Numbers are given as text."""
    for name in ("raw", "min", "max", "scaled"):
        if name in seen:
            seen[name] = Decimal(seen[name])
    store, body = services.store, event_id.encode()
    message = EventRecord(source, event_id, hashlib.sha256(body).hexdigest(), body, at, EventState.RECEIVED)
    store.events.record(message)
    about = (ActivityReference(ActivityKind.COURSE, activity),)
    said = Observation(event_id, "sample", kind, (), about, at, **seen)
    record = ObservationRecord(
        observation_id(source, event_id), source, event_id, 0, source, said, is_signed=True, received_at=at
    )
    store.observations.keep(source, event_id, [record])
    state = ObservationState.WAITING if of is None else ObservationState.JUDGED
    store.observations.settle(record.id, state, identifier_id=None if of is None else of.id)
    return replace(record, state=state)
