"""Whose an observation is: what waits for a name, goes on when it is learned, and is decided by a person."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from credserv.journeys.award import settle as settling
from credserv.journeys.award.settle import NO_ADDRESS, settle
from credserv.journeys.award.taking_back import NOT_HERE
from credserv.journeys.award.waiting import assign_person, try_again
from credserv.records.credentials import Recipient
from credserv.records.observations import Kind, PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, ObservationState
from tests.testkit.observed import somebody
from tests.testkit.service import NOW, Service
from tests.unit.journeys.award.test_acted_on import MET, Says, heard, number, source

_numbers = itertools.count(1)


def test_what_is_settled_stays_and_nobody_is_awarded_what_would_reach_nobody(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, one, who, pat = here.services, source(here), number(), somebody(here, "acted")
    judged = replace(heard(here, one), state=ObservationState.JUDGED, source="gone")
    assert settle(services, judged, now=NOW) is judged
    monkeypatch.setattr(settling, "judges_of", lambda *_: (Says(MET),))
    monkeypatch.setattr(settling, "act_on", lambda *_, **__: NO_ADDRESS)
    name = (who.kind.value, who.value, one.namespace)
    services.store.identifiers.add(pat.id, name, written=who.value, now=NOW)
    waits = settle(services, heard(here, one, who), now=NOW)
    assert (waits.state, waits.note) == (ObservationState.WAITING, NO_ADDRESS)


@pytest.mark.parametrize(
    ("kind", "is_learned", "wakes"),
    [
        (Kind.COMPLETED, False, False),
        (Kind.COMPLETED, True, True),
        (Kind.IDENTITY, False, True),
        (Kind.IDENTITY, True, True),
    ],
)
def test_what_waited_for_a_name_goes_on_when_it_is_learned_or_told(
    here: Service, kind: Kind, is_learned: bool, wakes: bool
) -> None:
    services, one, who, pat = here.services, source(here), number(), somebody(here, "acted")
    waiting = settle(services, heard(here, one, who), now=NOW)
    assert waiting.state is ObservationState.WAITING
    if not is_learned:
        name = (who.kind.value, who.value, one.namespace)
        services.store.identifiers.add(pat.id, name, written=who.value, now=NOW)
    (address,) = (
        name for name in services.store.members.identifiers(pat.id) if name.kind is PersonKind.EMAIL
    )
    said = heard(here, one, PersonReference(PersonKind.EMAIL, address.written), who, kind=kind)
    assert settle(services, said, now=NOW).state is ObservationState.JUDGED
    after = services.store.observations.get(waiting.id)
    assert after is not None
    assert (after.state is ObservationState.JUDGED) is wakes


def test_what_names_nobody_waits_for_what_it_takes_back_and_two_people_are_a_conflict(here: Service) -> None:
    services, one, who = here.services, source(here), number()
    taken = f"taken-{next(_numbers)}"
    taker = heard(here, one, supersedes=taken, kind=Kind.UNCOMPLETED)
    waits = settle(services, taker, now=NOW)
    assert (waits.state, waits.note) == (ObservationState.WAITING, NOT_HERE)
    kept = services.store.observations.get(taker.id)
    assert kept is not None
    assert (kept.state, kept.note) == (ObservationState.WAITING, NOT_HERE)
    assert not settling._is_known_now(services, one, taker)
    first = heard(here, one, who, name=taken)
    assert not settling._is_known_now(services, one, taker), "it is here, and nobody's"
    assert not settling._is_known_now(services, one, first)
    pat = somebody(here, "acted")
    services.store.identifiers.add(
        pat.id, (who.kind.value, who.value, one.namespace), written=who.value, now=NOW
    )
    assert settling._is_known_now(services, one, first)
    early = heard(here, one, supersedes=taken, kind=Kind.UNCOMPLETED)
    assert settle(services, early, now=NOW).state is ObservationState.WAITING
    settle(services, first, now=NOW)
    assert settling._is_known_now(services, one, taker)
    for woken in (taker, early):
        kept = services.store.observations.get(woken.id)
        assert kept is not None
        assert kept.state is ObservationState.JUDGED
    (address,) = (name.written for name in services.store.members.identifiers(somebody(here, "acted").id))
    two = settle(services, heard(here, one, who, PersonReference(PersonKind.EMAIL, address)), now=NOW)
    assert two.state is ObservationState.CONFLICT


@pytest.mark.parametrize(
    ("state", "is_known", "asked"),
    [
        (ObservationState.WAITING, True, 2),
        (ObservationState.WAITING, False, 1),
        (ObservationState.CONFLICT, True, 1),
    ],
)
def test_who_became_known_a_moment_before_it_began_to_wait_is_asked_for_again(
    here: Service, monkeypatch: pytest.MonkeyPatch, state: ObservationState, is_known: bool, asked: int
) -> None:
    found: list[ObservationRecord] = []

    def find(_services: Any, _source: Any, record: ObservationRecord, *_: Any) -> Any:
        found.append(record)
        return replace(record, state=state), False

    monkeypatch.setattr(settling, "_find_person", find)
    monkeypatch.setattr(settling, "_is_known_now", lambda *_: is_known)
    assert settle(here.services, heard(here, source(here)), now=NOW).state is state
    assert len(found) == asked


def test_what_takes_back_teaches_nothing_that_others_wait_for(here: Service) -> None:
    services, one, who, pat = here.services, source(here), number(), somebody(here, "acted")
    other = number()

    def name(person: PersonReference) -> None:
        kept = (person.kind.value, person.value, one.namespace)
        services.store.identifiers.add(pat.id, kept, written=person.value, now=NOW)

    name(who)
    taken = settle(services, heard(here, one, who), now=NOW)
    waiting = settle(services, heard(here, one, other), now=NOW)
    name(other)
    taker = heard(here, one, supersedes=taken.observation.event_id, kind=Kind.UNCOMPLETED)
    assert settle(services, taker, now=NOW).state is ObservationState.JUDGED
    after = services.store.observations.get(waiting.id)
    assert after is not None
    assert after.state is ObservationState.WAITING


def test_whom_names_mean_is_decided_once_for_all_that_wait_and_takes_nobody_elses(here: Service) -> None:
    services, one, who, theirs = here.services, source(here), number(), number()
    other, told = somebody(here, "acted"), Recipient(email=f"p{next(_numbers)}.settled@example.org")

    def names(person: PersonReference) -> list[str]:
        kept = (person.kind.value, person.value, one.namespace)
        return [name.membership_id for name in services.store.identifiers.named([kept])]

    services.store.identifiers.add(
        other.id, (theirs.kind.value, theirs.value, one.namespace), written=theirs.value, now=NOW
    )
    mail = PersonReference(PersonKind.EMAIL, f"q{next(_numbers)}.settled@example.org")
    humble = replace(one, options={})
    waits, also = (settle(services, heard(here, humble, who), now=NOW) for _ in range(2))
    assert waits.state is also.state is ObservationState.WAITING
    assert assign_person(services, waits.id, told, actor="test", now=NOW).state is ObservationState.JUDGED
    member = services.store.members.find_by_email(told.email or "")
    assert member is not None
    assert names(who) == [member.id]
    went_on = services.store.observations.get(also.id)
    assert went_on is not None
    assert (went_on.state, went_on.membership_id) == (ObservationState.JUDGED, member.id)
    two = settle(services, heard(here, one, who, theirs, mail), now=NOW)
    assert two.state is ObservationState.CONFLICT
    decided = assign_person(services, two.id, told, actor="test", now=NOW)
    assert (decided.state, decided.membership_id) == (ObservationState.JUDGED, member.id)
    assert names(theirs) == [other.id]
    assert services.store.members.find_by_email(mail.value) is None
    waits = settle(services, heard(here, one, number()), now=NOW)
    assert try_again(services, one.name, now=NOW) == 0
    known = services.store.observations.get(waits.id)
    assert known is not None
    name = waits.observation.people[0]
    services.store.identifiers.add(
        other.id, (name.kind.value, name.value, one.namespace), written=name.value, now=NOW
    )
    assert try_again(services, one.name, now=NOW) == 1
