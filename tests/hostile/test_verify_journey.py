"""Attacks on what a reader is told of a credential: by whom it is, and for whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.verification import Outcome, Verdict
from credserv.journeys.check.check import Checked, Question, check
from credserv.journeys.check.reports.verdict import build_statement
from credserv.journeys.publish.publish import set_status
from credserv.proof.data_integrity.proofs import add_proof
from credserv.proof.keys.verification_method import build_did_document
from credserv.proof.tokens.envelope import envelope
from credserv.proof.tokens.sd_jwt_issue import bind_sd_jwt, sign_sd_jwt
from credserv.proof.tokens.token import Binding
from credserv.records.credentials import CredentialState
from tests.testkit import badges2
from tests.testkit.proofs import OB3, SIGNED_AT, V2, badge, issuer, suite
from tests.testkit.service import Service, make_service
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list
from tests.unit.verifying.checks.test_nested import CLR, record

ALICE, MALLORY = issuer(1), issuer(2)


@pytest.fixture
def hosts() -> Hosts:
    return Hosts({STATUS_URL: signed_list(ALICE)} | badges2.pages())


@pytest.fixture
def service(tmp_path: Path, hosts: Hosts) -> Service:
    return make_service(f"sqlite:///{tmp_path / 'c.sqlite'}", tmp_path, fetcher=hosts)


def submit(service: Service, document: Any, **asked: Any) -> Checked:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    question = Question(**asked)
    return check(service.services, data=data, url=None, now=service.clock.now, question=question)


def presentation(*held: Any) -> dict[str, Any]:
    whole = {
        "@context": [V2, CLR, OB3],
        "type": ["VerifiablePresentation"],
        "holder": MALLORY.did,
        "verifiableCredential": list(held),
    }
    proof = MALLORY.prove(
        whole, proofPurpose="authentication", created=None, challenge="c-1", domain="hr.example"
    )
    return whole | {"proof": proof}


@pytest.mark.parametrize(
    ("did", "address", "named"),
    [
        (
            "did:web:university.example:students:mallory",
            "https://university.example/students/mallory/did.json",
            "university.example/students/mallory",
        ),
        ("did:web:school.example", "https://school.example/.well-known/did.json", "school.example"),
    ],
)
def test_attack_22_a_place_on_a_host_is_not_the_host(
    service: Service, hosts: Hosts, did: str, address: str, named: str
) -> None:
    """What a student serves from a university's host is not issued by the university."""
    method = f"{did}#k"
    hosts.pages[address] = build_did_document(did, [(method, MALLORY.signer.public_key_multibase)])
    document = badge(MALLORY)
    del document["credentialStatus"]
    document["issuer"] = {"id": did, "type": ["Profile"], "name": "University"}
    signed = add_proof(
        document, suite=suite(), signer=MALLORY.signer, verification_method=method, created=SIGNED_AT
    )
    found = submit(service, signed)
    assert found.verdict is Verdict.ISSUER_UNKNOWN
    assert found.issuer == named
    said = build_statement(found)
    assert f"issued by {named} " in said.detail
    assert ("may have places on university.example" in said.next_step) is ("/" in named)


def test_attack_22_a_profile_on_a_host_is_not_the_host(service: Service) -> None:
    assert submit(service, badges2.assertion()).issuer == "badges.example/issuer.json"


@pytest.mark.parametrize("asked", [{"challenge": "c-1"}, {"domain": "hr.example"}, {"challenge": ""}])
def test_attack_84_a_copy_in_the_place_of_a_presentation(service: Service, asked: dict[str, str]) -> None:
    """Anyone can have a copy of a credential; who asks for a holder's signature asked for more."""
    credential = ALICE.sign(badge(ALICE))
    assert submit(service, credential).result.verified
    for copied in (credential, badges2.assertion(), badges2.sign(badges2.signed_assertion()).encode()):
        found = submit(service, copied, **asked)
        assert found.verdict is Verdict.NOT_VERIFIED
        holder = found.result.check("holder")
        assert holder is not None
        assert (holder.outcome, holder.code) == (Outcome.FAILED, "not-presented")
        assert "not presented to you" in build_statement(found).sentence
    shown = submit(service, presentation(credential), challenge="c-1", domain="hr.example")
    assert shown.result.verified, shown.result


def test_attack_84_an_sd_jwt_that_its_holder_signed_for_another(service: Service) -> None:
    own, holder = token_issuer(), token_issuer(seed=2)
    issued = sign_sd_jwt(
        own.badge(), signer=own.signer, verification_method=own.method, holder_jwk=holder.jwk
    )
    bound = bind_sd_jwt(
        issued, signer=holder.signer, binding=Binding("hr.example", "c-1"), now=service.clock.now
    )
    for shown in (bound.encode(), envelope(bound)):
        good = submit(service, shown, challenge="c-1", domain="hr.example")
        assert good.result.verified, good.result
        for asked in ({"challenge": "c-2"}, {"domain": "x.example"}, {"challenge": "c-1", "domain": "x"}):
            assert not submit(service, shown, **asked).result.verified
    for copied in (issued.encode(), envelope(issued)):
        assert submit(service, copied).result.verified
        assert not submit(service, copied, challenge="c-1", domain="hr.example").result.verified


def test_attack_74_taken_back_a_moment_ago_and_held_by_what_is_held(service: Service) -> None:
    credential_id = service.issue()
    kept = service.services.store.credentials.get(credential_id)
    assert kept is not None
    assert kept.signed is not None
    shown = presentation(record(json.loads(kept.signed), by=ALICE))
    assert submit(service, shown).result.verified
    now = service.clock.advance(seconds=1)
    set_status(
        service.services, credential_id, CredentialState.REVOKED, reason="a test", actor="test", now=now
    )
    found = submit(service, shown)
    assert found.within[0].within[0].verdict is Verdict.NOT_VERIFIED
    assert found.within[0].verdict is Verdict.NOT_VERIFIED
    assert found.verdict is Verdict.NOT_VERIFIED
