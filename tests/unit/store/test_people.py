"""People are found however their address is written, and joined by what they prove, never by an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.records.credentials import Recipient
from credserv.records.organisations import OrganisationRecord
from credserv.records.people import (
    AssertedIdentifierRecord,
    AssertedKind,
    PersonRecord,
    ProvedKind,
    ShareRecord,
)
from credserv.store.frame.database import open_engine
from credserv.store.store import Store
from tests.unit.store.samples import held, image, issue, order, reserve, version


def test_one_address_is_one_member(filled: Store, now: datetime) -> None:
    first = reserve(filled, order(now, email="Ann@Example.org", name=None), now)
    second = reserve(filled, order(now, email=" ann@example.ORG ", name="Ann"), now + timedelta(1))
    third = reserve(filled, order(now, email="ann@example.org", name="Someone Else"), now)

    assert first.person_id == second.person_id == third.person_id
    assert first.identifier_id == second.identifier_id == third.identifier_id
    member = filled.members.find_by_email("ANN@example.org")
    assert member is not None
    assert member == filled.members.of_person(first.person_id)
    assert (member.name, member.created_at) == ("Ann", now)
    assert filled.people.get(first.person_id) == PersonRecord(first.person_id, "Ann", now)
    assert filled.members.identifiers(member.id) == (
        AssertedIdentifierRecord(
            first.identifier_id, member.id, AssertedKind.EMAIL, "ann@example.org", "Ann@example.org", now
        ),
    )
    assert filled.members.email_of(first.person_id) == "Ann@example.org"


def test_b1_domain_in_letters_and_as_a_label_is_one_member(filled: Store, now: datetime) -> None:
    first = reserve(filled, order(now, email="Pat@xn--bcher-kva.example"), now)
    second = reserve(filled, order(now, email="pat@bu\u0308cher.example"), now)
    other = reserve(filled, order(now, email="pat@fass.example"), now)
    sharp = reserve(filled, order(now, email="pat@faß.example"), now)

    assert first.person_id == second.person_id
    assert len({first.person_id, other.person_id, sharp.person_id}) == 3
    assert filled.members.email_of(first.person_id) == "Pat@bücher.example"


def test_b1_who_was_kept_under_an_a_label_is_found_in_either_spelling(
    filled: Store, database_url: str, now: datetime
) -> None:
    known = reserve(filled, order(now, email="pat@bücher.example"), now)
    engine = open_engine(database_url)
    with engine.begin() as connection:  # as versions before 2026-12 kept it
        connection.execute(text("UPDATE asserted_identifiers SET value = 'pat@xn--bcher-kva.example'"))
    engine.dispose()

    for written in ("pat@bücher.example", "PAT@xn--bcher-kva.example", "pat@bu\u0308cher.example"):
        member = filled.members.find_by_email(written)
        assert member is not None
        assert member.person_id == known.person_id
        assert reserve(filled, order(now, email=written), now).person_id == known.person_id


def test_a_did_alone_is_a_member(filled: Store, now: datetime) -> None:
    first = reserve(filled, order(now, email=None, did="did:key:z6Mk1"), now)
    second = reserve(filled, order(now, email=None, did="did:key:z6Mk1"), now)

    assert first.person_id == second.person_id
    member = filled.members.of_person(first.person_id)
    assert member is not None
    (identifier,) = filled.members.identifiers(member.id)
    assert (identifier.kind, identifier.value) == (AssertedKind.DID, "did:key:z6Mk1")
    assert filled.members.email_of(first.person_id) is None


def test_what_an_order_asserts_proves_nothing(filled: Store, now: datetime) -> None:
    ordered = reserve(filled, order(now), now)

    assert filled.people.proved(ordered.person_id) == ()
    assert filled.people.find_proved(ProvedKind.EMAIL, "ann@example.org") is None


def test_a_mailbox_that_changed_hands_is_another_person_from_then_on(filled: Store, now: datetime) -> None:
    before = issue(filled, now)
    filled.members.end_identifier(before.identifier_id, now, now)
    filled.members.end_identifier(before.identifier_id, now + timedelta(days=1), now)
    after = issue(filled, now)

    assert after.person_id != before.person_id
    assert [one.ended_at for one in _identifiers(filled, before.person_id)] == [now]
    assert filled.members.email_of(before.person_id) is None
    # Who proves the mailbox now is its new owner: what the old one earned is not theirs.
    taken = filled.people.prove(
        after.person_id, ProvedKind.EMAIL, "ann@example.org", added_by="mail", now=now
    )
    assert taken == ()
    assert held(filled, before.person_id) == (before,)
    with pytest.raises(NotFoundError):
        filled.members.end_identifier("nobody's", now, now)


def test_a_proof_joins_what_every_organisation_asserts(filled: Store, now: datetime) -> None:
    other = _another(filled, now)
    first, second = issue(filled, now), issue(other, now, order(now, email="ANN@example.org"))
    assert first.person_id != second.person_id
    share = ShareRecord("5" * 64, (second.id,), second.person_id, now)
    other.shares.create(share)

    taken = filled.people.prove(
        first.person_id, ProvedKind.EMAIL, "Ann@Example.org", added_by="mail", now=now
    )
    assert taken == (second.id,)
    assert [one.id for one in held(other, first.person_id)] == [second.id]
    member = other.members.of_person(first.person_id)
    assert member == other.members.find_by_email("ann@example.org")
    assert other.shares.of_person(first.person_id) == (replace(share, person_id=first.person_id),)
    (line,) = other.audit.of_subject(second.identifier_id)
    assert (line.actor, line.action) == (f"person:{first.person_id}", "person.claimed")
    assert filled.audit.of_subject(second.identifier_id) == ()
    # Again, with what was ordered meanwhile: of a third organisation, and of one that is known.
    third = issue(_another(filled, now, "c"), now)
    fourth = issue(other, now)
    assert fourth.person_id == first.person_id
    later = now + timedelta(days=1)
    taken = filled.people.prove(
        first.person_id, ProvedKind.EMAIL, "ann@example.org", added_by="mail", now=later
    )
    assert taken == (third.id,)
    (proof,) = filled.people.proved(first.person_id)
    assert proof == filled.people.find_proved(ProvedKind.EMAIL, "ANN@example.org")
    assert (proof.value, proof.verified_at, proof.added_by) == ("ann@example.org", now, "mail")


def test_a_proof_joins_two_memberships_of_one_organisation(filled: Store, now: datetime) -> None:
    work = issue(filled, now)
    private = issue(filled, now, order(now, email="ann@home.example", name="A. Private"))
    filled.people.prove(work.person_id, ProvedKind.EMAIL, "ann@example.org", added_by="mail", now=now)
    taken = filled.people.prove(
        work.person_id, ProvedKind.EMAIL, "ann@home.example", added_by="mail", now=now
    )

    assert taken == (private.id,)
    assert {one.id for one in held(filled, work.person_id)} == {work.id, private.id}
    assert {one.value for one in _identifiers(filled, work.person_id)} == {
        "ann@example.org",
        "ann@home.example",
    }
    assert filled.members.of_person(private.person_id) is None
    for known in ("ann@home", "ann@example", "private"):
        assert len(filled.credentials.search(known, limit=9).items) == 2


def test_attack_97_nobody_who_has_proved_anything_is_taken_over(filled: Store, now: datetime) -> None:
    victim = issue(filled, now, order(now, email="victim@example.org"))
    filled.people.prove(victim.person_id, ProvedKind.DID, "did:key:z6MkVictim", added_by="did", now=now)
    (proof,) = filled.people.proved(victim.person_id)
    eve = issue(filled, now, order(now, email="eve@example.org"))
    for ended in (False, True):
        if ended:
            filled.people.end_proved(victim.person_id, proof.id, now)
        assert not filled.people.prove(
            eve.person_id, ProvedKind.EMAIL, "victim@example.org", added_by="mail", now=now
        )
        assert [one.id for one in held(filled, victim.person_id)] == [victim.id]


def test_what_one_person_proved_no_other_proves(filled: Store, now: datetime) -> None:
    ann, bob = issue(filled, now), issue(filled, now, order(now, email="bob@example.org"))
    filled.people.prove(ann.person_id, ProvedKind.OIDC, "https://idp.example#7", added_by="oidc", now=now)

    with pytest.raises(ConflictError, match="another person"):
        filled.people.prove(bob.person_id, ProvedKind.OIDC, "https://idp.example#7", added_by="oidc", now=now)
    with pytest.raises(NotFoundError):
        filled.people.prove("nobody", ProvedKind.EMAIL, "n@example.org", added_by="mail", now=now)
    (proof,) = filled.people.proved(ann.person_id)
    with pytest.raises(NotFoundError):
        filled.people.end_proved(bob.person_id, proof.id, now)
    filled.people.end_proved(ann.person_id, proof.id, now)
    filled.people.end_proved(ann.person_id, proof.id, now + timedelta(days=1))
    assert filled.people.proved(ann.person_id) == (replace(proof, ended_at=now),)
    filled.people.prove(bob.person_id, ProvedKind.OIDC, "https://idp.example#7", added_by="oidc", now=now)


def _another(store: Store, now: datetime, name: str = "b") -> Store:
    did = f"did:web:{name}.example"
    store.organisations.create(OrganisationRecord(did, {}, id=name, name=name), now)
    other = store.of(name)
    other.achievements.add(version(now), [image()])
    return other


def _identifiers(store: Store, person_id: str) -> tuple[AssertedIdentifierRecord, ...]:
    member = store.members.of_person(person_id)
    assert member is not None
    return store.members.identifiers(member.id)


def test_an_order_cannot_reach_into_anothers_wallet_by_a_did(filled: Store, now: datetime) -> None:
    victim = reserve(filled, order(now, email=None, did="did:key:z6MkVictim"), now)
    eve = reserve(filled, order(now, email="eve@example.org", did="did:key:z6MkVictim"), now)

    assert eve.person_id != victim.person_id
    assert (
        reserve(filled, order(now, email=None, did="did:key:z6MkVictim"), now).person_id == victim.person_id
    )


def test_nobody_is_no_recipient(filled: Store, now: datetime) -> None:
    with pytest.raises(InputError, match="recipient"):
        reserve(filled, replace(order(now), recipient=Recipient(name="Nobody")), now)
    assert filled.people.get("x") is None
    assert filled.members.find_by_email("x@example.org") is None


def _share(store: Store, now: datetime, token: str = "1" * 64) -> ShareRecord:
    credential = issue(store, now)
    share = ShareRecord(token, (credential.id,), credential.person_id, now, "for the new employer")
    store.shares.create(share)
    return share


def test_a_share_is_found_and_ended_once(filled: Store, now: datetime) -> None:
    share = _share(filled, now)
    assert filled.shares.get(share.token_sha256) == share

    filled.shares.end(share.token_sha256, share.person_id, now + timedelta(1))
    filled.shares.end(share.token_sha256, share.person_id, now + timedelta(2))
    ended = replace(share, ended_at=now + timedelta(1))
    assert filled.shares.get(share.token_sha256) == ended
    newer = _share(filled, now + timedelta(3), "2" * 64)
    assert filled.shares.of_person(share.person_id) == (newer, ended)


def test_only_ones_own_credential_and_link(filled: Store, now: datetime) -> None:
    share = _share(filled, now)
    bob = issue(filled, now, order(now, email="bob@example.org"))

    with pytest.raises(NotFoundError):
        filled.shares.create(replace(share, token_sha256="3" * 64, person_id=bob.person_id))
    for token, holder in ((share.token_sha256, bob.person_id), ("4" * 64, share.person_id)):
        with pytest.raises(NotFoundError):
            filled.shares.end(token, holder, now)
    with pytest.raises(ConflictError):
        filled.shares.create(share)
    assert filled.shares.get(share.token_sha256) == share
    assert filled.shares.get("3" * 64) is None
