"""Two memberships of one person become one: by an address that they prove, or as two wallets are joined."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import pytest

from credserv.records.credentials import Recipient
from credserv.records.people import MemberFacts, ProvedKind
from credserv.records.roles import Role
from tests.journeys.admit.test_joining import (
    CONFIRM,
    HOME,
    JOIN,
    PAT,
    person_id,
    show,
    two_wallets,
    undo_form,
)
from tests.testkit.browsing import Letters, Person
from tests.testkit.service import NOW, Service

TODAY = NOW.date()
OVER, SOON, LATER = (TODAY + timedelta(days=days) for days in (-1, 9, 99))
OWNER, ISSUER, ASSESSOR = Role.OWNER, Role.ISSUER, Role.ASSESSOR
Held = tuple[Collection[Role], date | None]
# What each has, and then the one.
CASES: list[tuple[Held, Held, Held]] = [
    # Whoever came back under a new address, and owns the organisation now, stays its owner.
    (((ISSUER,), OVER), ((OWNER,), None), ((OWNER,), None)),
    (((ISSUER,), SOON), ((OWNER,), None), ((OWNER,), None)),
    (((OWNER,), None), ((ISSUER,), SOON), ((OWNER,), None)),
    # No role lasts longer than it was given.
    (((ISSUER,), None), ((OWNER,), SOON), ((ISSUER,), None)),
    (((OWNER,), SOON), ((ISSUER,), LATER), ((ISSUER,), LATER)),
    (((), None), ((OWNER,), OVER), ((), None)),
    (((OWNER,), OVER), ((), None), ((OWNER,), OVER)),
    (((OWNER,), OVER), ((ISSUER,), None), ((ISSUER,), None)),
    (((), None), ((ISSUER,), SOON), ((ISSUER,), SOON)),
    (((ISSUER,), SOON), ((ASSESSOR,), SOON), ((ISSUER, ASSESSOR), SOON)),
]


@pytest.fixture
def letters(sqlite_service: Service) -> Letters:
    return Letters(sqlite_service)


def give(service: Service, email: str, held: Held) -> None:
    store, (roles, ends_on) = service.services.store, held
    member = store.members.add(Recipient(email=email), service.clock.now)
    store.colleagues.set_roles(member.id, roles, TODAY)
    store.roster.change_facts(member.id, MemberFacts(ends_on=ends_on))


def held_by(service: Service, email: str) -> Held:
    store = service.services.store
    member = store.members.find_by_email(email)
    assert member is not None
    return store.colleagues.written_roles(member.id), member.ends_on


def same(held: Held) -> Held:
    return frozenset(held[0]), held[1]


@pytest.mark.parametrize(("kept", "left", "joined"), CASES)
def test_an_address_that_is_proved_brings_its_roles(
    sqlite_service: Service, kept: Held, left: Held, joined: Held
) -> None:
    service, now = sqlite_service, sqlite_service.clock.now
    service.issue(email=HOME)
    Person(service).open_wallet(HOME)
    give(service, HOME, kept)
    give(service, PAT, left)
    holder = person_id(service, HOME)
    service.services.store.people.prove(holder, ProvedKind.EMAIL, PAT, added_by="test", now=now)
    assert held_by(service, PAT) == held_by(service, HOME) == same(joined)


@pytest.mark.parametrize(("kept", "left", "joined"), CASES)
def test_a_wallet_that_is_joined_brings_its_roles_and_takes_them_back(
    letters: Letters, kept: Held, left: Held, joined: Held
) -> None:
    service = letters.service
    person, _, _ = two_wallets(letters)
    give(service, HOME, kept)
    give(service, PAT, left)
    show(letters, person, PAT)
    person.follow(person.submit(CONFIRM, on=JOIN))
    assert held_by(service, PAT) == held_by(service, HOME) == same(joined)
    person.follow(person.submit(undo_form(person), on=JOIN))
    assert [held_by(service, HOME), held_by(service, PAT)] == [same(kept), same(left)]


@pytest.mark.parametrize("taken", ["the role", "by a last day"])
def test_undoing_brings_back_nothing_that_was_taken_meanwhile(letters: Letters, taken: str) -> None:
    """Or whoever was dismissed parted their wallets, and was an owner again."""
    service = letters.service
    person, _, _ = two_wallets(letters)
    give(service, HOME, ((ASSESSOR,), None))
    give(service, PAT, ((OWNER, ISSUER), None))
    give(service, "other@example.org", ((OWNER,), None))
    show(letters, person, PAT)
    person.follow(person.submit(CONFIRM, on=JOIN))
    if taken == "the role":
        give(service, PAT, ((ISSUER, ASSESSOR), None))
    else:
        give(service, PAT, ((OWNER, ISSUER, ASSESSOR), OVER))
    person.follow(person.submit(undo_form(person), on=JOIN))
    now = [held_by(service, email) for email in (HOME, PAT)]
    if taken == "the role":
        assert now == [same(((ASSESSOR,), None)), same(((ISSUER,), None))]
    else:
        assert [ends_on for _, ends_on in now] == [OVER, OVER]
