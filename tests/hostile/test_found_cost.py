"""Row F1b of found.md: one verification has one budget of work, whatever the document holds."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from credserv.ground.errors import TooComplexError
from credserv.ground.verification import Outcome
from credserv.verifying.presentation import verify_presentation
from credserv.verifying.surroundings import Resolvers, Surroundings
from credserv.verifying.work_budget import MAX_PROOF_SECONDS, WorkBudget
from tests.testkit.crowd import presentation
from tests.testkit.proofs import NOW, badge, canonizer, issuer
from tests.testkit.verifying import Hosts, verifier
from tests.testkit.why import why

ALICE = issuer(1)


def test_found_f1b_a_presentation_of_costly_credentials_ends_within_its_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A quarter of the budget: a fast machine would get through all of it within the whole."""

    def around(resolvers: Resolvers) -> Surroundings:
        return Surroundings(resolvers, WorkBudget(proof_seconds=MAX_PROOF_SECONDS / 4))

    monkeypatch.setattr("credserv.verifying.presentation.Surroundings", around)
    document = presentation()
    began = time.thread_time()
    verified = verify_presentation(verifier(), document, now=NOW, resolvers=Hosts().resolvers)
    spent = time.thread_time() - began
    assert not verified.result.verified
    assert why(verified.result) == {
        "credential: invalid-signature",
        "credential: too-complex",
        "proof: missing-proof",
    }
    assert spent < 2 * MAX_PROOF_SECONDS  # schemas and structure beside the proofs


def test_found_f1b_the_canonical_form_is_made_once_for_all_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    document = badge(ALICE)
    del document["credentialStatus"]
    signed = document | {"proof": [ALICE.prove(document, id=f"urn:uuid:{number}") for number in range(8)]}
    made: list[str] = []
    real = type(canonizer()).canonize_utf8

    def counted(self: Any, value: Any, *, hash_name: str = "sha256") -> bytes:
        made.extend(["document"] if "credentialSubject" in value else [])
        return real(self, value, hash_name=hash_name)

    monkeypatch.setattr(type(canonizer()), "canonize_utf8", counted)
    result = Hosts().verify(signed)
    assert result.passed("proof"), result.checks
    assert made == ["document"]


def test_found_f1b_what_is_left_when_the_budget_is_spent_could_not_be_checked() -> None:
    ticks = iter(float(number) for number in range(1_000))
    budget = WorkBudget(proof_seconds=1.5, clock=lambda: next(ticks))
    around = Surroundings(Hosts().resolvers, budget)
    document = badge(ALICE)
    del document["credentialStatus"]
    signed = ALICE.sign(document)
    outcomes = []
    for _ in range(3):
        verified = verifier().verify_within(signed, replace(around), now=NOW)
        proof = verified.result.check("proof")
        assert proof is not None
        outcomes.append((proof.outcome, proof.code))
    assert outcomes[:2] == [(Outcome.PASSED, "")] * 2
    assert outcomes[2] == (Outcome.UNKNOWN, TooComplexError.code)
