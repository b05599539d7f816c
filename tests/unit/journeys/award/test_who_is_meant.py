"""Whose a message, a skill and a handed-in credential is, and by which of their names they are found."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.award import employment
from credserv.journeys.award.employment import EmploymentSaid, confirm_employment
from credserv.journeys.award.handed_in import handed_by, take_back
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.award.replay import replay_of
from credserv.journeys.award.resolving import Resolved, resolve_person
from credserv.journeys.award.rules import rule_as_of
from credserv.journeys.award.settle import recipient_of
from credserv.journeys.award.taking_back import find_taken_back
from credserv.journeys.define.employment import require_employment
from credserv.journeys.publish.publish import set_status
from credserv.records.audit import Action
from credserv.records.credentials import CredentialRecord, CredentialState, Recipient
from credserv.records.handed_in import HandedInRecord
from credserv.records.observations import Kind, PersonKind, PersonReference
from credserv.records.observed import ObservationRecord
from credserv.records.people import AssertedIdentifierRecord, MemberFacts, MembershipRecord
from credserv.records.sources import SourceRecord
from tests.testkit.observed import observe, somebody
from tests.testkit.service import ACHIEVEMENT, NOW, Service

_numbers = itertools.count(1)
LMS = PersonKind.LMS_ID


def address() -> str:
    return f"p{next(_numbers)}.meant@example.org"


def source(here: Service, **options: Any) -> SourceRecord:
    told = {"authoritative_email": True} | options
    record = SourceRecord(f"meant-{next(_numbers)}", "canvas", (), {"rules": []}, NOW, options=told)
    here.services.store.sources.create(record)
    return record


def said(here: Service, one: SourceRecord, *people: PersonReference, **seen: Any) -> ObservationRecord:
    made = observe(
        here.services, seen.pop("event_id", f"e-{next(_numbers)}"), Kind.COMPLETED, "7", of=None, at=NOW,
        source=one.name, **seen,
    )  # fmt: skip
    return replace(made, observation=replace(made.observation, people=people))


def meant(here: Service, one: SourceRecord, *people: PersonReference, **changed: Any) -> Resolved:
    record = replace(said(here, one, *people), **changed)
    return resolve_person(here.services, one, record, introduces=True, now=NOW)


def email(value: str) -> PersonReference:
    return PersonReference(PersonKind.EMAIL, value)


def test_who_is_known_by_the_system_is_found_by_its_own_name_for_them(here: Service) -> None:
    one, pat, number = source(here), somebody(here, "meant"), str(next(_numbers))
    (known,) = here.services.store.members.identifiers(pat.id)
    assert meant(here, one).note == "the message names nobody"
    nobody = meant(here, one, PersonReference(LMS, number))
    assert (nobody.identifier, nobody.note) == (None, f"nobody here is known by lms-id {number}")
    by_address = meant(here, one, email(known.written.upper()))
    assert (by_address.identifier, by_address.has_learned) == (known, False)
    unsigned = meant(here, one, email(known.written), PersonReference(LMS, number), is_signed=False)
    assert (unsigned.identifier, unsigned.has_learned) == (known, False)
    learned = meant(here, one, email(known.written), PersonReference(LMS, number))
    assert (learned.identifier, learned.has_learned) == (known, True)
    own = meant(here, one, email(known.written), PersonReference(LMS, number))
    assert own.identifier is not None
    assert (own.identifier.kind, own.identifier.value, own.has_learned) == (LMS, number, False)
    other = meant(here, one, email(known.written), PersonReference(LMS, "other"))
    assert (other.is_conflict, other.identifier) == (True, None)
    ann = somebody(here, "meant")
    (hers,) = here.services.store.members.identifiers(ann.id)
    two = meant(here, one, email(hers.written), PersonReference(LMS, number))
    assert (two.is_conflict, two.note.endswith("these are two people here")) == (True, True)


def test_only_a_source_that_is_the_authority_on_addresses_introduces_people(here: Service) -> None:
    one, new = source(here), address()
    waits = resolve_person(here.services, one, said(here, one, email(new)), introduces=False, now=NOW)
    assert (waits.is_introduction, waits.identifier) == (True, None)
    assert here.services.store.members.find_by_email(new) is None
    number = PersonReference(LMS, str(next(_numbers)))
    made = meant(here, one, email(new), number)
    assert made.identifier is not None
    assert made.has_learned
    member = here.services.store.members.find_by_email(new)
    assert member is not None
    assert made.identifier.membership_id == member.id
    did = meant(here, one, PersonReference(PersonKind.DID, f"did:web:p{next(_numbers)}.example"))
    assert did.identifier is not None
    own_names = PersonReference(LMS, "did:web:lms.example"), PersonReference(PersonKind.DID, "nobody")
    for wrong in (email("nobody"), *own_names):
        assert meant(here, one, wrong).note.startswith("nobody here is known by")
    humble = source(here, authoritative_email=False)
    assert meant(here, humble, email(new)).note.startswith("nobody here is known by")
    later = meant(here, humble, email(address()), number)
    assert (later.identifier, later.is_introduction) == (None, False)


def test_a_name_that_was_handed_on_is_not_its_new_owners_for_what_was_before(here: Service) -> None:
    one, pat = source(here), somebody(here, "meant")
    (known,) = here.services.store.members.identifiers(pat.id)
    here.services.store.identifiers.end(known.id, NOW.replace(hour=10))
    found = meant(here, one, email(known.written))
    assert (found.identifier, found.note.endswith("another person's at the time of the event")) == (
        None,
        True,
    )


def test_what_takes_nothing_back_takes_not_even_back_what_is_called_none(here: Service) -> None:
    one = source(here)
    called = said(here, one, event_id="None")
    assert find_taken_back(here.services, said(here, one)) is None
    back = said(here, one, supersedes="None")
    assert find_taken_back(here.services, back) == here.services.store.observations.get(called.id)
    own = replace(back, observation=replace(back.observation, supersedes=back.observation.event_id))
    assert find_taken_back(here.services, own) is None


def badge(here: Service, pat: MembershipRecord, key: str) -> CredentialRecord:
    (known,) = here.services.store.members.identifiers(pat.id)
    request = OrderRequest(f"meant-{next(_numbers)}", key, Recipient(email=known.written))
    return award_request(here.services, "meant", request, now=NOW)[0]


def test_an_employer_confirms_each_skill_of_a_badge_that_stands_once(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, pat = here.services, somebody(here, "meant")
    services.store.roster.change_facts(pat.id, MemberFacts("Pat", starts_on=date(2024, 2, 1)))
    known = services.store.roster.get(pat.id)
    assert known is not None
    version = require_employment(services, actor="test", now=NOW)

    def skills() -> list[str]:
        record, _ = confirm_employment(services, known, EmploymentSaid("N"), version, actor="test", now=NOW)
        results = [one for one in record.order.results if one["resultDescription"].endswith("#skills")]
        for one in results:
            assert one["value"] == ", ".join(each["targetName"] for each in one["alignment"])
        return [each["targetUrl"] for one in results for each in one["alignment"]]

    assert skills() == []
    first, second = badge(here, pat, "active-listening"), badge(here, pat, "ict-troubleshooting")
    urls = [
        one["targetUrl"]
        for record in (second, first)
        for one in json.loads(record.signed or b"{}")["credentialSubject"]["achievement"]["alignment"]
    ]
    assert len(urls) > 2
    assert sorted(skills()) == sorted(set(urls))
    monkeypatch.setattr(employment, "_MAX_SKILLS", 2)
    assert len(skills()) == 2
    monkeypatch.undo()
    again = [badge(here, pat, ACHIEVEMENT) for _ in range(2)]
    assert len({one.id for one in again}) == 2
    assert len(skills()) == len(set(skills())) > len(set(urls)), "each once"
    for record in again:
        set_status(services, record.id, CredentialState.SUSPENDED, reason="x", actor="test", now=NOW)
    for record in (first, second):
        set_status(services, record.id, CredentialState.SUSPENDED, reason="x", actor="test", now=NOW)
    assert skills() == []


def test_what_was_handed_in_is_taken_back_by_its_person_alone(here: Service) -> None:
    services, pat, ann = here.services, somebody(here, "meant"), somebody(here, "meant")
    facts = {
        "id": "urn:1", "name": "Aid", "issuer": "did:web:a.example", "issuer_name": "", "achievement": "",
        "alignments": [], "is_trusted": True, "is_in_force": True, "valid_until": None, "levels": None,
    }  # fmt: skip
    record = HandedInRecord(f"h{next(_numbers)}", pat.id, "0" * 64, facts, NOW, NOW, NOW)
    assert services.store.handed_in.add(record, b"{}")
    assert [one.id for one in handed_by(services, pat.person_id, now=NOW)] == [record.id]
    assert handed_by(services, "nobody", now=NOW) == ()
    for who, what in ((ann.person_id, record.id), ("nobody", record.id), (pat.person_id, "other")):
        with pytest.raises(NotFoundError, match="no such credential"):
            take_back(services, who, what, now=NOW)
    take_back(services, pat.person_id, record.id, now=NOW)
    assert handed_by(services, pat.person_id, now=NOW) == ()
    lines = services.store.audit.of_subject(record.id)
    assert [(one.action, one.actor) for one in lines] == [
        (Action.CREDENTIAL_TAKEN_BACK, f"person:{pat.person_id}")
    ]


def test_replay_judges_nothing_where_the_source_or_the_rule_is_gone(here: Service) -> None:
    record = badge(here, somebody(here, "meant"), ACHIEVEMENT)
    assert rule_as_of(here.services, ACHIEVEMENT, 99) is None
    mapping = {"mapping": {"source": "gone", "rules": []}, "observations": []}
    rule = {"rule": {"achievement": ACHIEVEMENT, "version": 99}, "observations": []}
    for scope, grounds in (("hook:gone", mapping), (f"rule:{ACHIEVEMENT}", rule)):
        order = replace(record.order, scope=scope, grounds=grounds)
        found = replay_of(here.services, replace(record, order=order))
        assert (found.then, found.now, found.rule, found.is_recorded) == (
            "not judged",
            "not judged",
            None,
            True,
        )


def test_what_is_ordered_goes_to_the_newest_address_that_is_still_theirs() -> None:
    def goes_to(*names: tuple[PersonKind, str, bool]) -> Recipient:
        known = [
            AssertedIdentifierRecord("i", "m", kind, value.lower(), value, NOW, None if lives else NOW, "")
            for kind, value, lives in names
        ]
        members = SimpleNamespace(identifiers=lambda member: known if member == "m" else ())
        services: Any = SimpleNamespace(store=SimpleNamespace(members=members))
        return employment._recipient(services, MembershipRecord("m", "p", NOW, name="Pat"))

    email, other = (PersonKind.EMAIL, "Pat@A.example", True), (PersonKind.EMAIL, "b@b.example", True)
    did = (PersonKind.DID, "did:web:a", True)
    assert goes_to(email, other) == Recipient(email="b@b.example", name="Pat")
    assert goes_to(email, (*other[:2], False)) == Recipient(email="Pat@A.example", name="Pat")
    assert goes_to(email, did) == Recipient(did="did:web:a", name="Pat")
    assert goes_to(did, email, (LMS, "7", True)) == Recipient(email="Pat@A.example", name="Pat")
    for nobody in ((), ((LMS, "7", True),), ((*email[:2], False), (*did[:2], False))):
        with pytest.raises(InputError, match="would reach nobody"):
            goes_to(*nobody)


def test_a_member_is_reached_by_an_address_before_a_did_and_by_their_name() -> None:
    def reached(*names: tuple[PersonKind, str, bool], name: str | None = "Pat") -> Recipient | None:
        known = [
            AssertedIdentifierRecord("i", "m", kind, value.lower(), value, NOW, None if lives else NOW, "")
            for kind, value, lives in names
        ]
        store = SimpleNamespace(
            members=SimpleNamespace(identifiers=lambda _: known),
            roster=SimpleNamespace(get=lambda _: None if name is None else SimpleNamespace(name=name)),
        )
        services: Any = SimpleNamespace(store=store)
        return recipient_of(services, "m")

    email, did = (PersonKind.EMAIL, "Pat@A.example", True), (PersonKind.DID, "did:web:a", True)
    assert reached(email, did) == reached(did, email) == Recipient(email="Pat@A.example", name="Pat")
    assert reached(did) == Recipient(did="did:web:a", name="Pat")
    assert reached((*email[:2], False), did) == Recipient(did="did:web:a", name="Pat")
    assert reached(email, name=None) == Recipient(email="Pat@A.example")
    assert reached() is reached((LMS, "7", True)) is reached((*did[:2], False)) is None


def test_an_address_is_learned_of_who_has_none_from_who_is_the_authority_on_addresses(here: Service) -> None:
    members, kept = here.services.store.members, here.services.store.identifiers
    taken = members.identifiers(somebody(here, "meant").id)[0].written

    def learns(written: str, **options: Any) -> tuple[bool, str | None]:
        one, number = source(here, **options), PersonReference(LMS, str(next(_numbers)))
        member = members.add(Recipient(did=f"did:web:p{next(_numbers)}.example"), NOW)
        kept.add(member.id, (LMS.value, number.value, one.namespace), written=number.value, now=NOW)
        found = meant(here, one, number, email(written))
        own = [name.written for name in members.identifiers(member.id) if name.kind is PersonKind.EMAIL]
        return found.has_learned, own[0] if own else None

    new = address()
    assert learns(f" {new.upper()} ") == (True, new.upper())
    assert members.find_by_email(new) is not None
    assert learns(address(), authoritative_email=False) == (False, None)
    assert learns("nobody") == (False, None)
    known, number = somebody(here, "meant"), PersonReference(LMS, str(next(_numbers)))
    one = source(here)
    kept.add(known.id, (LMS.value, number.value, one.namespace), written=number.value, now=NOW)
    assert not meant(here, one, number, email(address())).has_learned, "they have an address"
    gone = members.identifiers(somebody(here, "meant").id)[0]
    kept.end(gone.id, NOW.replace(hour=8))
    assert learns(gone.written) == (False, None), "it was somebody else's"
    assert learns(taken) == (False, None), "these are two people"


def test_a_name_that_another_process_gave_a_moment_ago_is_not_learned(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: Any, **__: Any) -> Any:
        raise ConflictError("it is somebody else's")

    one, pat = source(here), somebody(here, "meant")
    (known,) = here.services.store.members.identifiers(pat.id)
    monkeypatch.setattr(type(here.services.store.identifiers), "add", taken)
    found = meant(here, one, email(known.written), PersonReference(LMS, str(next(_numbers))))
    assert (found.identifier, found.has_learned) == (known, False)
