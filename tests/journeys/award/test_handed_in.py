"""A badge of another issuer counts toward ours once its person handed it in, for as long as it stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.errors import InputError, NotFoundError, UnavailableError
from credserv.journeys.award import handed_in
from credserv.journeys.award.dry_run import Foresight, dry_run
from credserv.journeys.award.handed_in import hand_in, handed_by, look_again, take_back
from credserv.journeys.award.replay import replay
from credserv.journeys.check.check import check
from credserv.journeys.define.rules import require_rule, set_rule
from credserv.journeys.transfer.imports import keep_import
from credserv.journeys.trust.refresh import add_issuer
from credserv.records.audit import Action
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.people import ProvedKind
from credserv.trust.trust_list import parse_trusted_issuers
from tests.testkit.browsing import Person
from tests.testkit.service import NOW, Service, make_service
from tests.testkit.skills import ISSUERS, SkillCredentials

PAT, SKILL, EARNED = "pat@example.org", "https://frameworks.example/skills/lead", "active-listening"
DID = "did:web:pat.example"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SkillCredentials:
    return SkillCredentials(tmp_path_factory.mktemp("issuers"))


@pytest.fixture
def service(sqlite_template: Path, tmp_path: Path, made: SkillCredentials) -> Service:
    (tmp_path / "credserv.sqlite").write_bytes(sqlite_template.read_bytes())
    return make_service(f"sqlite:///{tmp_path / 'credserv.sqlite'}", tmp_path, fetcher=made)


@pytest.fixture
def pat(service: Service) -> str:
    """Signed in once, a member here, with a DID that they have proved."""
    people = service.services.store.people
    person_id = people.add("Pat", NOW)
    service.services.store.members.add(Recipient(email=PAT, name="Pat"), NOW)
    people.prove(person_id, ProvedKind.EMAIL, PAT, added_by="a test", now=NOW)
    people.prove(person_id, ProvedKind.DID, DID, added_by="a test", now=NOW)
    return person_id


def written(made: SkillCredentials, name: str, **more: Any) -> bytes:
    described = {"id": name, "issuer": "a", "alignment": [SKILL], "holder": DID, **more}
    return made.write(described).read_bytes()


def rule(service: Service, **leaf: Any) -> dict[str, Any]:
    document = {"when": {"credential": {"alignment": SKILL, **leaf}}}
    set_rule(service.services, EARNED, document, actor="test", now=NOW)
    return document


def trust(service: Service, name: str) -> None:
    told = {"issuers": [{"id": ISSUERS[name].did, "name": f"Issuer {name}"}]}
    (issuer,) = parse_trusted_issuers(json.dumps(told).encode()).issuers
    add_issuer(service.services, "", issuer, actor="test", now=NOW)


def earned(service: Service) -> list[CredentialState]:
    found = service.services.store.credentials.search("", limit=20).items
    return [one.state for one in found if one.order.achievement_key == EARNED]


def test_what_is_handed_in_earns_a_badge_of_an_issuer_that_the_rule_names(
    service: Service, made: SkillCredentials, pat: str
) -> None:
    rule(service, issuer=ISSUERS["a"].did)
    hand_in(service.services, pat, written(made, "other", issuer="c"), now=NOW)
    assert earned(service) == []  # verified, and of another issuer
    content = written(made, "right")
    hand_in(service.services, pat, content, now=NOW)
    hand_in(service.services, pat, content, now=NOW)
    assert earned(service) == [CredentialState.ACTIVE]
    assert [one.counts for one in handed_by(service.services, pat, now=NOW)] == [True, True]
    (record,) = [
        one
        for one in service.services.store.credentials.search("", limit=9).items
        if one.order.achievement_key == EARNED
    ]
    assert record.order.grounds is not None
    assert record.order.grounds["credentials"] == ["urn:example:right"]
    assert replay(service.services, record.id).then == "met"
    kept = hashlib.sha256(content).hexdigest()
    (handed,) = [one for one in handed_by(service.services, pat, now=NOW) if one.sha256 == kept]
    with pytest.raises(NotFoundError):
        take_back(service.services, service.services.store.people.add("Sam", NOW), handed.id, now=NOW)
    take_back(service.services, pat, handed.id, now=NOW)
    assert earned(service) == [CredentialState.SUSPENDED]
    assert service.services.store.handed_in.content(handed.id) is None


def test_only_issuers_that_the_organisation_trusts_count_unless_a_rule_names_one(
    service: Service, made: SkillCredentials, pat: str
) -> None:
    document = rule(service)
    hand_in(service.services, pat, written(made, "listed-later", issuer="c"), now=NOW)
    assert earned(service) == []
    trust(service, "c")
    service.clock.advance(days=2)
    look_again(service.services, clock=service.clock, stopping=lambda: False)
    assert earned(service) == [CredentialState.ACTIVE]
    wanted = require_rule(service.services, EARNED, document)
    (one,) = dry_run(service.services, wanted, now=service.clock.now).people
    assert one.foresight is Foresight.HAS_IT


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({"holder": "did:web:sam.example"}, "does not name you"),
        ({"tampered": True}, "does not count"),
        ({"status": "revoked"}, "does not count"),
    ],
)
def test_attack_w12_what_is_anothers_or_not_good_counts_for_nobody(
    service: Service, made: SkillCredentials, pat: str, described: Mapping[str, Any], words: str
) -> None:
    rule(service, issuer=ISSUERS["a"].did)
    name = hashlib.sha256(repr(described).encode()).hexdigest()[:12]
    with pytest.raises(InputError, match=words):
        hand_in(service.services, pat, written(made, name, **described), now=NOW)
    assert handed_by(service.services, pat, now=NOW) == ()
    assert earned(service) == []


def test_what_cannot_be_checked_does_not_count_and_takes_nothing_away(
    service: Service, made: SkillCredentials, pat: str
) -> None:
    rule(service, issuer=ISSUERS["a"].did)
    with pytest.raises(UnavailableError):
        hand_in(service.services, pat, written(made, "unreached", status="unreachable"), now=NOW)
    content = written(made, "later")
    hand_in(service.services, pat, content, now=NOW)
    nowhere = made.folder / "hosts.json"
    kept = nowhere.read_text()
    nowhere.write_text("{}")
    service.clock.advance(days=2)
    cold = replace(service.services)
    assert look_again(cold, clock=service.clock, stopping=lambda: False) == 1
    assert earned(service) == [CredentialState.ACTIVE]
    nowhere.write_text(kept)
    written(made, "later", status="revoked")
    service.clock.advance(days=2)
    look_again(cold, clock=service.clock, stopping=lambda: False)
    assert earned(service) == [CredentialState.SUSPENDED]
    written(made, "later")
    service.clock.advance(days=2)
    look_again(cold, clock=service.clock, stopping=lambda: False)
    assert earned(service) == [CredentialState.ACTIVE]


def test_one_over_which_a_check_stumbles_keeps_no_other_from_being_looked_at(
    service: Service, made: SkillCredentials, pat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(service, issuer=ISSUERS["a"].did)
    bad = written(made, "bad")
    for content in (bad, written(made, "well")):
        hand_in(service.services, pat, content, now=NOW)

    def stumble(services: Any, *, data: bytes, **more: Any) -> Any:
        if data == bad:
            raise ZeroDivisionError
        return check(services, data=data, **more)

    monkeypatch.setattr(handed_in, "check", stumble)
    service.clock.advance(days=2)
    assert look_again(service.services, clock=service.clock, stopping=lambda: False) == 2
    assert look_again(service.services, clock=service.clock, stopping=lambda: False) == 0
    times = sorted(one.checked_at for one in handed_by(service.services, pat, now=NOW))
    assert times == [NOW, service.clock.now]


def test_attack_117_the_trail_does_not_name_what_was_handed_in(
    service: Service, made: SkillCredentials, pat: str
) -> None:
    """An id of another issuer may name the person, and a line of the trail stays for ever."""
    hand_in(service.services, pat, written(made, "pat-example"), now=NOW)
    (line,) = [
        one for one in service.services.store.audit.recent(20) if one.action == Action.CREDENTIAL_HANDED_IN
    ]
    assert line.actor == f"person:{pat}"
    assert "pat-example" not in str(line.detail)


def test_somebody_whom_the_organisation_does_not_know_hands_nothing_in(
    service: Service, made: SkillCredentials
) -> None:
    stranger = service.services.store.people.add("Sam", NOW)
    with pytest.raises(NotFoundError):
        hand_in(service.services, stranger, written(made, "right"), now=NOW)


def test_it_is_handed_in_and_taken_back_in_the_wallet(
    service: Service, made: SkillCredentials, pat: str
) -> None:
    rule(service, issuer=ISSUERS["a"].did)
    service.issue(email=PAT)
    (kept,) = keep_import(service.services, pat, written(made, "right"), NOW, added_by="a test")
    person = Person(service)
    person.open_wallet(PAT)
    home = f"/wallet/imports/{kept.import_id}"
    assert "Let it count" in person.client.get(home).text
    person.submit("/wallet/counting", on=home, **{"import": kept.import_id})
    assert earned(service) == [CredentialState.ACTIVE]
    (handed,) = handed_by(service.services, pat, now=NOW)
    assert "Take it back" in person.client.get("/wallet/counting").text
    person.submit(f"/wallet/counting/{handed.id}/take-back", on="/wallet/counting")
    assert "Nothing yet" in person.client.get("/wallet/counting").text
    assert earned(service) == [CredentialState.SUSPENDED]
