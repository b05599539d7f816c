"""Rows H2 and H6 of found.md: what is said is what was the case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.journeys.check.many import Submitted, report_on
from credserv.proof.data_integrity.proofs import add_proof
from tests.testkit.proofs import NOW, V2, SigningIssuer, badge, issuer, suites
from tests.testkit.service import Service
from tests.testkit.tokens import token_issuer

TOKENS = token_issuer()
ALICE, MALLORY = issuer(1), issuer(2)


def report(service: Service, given: str | dict[str, Any]) -> dict[str, Any]:
    data = given if isinstance(given, str) else json.dumps(given)
    return dict(report_on(service.services, Submitted(data=data.encode()), now=service.clock.now))


def said(told: dict[str, Any]) -> str:
    """Every sentence of a report that a person reads."""
    checks = [check["reason"] for check in (*told["checks"], *told["policy"])]
    return " ".join([told["sentence"], told["next_step"], *checks])


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"kid": MALLORY.method}, {}),
        ({"kid": 7}, {}),
        ({"typ": 7}, {}),
        ({"cty": "text"}, {}),
        ({"crit": ["x"]}, {}),
        ({}, {"exp": "soon"}),
        ({}, {"nbf": 1.5}),
        ({}, {"vc": {}}),
        ({}, {"aud": "https://reader.example"}),
        ({}, {"jti": "urn:uuid:another"}),
    ],
    ids=str,
)
def test_found_h2_a_quibble_about_form_is_not_called_a_forgery(
    sqlite_service: Service, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    told = report(sqlite_service, TOKENS.forge(TOKENS.header(**header), TOKENS.badge(**claims)))
    assert told["verdict"] in ("not_verified", "could_not_be_checked")
    assert "Not genuine" not in told["sentence"], told["sentence"]
    assert "malformed" not in told["sentence"]


@pytest.mark.parametrize(
    "change",
    [
        {"created": "yesterday"},
        {"proofValue": "z"},
        {"proofPurpose": 7},
        {"verificationMethod": "x"},
        {"id": 7},
    ],
    ids=str,
)
def test_found_h2_the_same_of_proofs(sqlite_service: Service, change: dict[str, Any]) -> None:
    document = ALICE.sign(without_status(ALICE))
    document["proof"] = {**document["proof"], **change}
    told = report(sqlite_service, document)
    assert told["verdict"] in ("not_verified", "could_not_be_checked")
    assert "Not genuine" not in told["sentence"], told["sentence"]


def test_found_h2_a_signature_that_does_not_hold_is(sqlite_service: Service) -> None:
    head, payload, _ = TOKENS.forge(TOKENS.header(), TOKENS.badge()).split(".")
    for given in (
        f"{head}.{payload}.{encode_base64url(bytes(64))}",
        ALICE.sign(without_status(ALICE)) | {"name": "Another"},
    ):
        told = report(sqlite_service, given)
        assert (told["verdict"], told["sentence"].startswith("Not genuine")) == ("not_verified", True)


def test_found_h6_a_holder_is_spoken_of_only_where_there_is_one(sqlite_service: Service) -> None:
    plain = {**without_status(ALICE), "issuer": {**without_status(ALICE)["issuer"], "id": MALLORY.did}}
    told = report(sqlite_service, ALICE.sign(plain))
    assert told["verdict"] == "not_verified"
    assert "the issuer it names" in told["sentence"]
    assert "holder" not in said(told)
    presentation = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": MALLORY.did}
    presented = add_proof(
        presentation,
        suite=suites()["eddsa-rdfc-2022"],
        signer=ALICE.signer,
        verification_method=ALICE.method,
        created=NOW,
        purpose="authentication",
    )
    assert "the holder it names" in report(sqlite_service, presented)["sentence"]


def test_found_h6_open_badges_are_spoken_of_only_of_badges(sqlite_service: Service) -> None:
    for document in (
        {"@context": [V2], "type": ["VerifiableCredential"], "issuer": ALICE.did, "credentialSubject": {}},
        {
            "@context": [V2],
            "type": ["VerifiableCredential"],
            "issuer": ALICE.did,
            "credentialSubject": {"id": 7},
        },
    ):
        told = report(sqlite_service, {**document, "proof": {}})
        assert told["verdict"] != "verified"
        assert "Open Badges asks" not in said(told)


def without_status(by: SigningIssuer) -> dict[str, Any]:
    return {name: value for name, value in badge(by).items() if name != "credentialStatus"}
