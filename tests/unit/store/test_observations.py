"""An observation is kept once, whatever it came with; and its names are found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from credserv.ground.errors import ConflictError, NotFoundError
from credserv.records.credentials import Recipient
from credserv.records.observations import (
    ActivityKind,
    ActivityReference,
    Kind,
    Observation,
    PersonKind,
    PersonReference,
)
from credserv.records.observed import (
    ObservationRecord,
    ObservationState,
    content_of,
    observation_id,
    observation_of,
)
from credserv.records.paging import Place
from credserv.records.sources import EventState
from credserv.store.store import Store
from tests.unit.store.samples import event, source

COURSE = ActivityReference(ActivityKind.COURSE, "17", "Mentoring")
LEARNER = PersonReference(PersonKind.LMS_ID, "42")


def observed(
    now: datetime, event_id: str = "o1", message: str = "evt_1", **told: object
) -> ObservationRecord:
    said = Observation(event_id, "course_completed", Kind.COMPLETED, (LEARNER,), (COURSE,), now)
    return ObservationRecord(
        id=observation_id("campus", event_id),
        source="academy",
        message=message,
        place=0,
        namespace="campus",
        observation=replace(said, **told),  # type: ignore[arg-type]  # any of its members
        is_signed=True,
        received_at=now,
    )


def test_what_was_said_comes_back_as_it_was_and_absent_stays_absent(now: datetime) -> None:
    said = Observation(
        "o1",
        "graded",
        Kind.GRADED,
        (LEARNER, PersonReference(PersonKind.ACCOUNT, "a", "https://x.example")),
        (COURSE,),
        now,
        raw=Decimal("4.5"),
        max=Decimal("1E+3"),
        success=False,
        asserted_by=PersonReference(PersonKind.LMS_ID, "9"),
        flags=("odd",),
    )
    assert observation_of(content_of(said)) == said
    assert set(content_of(Observation("o", "t", Kind.OBSERVED))) == {"event_id", "event_type", "kind"}


def test_a_repeat_is_one_and_other_content_is_kept_beside_it(filled: Store, now: datetime) -> None:
    filled.events.record(event(now))
    filled.events.record(event(now, "evt_2", b"{}"))
    first = observed(now, raw=Decimal("1"))
    assert filled.observations.keep("academy", "evt_1", [first]) == (first,)

    again = observed(now, message="evt_2", raw=Decimal("1.0"), activities=(replace(COURSE, name="Renamed"),))
    assert filled.observations.keep("academy", "evt_2", [again, again]) == (first, first)

    (other,) = filled.observations.keep("academy", "evt_2", [observed(now, message="evt_2", raw=Decimal(2))])
    assert other.state is ObservationState.CONFLICT
    assert other.id != first.id
    assert filled.observations.keep("academy", "evt_2", [observed(now, message="evt_2", raw=Decimal(2))]) == (
        other,
    )
    (found,) = filled.observations.naming(("lms-id", "42", "campus"), limit=1)
    assert filled.observations.naming(("lms-id", "7", "campus"), limit=1) == ()
    assert found in (first, other)
    in_order = tuple(sorted((first, other), key=lambda one: one.id))
    assert filled.observations.recent(limit=9) == in_order
    behind = filled.observations.recent(limit=9, after=Place(in_order[0].received_at, in_order[0].id))
    assert behind == in_order[1:]
    stored = filled.events.get("academy", "evt_1")
    assert stored is not None
    assert stored.state is EventState.READ


def test_who_becomes_known_lets_theirs_go_on(filled: Store, now: datetime) -> None:
    filled.events.record(event(now))
    kept = filled.observations.keep("academy", "evt_1", [observed(now), observed(now, "o2")])
    for one in kept:
        filled.observations.settle(one.id, ObservationState.WAITING, note="nobody")
    assert filled.observations.count_open() == {ObservationState.WAITING: 2}
    assert filled.observations.unfinished(now + timedelta(days=1), 9) == ()
    member = filled.members.add(Recipient(email="ann@example.org"), now)
    name = ("lms-id", "42", "campus")
    added = filled.identifiers.add(member.id, name, written="42", now=now)
    assert filled.identifiers.add(member.id, name, written="42", now=now) == added
    assert filled.identifiers.named([name, ("lms-id", "42", "elsewhere")]) == (added,)

    assert filled.observations.wake([("lms-id", "42", "elsewhere")]) == ()
    assert set(filled.observations.wake([name])) == {one.id for one in kept}
    woken = filled.observations.unfinished(now + timedelta(days=1), 9)
    for one in woken:
        filled.observations.settle(one.id, ObservationState.JUDGED, identifier_id=added.id)
    of_member = filled.observations.of_member(member.id)
    assert [one.id for one in of_member] == sorted(one.id for one in kept)
    assert {one.membership_id for one in of_member} == {member.id}
    assert filled.observations.naming(("course", "17", "campus"), limit=9) == tuple(
        sorted(of_member, key=lambda one: one.id)
    )


def test_found_f12_a_name_is_one_members_within_one_installation(filled: Store, now: datetime) -> None:
    ann = filled.members.add(Recipient(email="ann@example.org"), now)
    ben = filled.members.add(Recipient(email="ben@example.org"), now)
    kept = filled.identifiers.add(ann.id, ("lms-id", "42", "campus"), written="42", now=now)
    filled.identifiers.add(ben.id, ("lms-id", "42", "other"), written="42", now=now)

    with pytest.raises(ConflictError):
        filled.identifiers.add(ben.id, ("lms-id", "42", "campus"), written="42", now=now)
    with pytest.raises(NotFoundError):
        filled.identifiers.add("nobody", ("lms-id", "1", "campus"), written="1", now=now)
    filled.identifiers.end(kept.id, now)
    filled.identifiers.add(ben.id, ("lms-id", "42", "campus"), written="42", now=now)
    found = filled.identifiers.named([("lms-id", "42", "campus")])
    assert {one.membership_id: one.ended_at for one in found} == {ann.id: now, ben.id: None}


def test_options_of_a_source_are_kept(filled: Store, now: datetime) -> None:
    filled.sources.create(replace(source(now, "campus"), options={"namespace": "school"}))
    found = filled.sources.get("campus")
    assert found is not None
    assert (found.namespace, found.addresses_by_email) == ("school", True)
    filled.sources.set_options("campus", {"authoritative_email": False})
    changed = filled.sources.get("campus")
    assert changed is not None
    assert (changed.namespace, changed.addresses_by_email) == ("campus", False)
