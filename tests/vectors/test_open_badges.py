"""The signed vectors of the Open Badges 3.0 and CLR 2.0 specifications, byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from credserv.ground.verification import Outcome
from credserv.proof.keys.verification_method import build_did_document
from tests.testkit.proofs import NOW, canonizer, verify
from tests.testkit.shared import shared_path
from tests.testkit.verifying import Hosts, verifier

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


def test_the_record_of_the_specification_holds_with_what_is_in_it() -> None:
    """The whole verification of the CLR vector, by the page that vouches for its key."""
    document = read("clr2-testvector-signed.json")
    method = document["proof"][0]["verificationMethod"]
    controller, _, multibase = method.partition("#")
    page = build_did_document(controller, [(method, multibase)])
    resolvers = replace(Hosts().resolvers, resolve_did=lambda _did: page)
    verified = verifier().verify_secured(document, now=NOW, resolvers=resolvers)
    assert verified.result.verified, verified.result.checks
    assert [check.outcome for check in verified.result.checks if check.name == "schema"] == [Outcome.PASSED]
    (within,) = verified.within
    assert within.result.verified, within.result.checks
    document["credentialSubject"]["verifiableCredential"][0]["name"] = "Changed"
    changed = verifier().verify_secured(document, now=NOW, resolvers=resolvers)
    assert not changed.result.verified
