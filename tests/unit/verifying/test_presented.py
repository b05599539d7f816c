"""Presentations with their proof inside: for whom they were signed, by whom, and what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.verification import Outcome
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from credserv.verifying.presentation import verify_presentation
from credserv.verifying.surroundings import Verified
from tests.testkit.proofs import NOW, V2, issuer
from tests.testkit.verifying import Hosts, verifier
from tests.unit.verifying.checks.test_nested import plain
from tests.unit.verifying.test_assertion import made

ALICE, PAT = issuer(1), issuer(2)
BADGE = plain(ALICE)
V1 = "https://www.w3.org/2018/credentials/v1"


def shown(*held: Any, by: Any = PAT, options: Any = None, **changes: Any) -> dict[str, Any]:
    """options: of its proof."""
    document: dict[str, Any] = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": by.did,
        "verifiableCredential": list(held),
    }
    document = {name: value for name, value in (document | changes).items() if value is not None}
    return document | {"proof": by.prove(document, proofPurpose="authentication", **(options or {}))}


def verify(document: Any, **asked: Any) -> Verified:
    return verify_presentation(verifier(), document, now=NOW, resolvers=Hosts().resolvers, **asked)


ASKED = {"challenge": "n-1", "domain": "https://reader.example"}


@pytest.mark.parametrize("asked", [{}, {"challenge": "n-1"}, {"domain": "https://reader.example"}, ASKED])
def test_it_was_signed_for_whoever_asked(asked: dict[str, str]) -> None:
    verified = verify(shown(BADGE, options=ASKED), **asked)
    assert verified.result.verified, verified.result.checks
    proof = made(verified, "proof")
    assert proof.data["challenge"] == asked.get("challenge")
    assert proof.data["domain"] == asked.get("domain")
    assert proof.reason == f"Signed by its holder, with a key that is theirs: {PAT.method}"
    assert verified.holder == PAT.did
    assert [one.document["id"] for one in verified.within] == [BADGE["id"]]
    holder = verified.within[0].result.check("holder")
    assert holder is not None
    assert holder.code == "bearer"


@pytest.mark.parametrize("other", [{"challenge": "n-2"}, {"domain": "https://other.example"}])
def test_what_was_signed_for_another_does_not_hold_and_is_not_looked_into(other: dict[str, str]) -> None:
    verified = verify(shown(BADGE, options=ASKED), **other)
    assert made(verified, "proof").outcome is Outcome.FAILED
    assert made(verified, "credential").outcome is Outcome.SKIPPED
    assert (verified.within, verified.holder) == ((), "")


def test_the_holders_proof_alone_is_judged_when_asked_for() -> None:
    verified = verify(shown(BADGE), proof_only=True)
    assert [check.name for check in verified.result.checks] == ["proof"]
    assert (verified.holder, verified.within) == (PAT.did, ())


@pytest.mark.parametrize("holder", [7, "Pat", ["did:example:1"], {"name": "Pat"}, {"id": 7}])
def test_a_holder_who_is_nobody_signed_nothing(holder: Any) -> None:
    proof = made(verify(shown() | {"holder": holder}), "proof")
    assert (proof.outcome, proof.code) == (Outcome.FAILED, "proof")
    assert "names no holder" in proof.reason
    unsigned = {name: value for name, value in shown().items() if name != "proof"}
    assert made(verify(unsigned | {"holder": holder}), "proof").code == "missing-proof"


def test_whoever_signed_is_the_holder_where_none_is_named() -> None:
    assert verify(shown(BADGE, holder=None)).holder == PAT.did
    assert verify(shown(BADGE, holder={"id": PAT.did})).holder == PAT.did
    assert verify(shown(BADGE, holder=None) | {"holder": None}).holder == PAT.did
    two = shown(holder=None)
    two["proof"] = [two["proof"], shown(by=ALICE, holder=None)["proof"]]
    proof = made(verify(two), "proof")
    assert (proof.outcome, "by several" in proof.reason) == (Outcome.FAILED, True)


def test_what_nobody_signed_is_looked_into() -> None:
    unsigned = {name: value for name, value in shown(BADGE).items() if name != "proof"}
    for document in (unsigned, {name: value for name, value in unsigned.items() if name != "holder"}):
        verified = verify(document)
        assert made(verified, "proof").code == "missing-proof"
        assert made(verified, "credential").outcome is Outcome.PASSED
        assert not verified.result.verified


def test_how_it_is_built_is_told() -> None:
    structure = made(verify(shown(BADGE)), "structure")
    assert (structure.outcome, dict(structure.data)) == (Outcome.PASSED, {"model": "2.0", "faults": 0})
    structure = made(verify(shown() | {"verifiableCredential": 7}), "structure")
    assert (structure.outcome, structure.code, structure.data["faults"]) == (
        Outcome.FAILED, "invalid-input", 1,
    )  # fmt: skip


def test_a_token_stands_bare_in_the_older_data_model_alone() -> None:
    unsigned = {name: value for name, value in BADGE.items() if name != "proof"}
    token = sign_vc_jwt(unsigned, signer=ALICE.signer, verification_method=ALICE.method)
    for context, codes in ((V1, {""}), (V2, {"invalid-input"})):
        document = shown() | {"@context": [context], "verifiableCredential": [token]}
        del document["proof"]
        verified = verify(document)
        told = [check.code for check in verified.result.checks if check.name == "credential"]
        assert set(told) == codes
    for held in (7, None, [BADGE]):
        verified = verify(shown() | {"verifiableCredential": [held], "proof": None})
        check = made(verified, "credential")
        assert (check.outcome, check.code) == (Outcome.FAILED, "invalid-input")
        assert [one.document for one in verified.within] == [{}]


def test_only_so_many_are_looked_at() -> None:
    unsigned = {name: value for name, value in shown().items() if name != "proof"}
    verified = verify(unsigned | {"verifiableCredential": [{"id": f"urn:{n}"} for n in range(33)]})
    assert len(verified.within) == 32
    assert verified.result.checks[-1].code == "too-large"
