"""Issuers named by a web address: their keys are those that the address itself lists."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Outcome
from credserv.proof.data_integrity.proofs import add_proof
from credserv.proof.keys.verification_method import build_did_document
from tests.testkit.proofs import SIGNED_AT, badge, issuer, suite
from tests.testkit.verifying import Hosts

URL = "https://college.example/issuers/7"
BY = issuer()
METHOD = f"{URL}#{BY.signer.public_key_multibase}"
LISTING = build_did_document(URL, [(METHOD, BY.signer.public_key_multibase)])


def signed() -> dict[str, Any]:
    document = badge(BY)
    del document["credentialStatus"]
    document["issuer"] = document["issuer"] | {"id": URL}
    return add_proof(document, suite=suite(), signer=BY.signer, verification_method=METHOD, created=SIGNED_AT)


def judged(*pages: Any) -> tuple[Outcome, str]:
    proof = Hosts(dict(zip([URL], pages, strict=False))).verify(signed()).check("proof")
    assert proof is not None
    return proof.outcome, proof.code


def test_a_key_that_the_issuers_address_lists_is_the_issuers() -> None:
    assert judged(LISTING) == (Outcome.PASSED, "")


@pytest.mark.parametrize(
    "page",
    [
        LISTING | {"id": "https://other.example/issuers/7"},
        LISTING | {"id": f"{URL}/"},
        LISTING | {"assertionMethod": []},
        LISTING | {"deactivated": True},
        build_did_document(URL, [(f"{URL}#z6MkOther", issuer(9).signer.public_key_multibase)]),
    ],
)
def test_attack_18_an_address_that_lists_other_keys_or_is_another(page: dict[str, Any]) -> None:
    assert judged(page) == (Outcome.FAILED, "verification-method")


@pytest.mark.parametrize(
    "page", [{"id": URL, "type": "Profile", "name": "College"}, b"<!doctype html>", b"{", b""]
)
def test_a_key_in_an_address_alone_proves_and_disproves_nothing(page: Any) -> None:
    assert judged(page) == (Outcome.UNKNOWN, "unsupported-proof")


def test_an_address_that_does_not_answer_leaves_it_open() -> None:
    assert judged()[0] is Outcome.UNKNOWN
