"""What waits for a person, and who says whom it means: each name at its bounds, and what is kept of it."""

from __future__ import annotations

import itertools

import pytest

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.award.waiting import (
    _require_name,
    assert_identifiers,
    assign_person,
    find_observation,
    release,
)
from credserv.records.audit import Action
from credserv.records.credentials import Recipient
from credserv.records.observations import Kind, PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, ObservationState
from credserv.records.sources import SourceRecord
from tests.testkit.observed import observe, trail
from tests.testkit.service import NOW, Service

LMS = PersonKind.LMS_ID
_numbers = itertools.count(1)


def address() -> Recipient:
    return Recipient(email=f"p{next(_numbers)}.waiting@example.org")


def waiting(here: Service) -> ObservationRecord:
    source = f"waiting-{next(_numbers)}"
    here.services.store.sources.create(SourceRecord(source, "canvas", (), {"rules": []}, NOW))
    return observe(here.services, "w-1", Kind.COMPLETED, "7", of=None, at=NOW, source=source)


@pytest.mark.parametrize(
    ("kind", "value", "namespace", "refused"),
    [
        (PersonKind.EMAIL, "a@b.example", "campus", "not as further names"),
        (PersonKind.DID, "did:web:a.example", "campus", "not as further names"),
        (LMS, "7", "", "by the name of its source"),
        (LMS, "7", "n" * 2_049, "by the name of its source"),
        (LMS, "7", "n" * 2_048, ""),
        (LMS, "", "campus", "1 to 2048 characters"),
        (LMS, "  ", "campus", "1 to 2048 characters"),
        (LMS, "7" * 2_049, "campus", "1 to 2048 characters"),
        (LMS, "7" * 2_048, "campus", ""),
        (PersonKind.USERNAME, "p", "c", ""),
    ],
)
def test_a_further_name_is_one_of_an_installation(
    kind: PersonKind, value: str, namespace: str, refused: str
) -> None:
    if not refused:
        _require_name(PersonReference(kind, value), namespace)
        return
    with pytest.raises(InputError, match=refused):
        _require_name(PersonReference(kind, value), namespace)


def test_names_of_a_person_are_kept_together_or_not_at_all(here: Service) -> None:
    services, who = here.services, address()
    names = [(PersonReference(LMS, "Seven"), "waiting"), (PersonReference(PersonKind.USERNAME, "Pat"), "w2")]
    member, woken = assert_identifiers(services, who, names, actor="test", now=NOW)
    known = {(one.kind, one.written, one.namespace) for one in services.store.members.identifiers(member.id)}
    assert {(LMS, "Seven", "waiting"), (PersonKind.USERNAME, "Pat", "w2")} <= known
    assert woken == 0
    told = [one.detail for one in trail(here, member.id) if one.action == Action.MEMBER_NAMED]
    assert told == [
        {"kind": "lms-id", "namespace": "waiting"},
        {"kind": PersonKind.USERNAME.value, "namespace": "w2"},
    ]
    with pytest.raises(ConflictError):
        assert_identifiers(
            services, address(), [(PersonReference(LMS, "8"), "waiting"), names[0]], actor="test", now=NOW
        )
    assert services.store.identifiers.named([("lms-id", "8", "waiting")]) == ()


def test_only_what_waits_for_a_person_or_for_its_date_is_decided_by_hand(here: Service) -> None:
    judged = waiting(here)
    here.services.store.observations.settle(judged.id, ObservationState.JUDGED, note="")
    with pytest.raises(ConflictError, match="waits for nobody"):
        assign_person(here.services, judged.id, address(), actor="test", now=NOW)
    with pytest.raises(ConflictError, match="is not queued"):
        release(here.services, judged.id, actor="test", now=NOW)
    for act in (
        lambda: find_observation(here.services, "none"),
        lambda: release(here.services, "none", actor="test", now=NOW),
        lambda: assign_person(here.services, "none", address(), actor="test", now=NOW),
    ):
        with pytest.raises(NotFoundError):
            act()
