"""What is remembered of a document follows from its content; everything else is asked anew."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from credserv.ground.verification import Outcome
from credserv.openbadges.display import build_display
from credserv.proof.data_integrity.proofs import add_proof
from credserv.verifying.checks.document_memory import (
    MAX_BYTES,
    MAX_DOCUMENTS,
    MAX_PARTS,
    DocumentMemory,
    content_digest,
)
from tests.testkit.proofs import NOW, badge, issuer, suites
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list
from tests.testkit.why import why

ALICE, MALLORY = issuer(1), issuer(2)


def hosts(*revoked: int) -> Hosts:
    return Hosts({STATUS_URL: signed_list(ALICE, *revoked)})


def test_a_document_that_was_verified_is_verified_again_alike() -> None:
    document = ALICE.sign(badge(ALICE))
    first = hosts().verify(document)
    assert first.verified
    assert hosts().verify(copy.deepcopy(document)) == first


def test_a_revoked_one_is_refused_at_once() -> None:
    document = ALICE.sign(badge(ALICE))
    assert hosts().verify(document).verified
    again = hosts(94567).verify(document).check("status")
    assert again is not None
    assert again.code == "revoked"


def places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in pairs:
        if isinstance(member, str):
            yield (*place, key)
        yield from places(member, (*place, key))


def test_no_change_of_a_document_that_was_verified_is_taken_for_it() -> None:
    document = ALICE.sign(badge(ALICE))
    assert hosts().verify(document).verified
    for place in places(document):
        changed = copy.deepcopy(document)
        holder: Any = changed
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] += "x"
        assert not hosts().verify(changed).verified, place
        assert why(hosts().verify(changed)) & {
            "proof: invalid-signature",
            "proof: malformed-proof",
            "proof: undefined-term",
            "proof: unknown-context",
            "proof: unsupported-proof",
            "proof: verification-method",
            "schema: schema-faults",
            "structure: invalid-input",
            "subject: result-misfit",
        }


def test_a_proof_that_fitted_a_key_is_not_taken_to_fit_another() -> None:
    """The same document, under a DID that has another key now."""
    did = "did:web:school.example"
    document = add_proof(
        {**badge(ALICE), "issuer": {"id": did, "type": ["Profile"]}},
        suite=suites()["eddsa-rdfc-2022"],
        signer=ALICE.signer,
        verification_method=f"{did}#key",
        created=NOW,
    )
    for by, outcome in ((ALICE, Outcome.PASSED), (MALLORY, Outcome.FAILED), (ALICE, Outcome.PASSED)):
        method = {
            "id": f"{did}#key",
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": by.signer.public_key_multibase,
        }
        page = {"id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]}
        made = Hosts({"https://school.example/.well-known/did.json": page}).verify(document).check("proof")
        assert made is not None
        assert made.outcome is outcome


@pytest.mark.parametrize(
    "other", [{"a": 1.0}, {"a": True}, {"a": "1"}, {"a": [1]}, {"b": 1}, {"a": 1, "b": 1}]
)
def test_documents_that_differ_have_different_digests(other: dict[str, Any]) -> None:
    assert content_digest({"a": 1}) != content_digest(other)


def test_what_is_remembered_is_bounded() -> None:
    memory = DocumentMemory()
    first = memory.find(b"first")
    for number in range(MAX_DOCUMENTS):
        memory.find(b"%d" % number)
    assert memory.find(b"first") is not first
    assert content_digest({"a": "x" * MAX_BYTES}) is None
    assert content_digest({"a": object()}) is None


@pytest.mark.parametrize(("parts", "is_kept"), [(MAX_PARTS // 2, True), (MAX_PARTS // 2 + 1, False)])
def test_what_is_shown_is_remembered_where_it_has_few_parts(parts: int, *, is_kept: bool) -> None:
    """Each alignment is one, and a claim."""
    achievement: dict[str, Any] = {"alignment": [{}] * parts}
    display = build_display({"credentialSubject": {"achievement": achievement}})
    seen = DocumentMemory().find(b"first")
    seen.keep_display(display)
    assert (seen.display is not None) is is_kept
