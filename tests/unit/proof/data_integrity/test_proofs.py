"""The policy on sets of proofs, and what a verified proof tells. Attacks are in tests/hostile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    ProofError,
    UnavailableError,
    UnsupportedProofError,
)
from credserv.proof.data_integrity.proof_form import read_proofs
from credserv.proof.data_integrity.proofs import (
    ProofExtras,
    VerifiedProof,
    add_proof,
    add_to_proofs,
    tell_proofs,
)
from credserv.proof.keys.verification_method import did_key_document
from tests.testkit.proofs import SIGNED_AT, SigningIssuer, badge, issuer, suite, suites, verify

ISSUER, NOTARY = issuer(1), issuer(2)
UNSIGNED = badge(ISSUER)
LEGACY = {
    "type": "RsaSignature2018",
    "created": "2026-03-14T09:00:00Z",
    "verificationMethod": ISSUER.method,
    "proofPurpose": "assertionMethod",
    "proofValue": "z3abc",
}


def test_a_signed_document_is_the_document_and_its_proof() -> None:
    signed = ISSUER.sign(UNSIGNED)
    assert {name: value for name, value in signed.items() if name != "proof"} == UNSIGNED
    value = signed["proof"].pop("proofValue")
    assert signed["proof"] == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-03-14T09:00:00Z",
        "verificationMethod": ISSUER.method,
        "proofPurpose": "assertionMethod",
    }
    assert value.startswith("z")


def test_a_verified_proof_tells_whose_it_is() -> None:
    assert verify(ISSUER.sign(UNSIGNED)) == (
        VerifiedProof(ISSUER.method, "eddsa-rdfc-2022", SIGNED_AT, ISSUER.did),
    )


def test_a_second_proof_needs_nothing_but_a_key() -> None:
    both = add_to_proofs(
        ISSUER.sign(UNSIGNED),
        suite=suite(),
        signer=ISSUER.signer,
        verification_method=ISSUER.method,
        created=SIGNED_AT,
    )
    assert both["proof"][1] == both["proof"][0] == ISSUER.sign(UNSIGNED)["proof"]


def test_created_is_written_in_utc() -> None:
    vienna = timezone(timedelta(hours=1))
    signed = ISSUER.sign(UNSIGNED, created=datetime(2026, 3, 14, 10, 0, 0, 999_999, tzinfo=vienna))
    assert signed["proof"]["created"] == "2026-03-14T09:00:00Z"
    assert verify(signed)[0].created == datetime(2026, 3, 14, 9, tzinfo=UTC)


def test_a_signed_document_is_not_signed_again() -> None:
    with pytest.raises(InputError, match="already"):
        ISSUER.sign(ISSUER.sign(UNSIGNED))


def test_created_may_be_left_out() -> None:
    assert verify(UNSIGNED | {"proof": ISSUER.prove(UNSIGNED, created=None)})[0].created is None


def test_all_proofs_of_the_controller_are_told() -> None:
    proofs = [ISSUER.prove(UNSIGNED), NOTARY.prove(UNSIGNED), ISSUER.prove(UNSIGNED, nonce="2")]
    assert [proof.controller for proof in verify(UNSIGNED | {"proof": proofs})] == [ISSUER.did] * 2
    assert [p.controller for p in verify(UNSIGNED | {"proof": proofs}, controller=NOTARY.did)] == [NOTARY.did]


def test_a_proof_of_an_unknown_type_decides_nothing_beside_a_known_one() -> None:
    own = ISSUER.prove(UNSIGNED)
    assert len(verify(UNSIGNED | {"proof": [LEGACY, own]})) == 1
    with pytest.raises(UnsupportedProofError, match="RsaSignature2018"):
        verify(UNSIGNED | {"proof": LEGACY})
    with pytest.raises(UnsupportedProofError, match="bbs-2023"):
        verify(UNSIGNED | {"proof": own | {"cryptosuite": "bbs-2023"}})


def test_a_proof_that_builds_on_an_unknown_one_is_not_established() -> None:
    legacy = LEGACY | {"id": "urn:uuid:1"}
    own = ISSUER.prove(UNSIGNED, previousProof="urn:uuid:1")
    with pytest.raises(UnsupportedProofError):
        verify(UNSIGNED | {"proof": [legacy, own]})


def test_what_cannot_be_fetched_is_not_called_wrong() -> None:
    def out_of_reach(_did: str) -> Any:
        raise UnavailableError("no answer")

    with pytest.raises(UnavailableError):
        verify(ISSUER.sign(UNSIGNED), resolve_did=out_of_reach)


def test_only_documents_that_decide_are_asked_for() -> None:
    """A stranger's proof in the set must not make us fetch what it names."""
    asked = []

    def resolve(did: str) -> Any:
        asked.append(did)
        return did_key_document(did)

    verify(UNSIGNED | {"proof": [NOTARY.prove(UNSIGNED), ISSUER.prove(UNSIGNED)]}, resolve_did=resolve)
    assert asked == [ISSUER.did]


def test_the_outcome_of_each_proof_is_told_where_there_are_several() -> None:
    signed = ISSUER.sign(UNSIGNED)
    foreign = {"type": "Unheard2030", "proofValue": 7}
    misnamed = {"type": "eddsa-rdfc-2022", "proofValue": 7}
    stranger = NOTARY.prove(UNSIGNED)
    assert tell_proofs(signed, verify(signed), suites()) == {}
    several = UNSIGNED | {"proof": [signed["proof"], foreign, stranger, misnamed]}
    assert tell_proofs(several, verify(signed), suites()) == {
        "proof_1": "eddsa-rdfc-2022: held",
        "proof_2": "Unheard2030: not known",
        "proof_3": "eddsa-rdfc-2022: by another, not asked for",
        "proof_4": "eddsa-rdfc-2022: not known",
    }


def test_a_single_proof_and_a_set_of_one_are_the_same() -> None:
    signed = ISSUER.sign(UNSIGNED)
    assert read_proofs(signed) == read_proofs(signed | {"proof": [signed["proof"]]}) == [signed["proof"]]
    assert verify(signed | {"proof": [signed["proof"]]}) == verify(signed)


def prove(by: SigningIssuer, document: dict[str, Any], **extras: Any) -> dict[str, Any]:
    add = add_to_proofs if "proof" in document else add_proof
    return add(
        document,
        suite=suite(),
        signer=by.signer,
        verification_method=by.method,
        created=SIGNED_AT,
        extras=ProofExtras(**extras),
    )


def test_sets_of_proofs_are_built_one_by_one() -> None:
    both = prove(NOTARY, prove(ISSUER, UNSIGNED))
    assert [proof["verificationMethod"] for proof in both["proof"]] == [ISSUER.method, NOTARY.method]
    for by in (ISSUER, NOTARY):
        assert len(verify(both, controller=by.did)) == 1
    twice = prove(ISSUER, both, expires=SIGNED_AT + timedelta(days=1))
    assert twice["proof"][2]["expires"] == "2026-03-15T09:00:00Z"
    assert len(verify(twice)) == 2


def test_a_chain_signs_what_it_builds_on() -> None:
    first = prove(NOTARY, UNSIGNED, proof_id="urn:uuid:1")
    chain = prove(ISSUER, first, previous=("urn:uuid:1",))
    assert chain["proof"][1]["previousProof"] == "urn:uuid:1"
    assert verify(chain)
    other = prove(NOTARY, UNSIGNED, proof_id="urn:uuid:1", challenge="other")
    with pytest.raises(InvalidSignatureError):
        verify(chain | {"proof": [other["proof"], chain["proof"][1]]})
    with pytest.raises(MalformedProofError, match="not there"):
        prove(ISSUER, first, previous=("urn:uuid:2",))


def test_domain_and_challenge_are_told_and_held_against_what_was_asked_for() -> None:
    signed = prove(ISSUER, UNSIGNED, domain=("a.example", "b.example"), challenge="c-1")
    (told,) = verify(signed)
    assert (told.domain, told.challenge) == (("a.example", "b.example"), "c-1")
    assert verify(signed, challenge="c-1")
    assert verify(prove(ISSUER, UNSIGNED, domain=("b.example",)), domain="b.example")
    for asked in ({"domain": "c.example"}, {"challenge": "c-2"}, {"domain": "a.example", "challenge": ""}):
        with pytest.raises(ProofError, match=r"domain|challenge"):
            verify(signed, **asked)
    plain = prove(ISSUER, UNSIGNED)
    for asked in ({"domain": "a.example"}, {"challenge": "c-1"}):
        with pytest.raises(ProofError):
            verify(plain, **asked)


def test_attack_85_a_proof_for_two_readers_is_for_neither_alone() -> None:
    """Whoever asks for one could have had it made for another besides, and pass it on (section 4.4)."""
    signed = prove(ISSUER, UNSIGNED, domain=("evil.example", "bank.example"), challenge="c-1")
    for domain in ("evil.example", "bank.example"):
        with pytest.raises(ProofError, match="domain"):
            verify(signed, domain=domain, challenge="c-1")


@pytest.mark.parametrize(
    ("member", "value"),
    [("domain", 5), ("domain", [5]), ("domain", ""), ("challenge", 5), ("challenge", ["c"]), ("nonce", {})],
)
def test_domain_challenge_and_nonce_are_text(member: str, value: Any) -> None:
    signed = ISSUER.sign(UNSIGNED)
    with pytest.raises(MalformedProofError, match=member):
        verify(signed | {"proof": signed["proof"] | {member: value}})


def test_more_proofs_than_are_looked_at_are_refused_before_any_is() -> None:
    with pytest.raises(MalformedProofError, match="at most 8"):
        read_proofs({"proof": [{"type": "DataIntegrityProof"}] * 9})


def test_null_in_a_proof_equals_an_absent_member() -> None:
    """Serialisers write it for whatever has no value."""
    nulls = dict.fromkeys(("challenge", "nonce", "domain", "expires", "previousProof"))
    signed = ISSUER.sign(UNSIGNED)
    (held,) = verify(signed | {"proof": signed["proof"] | nulls})
    assert held == verify(signed)[0]
    with pytest.raises(MalformedProofError, match="created of the proof"):
        verify(signed | {"proof": signed["proof"] | {"created": 7}})
    with pytest.raises(InvalidSignatureError):
        verify(signed | {"proof": signed["proof"] | {"created": None}})
