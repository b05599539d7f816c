"""The signed vectors of the Open Badges 3.0 and CLR 2.0 specifications, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.proof.verification_method import build_did_document
from tests.support.proofs import canonizer, verify
from tests.support.shared import shared_path

FOLDER = shared_path("vectors/open-badges-spec")
CASES = [("ob3-testvector-signed.json", ""), ("clr2-testvector-signed.json", "clr-")]


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return document


@pytest.mark.parametrize(("name", "prefix"), CASES)
def test_canonical_forms(name: str, prefix: str) -> None:
    document = read(name)
    proof = document.pop("proof")
    proof = dict(proof[0] if isinstance(proof, list) else proof)
    del proof["proofValue"]
    assert canonizer().canonize(document) == (FOLDER / f"{prefix}document-canon.txt").read_text()
    config = proof | {"@context": document["@context"]}
    assert canonizer().canonize(config) == (FOLDER / f"{prefix}proof-canon.txt").read_text()


@pytest.mark.parametrize(("name", "prefix"), CASES)
def test_the_signature_verifies(name: str, prefix: str) -> None:
    """The vector names its key in the fragment of an https issuer; the specification's page vouches for it.

    Nothing does in production, where only DIDs are resolved.
    """
    document = read(name)
    proof = document["proof"][0] if isinstance(document["proof"], list) else document["proof"]
    controller, _, multibase = proof["verificationMethod"].partition("#")
    page = build_did_document(controller, [(proof["verificationMethod"], multibase)])
    assert verify(document, controller=controller, resolve_did=lambda _did: page)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("unsigned-*.json")), ids=lambda path: path.name)
def test_the_specifications_own_examples_can_be_signed(path: Any) -> None:
    assert canonizer().canonize(json.loads(path.read_text()))
