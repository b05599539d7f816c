"""openvc-core, an independent implementation in Python, verifies what we sign, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest
from openvc.keys import Ed25519SigningKey
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.errors import ProofError

from credserv.ground.errors import InvalidSignatureError
from credserv.proof.keys.verification_method import did_key_document
from tests.testkit.proofs import NOW, OB3, SIGNED_AT, badge, issuer, pinned_contexts, replaced, verify

ISSUER = issuer(8)
UNSIGNED = badge(ISSUER)
CONTEXTS = {OB3: dict(pinned_contexts().document(OB3))}
CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    (("name",), "Mentor practitioner"),
    (("credentialSubject", "achievement", "creditsAvailable"), 2.5),
    (("credentialStatus", "statusListIndex"), "94568"),
    (("proof", "created"), "2026-03-14T09:00:01Z"),
]


def theirs() -> dict[str, Any]:
    key = Ed25519SigningKey(ISSUER.key, ISSUER.method)
    signed: dict[str, Any] = DataIntegrityProofSuite().add_proof(
        UNSIGNED,
        signing_key=key,
        verification_method=ISSUER.method,
        created=SIGNED_AT,
        extra_contexts=CONTEXTS,
    )
    return signed


def they_verify(document: dict[str, Any]) -> Any:
    return DataIntegrityProofSuite().verify(document, now=NOW, extra_contexts=CONTEXTS)


def test_they_verify_ours() -> None:
    assert they_verify(ISSUER.sign(UNSIGNED)).issuer == ISSUER.did


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_they_refuse_altered_copies_of_ours(path: tuple[str | int, ...], value: Any) -> None:
    with pytest.raises(ProofError):
        they_verify(replaced(ISSUER.sign(UNSIGNED), path, value))


def test_we_verify_theirs() -> None:
    assert verify(theirs(), resolve_did=did_key_document)[0].verification_method == ISSUER.method


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_we_refuse_altered_copies_of_theirs(path: tuple[str | int, ...], value: Any) -> None:
    with pytest.raises(InvalidSignatureError):
        verify(replaced(theirs(), path, value))


def test_the_same_key_and_options_give_the_same_proof() -> None:
    assert ISSUER.sign(UNSIGNED)["proof"]["proofValue"] == theirs()["proof"]["proofValue"]
