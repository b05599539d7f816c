from __future__ import annotations

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    UndefinedTermError,
    VerificationMethodError,
)
from credserv.proof.keys.jwk import JoseKey
from credserv.proof.keys.verification_method import VerificationMethod, did_key_document, find_method
from tests.testkit.proofs import badge, issuer, suite

ISSUER = issuer()
UNSIGNED = badge(ISSUER)
METHOD = find_method(did_key_document(ISSUER.did), ISSUER.method, purpose="assertionMethod")


def test_a_proof_verifies_with_its_key_and_no_other() -> None:
    proof = ISSUER.prove(UNSIGNED)
    suite().verify_proof(UNSIGNED, proof, METHOD)
    other = issuer(2)
    method = find_method(did_key_document(other.did), other.method, purpose="assertionMethod")
    with pytest.raises(Exception, match="does not fit"):
        suite().verify_proof(UNSIGNED, proof, method)


def test_signing_is_deterministic() -> None:
    assert ISSUER.prove(UNSIGNED) == ISSUER.prove(UNSIGNED)


@pytest.mark.parametrize(
    "options", [{"type": "Ed25519Signature2020"}, {"cryptosuite": "eddsa-jcs-2022"}, {"cryptosuite": None}]
)
def test_options_of_another_suite_are_not_signed(options: dict[str, str | None]) -> None:
    with pytest.raises(InputError):
        ISSUER.prove(UNSIGNED, **options)


def test_undefined_options_are_not_signed() -> None:
    with pytest.raises(UndefinedTermError, match="'trusted'"):
        ISSUER.prove(UNSIGNED, trusted=True)


def test_the_context_of_the_options_is_the_documents_or_absent() -> None:
    context = UNSIGNED["@context"]
    proof = ISSUER.prove(UNSIGNED, **{"@context": context})
    assert proof == ISSUER.prove(UNSIGNED)
    suite().verify_proof(UNSIGNED, proof | {"@context": context}, METHOD)
    with pytest.raises(MalformedProofError):
        suite().verify_proof(UNSIGNED, proof | {"@context": context[:1]}, METHOD)


def test_keys_of_another_kind_are_refused() -> None:
    method = VerificationMethod(
        METHOD.id, METHOD.controller, JoseKey(frozenset(), KeyType.P256, b"\x02" + bytes(32))
    )
    with pytest.raises(VerificationMethodError, match="P256"):
        suite().verify_proof(UNSIGNED, ISSUER.prove(UNSIGNED), method)
