"""The @context of a proof and of its document, for suites over RDF and over JSON; and forms of proofs."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    MissingProofError,
    TooComplexError,
    UnknownContextError,
    UnsupportedProofError,
)
from credserv.proof.data_integrity.ed25519_signature_2020 import Ed25519Signature2020
from credserv.proof.data_integrity.eddsa_jcs_2022 import EddsaJcs2022
from credserv.proof.data_integrity.hashing_suite import Unchanging, configure_rdfc
from credserv.proof.data_integrity.proof_form import domains_of, instant_of, previous_of, read_proofs
from tests.testkit.proofs import OB3, V2, canonizer, issuer, pinned_contexts, suite
from tests.testkit.suites import signer_of

V1 = "https://www.w3.org/2018/credentials/v1"
JCS = EddsaJcs2022(pinned_contexts())
SUITES_JCS = EddsaJcs2022(pinned_contexts(), inline=True)
SIGNER = issuer().signer
OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "created": "2026-03-14T09:00:00Z",
    "verificationMethod": issuer().method,
    "proofPurpose": "assertionMethod",
}


def hashed(document: dict[str, Any], by: EddsaJcs2022 = JCS, **options: Any) -> bytes:
    return by.hash_data(document, OPTIONS | options)


def test_a_proof_over_json_repeats_the_context_of_its_document() -> None:
    assert JCS.create_proof({"@context": [V2]}, OPTIONS, SIGNER)["@context"] == [V2]
    assert "@context" not in JCS.create_proof({"a": 1}, OPTIONS, SIGNER)
    assert "@context" not in JCS.create_proof({"a": 1}, OPTIONS | {"@context": V2}, SIGNER)
    whole = hashed({"@context": [V2]}, **{"@context": [V2]})
    assert hashed({"@context": [V2, OB3]}, **{"@context": [V2]}) == whole  # what came after was not signed
    assert hashed({"@context": V2}, **{"@context": V2}) != whole
    for document in ({"@context": [OB3, V2]}, {"a": 1}, {"@context": V1}):
        with pytest.raises(MalformedProofError, match="does not begin with the proof's"):
            hashed(document, **{"@context": [V2]})


def test_a_proof_over_json_has_no_member_that_nobody_knows() -> None:
    for name in ("id", "expires", "domain", "challenge", "nonce", "previousProof"):
        assert hashed({}, **{name: "x"}) != hashed({})
    with pytest.raises(MalformedProofError, match="unknown meaning: 'more'"):
        hashed({}, more=1)
    for changes in ({"type": "Ed25519Signature2020"}, {"cryptosuite": "eddsa-rdfc-2022"}):
        with pytest.raises(InputError, match="not the options of an eddsa-jcs-2022 proof"):
            hashed({}, **changes)


@pytest.mark.parametrize(
    "document",
    [
        {"@context": "https://a.example/"},
        {"@context": [V2, "https://a.example/"]},
        {"@context": V2, "a": {"@context": "https://a.example/"}},
        {"@context": V2, "a": [{"b": {"@context": ["https://a.example/"]}}]},
        {"a": [[{"@context": "https://a.example/"}]]},
        {"@context": V2, "a": {"@context": {"b": "https://a.example/"}}},
        {"@context": [V2, {"b": "https://a.example/"}]},
    ],
    ids=str,
)
def test_contexts_over_json_are_known_at_whatever_depth(document: dict[str, Any]) -> None:
    with pytest.raises(UnknownContextError):
        hashed(document)
    assert hashed({"@context": V2, "a": [{"@context": V1}], "b": '"@context":'})
    assert hashed({"@context": V2, "a": [{"@context": V1}, 7, None, True, [1.5]], "n": 7})


def test_suites_for_conformance_take_contexts_inline() -> None:
    assert hashed({"@context": [V2, {"a": "https://a.example/"}]}, SUITES_JCS)
    for context in (
        {"a": "https://a.example/"},
        [{"a": "https://a.example/"}],
        [V2, "https://a.example/", {}],
    ):
        with pytest.raises(UnknownContextError):
            hashed({"@context": context}, SUITES_JCS)


def test_depth_over_json_has_its_bound() -> None:
    def deep(levels: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for _ in range(levels - 1):
            value = {"a": value}
        return value

    assert hashed(deep(63))
    assert hashed(deep(64))
    with pytest.raises(TooComplexError, match="deeper than 64"):
        hashed(deep(65))


def test_a_proof_over_rdf_is_read_in_the_contexts_of_its_document() -> None:
    assert configure_rdfc({"@context": [V2]}, {"type": "x"}) == {"type": "x", "@context": [V2]}
    assert configure_rdfc({"@context": [V2]}, {"@context": [V2]}) == {"@context": [V2]}
    for context in (V2, [V1]):
        with pytest.raises(MalformedProofError, match="names another @context"):
            configure_rdfc({"@context": [V2]}, {"@context": context})


def test_a_repeated_context_of_an_inner_proof_is_left_out() -> None:
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "proofPurpose": "assertionMethod",
    }

    def said(**members: Any) -> bytes:
        document = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": "did:example:1"} | members
        return suite().hash_data(document, options)

    inner = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofValue": "z1"}
    repeated = inner | {"@context": [V2]}
    plain = said(proof=[inner])
    assert said(proof=repeated) == said(proof=[repeated]) == said(proof=inner) == plain
    with pytest.raises(InputError):
        said(proof=inner | {"@context": [V1]})
    held = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:1",
        "credentialSubject": {"id": "urn:s"},
    }
    one, other = (said(verifiableCredential=[held | {"proof": proof}]) for proof in (inner, repeated))
    assert one == other != plain


def test_what_nobody_changes_is_made_canonical_once() -> None:
    document = Unchanging({"@context": [V2], "type": ["VerifiableCredential"], "issuer": "did:example:1"})
    first = suite()._canonize(document, "sha256")
    assert suite()._canonize(document, "sha256") is first
    assert set(document.canonical) == {"sha256"}
    assert suite()._canonize(document, "sha384") == first
    assert set(document.canonical) == {"sha256", "sha384"}
    assert suite()._canonize(dict(document), "sha256") == first


def test_a_prepared_proof_signs_text_and_bytes_alike() -> None:
    options = OPTIONS | {"cryptosuite": "eddsa-rdfc-2022"}
    prepared = suite().prepare([V2], options, SIGNER)
    assert prepared.sign("é") == prepared.sign("é".encode())
    for signer, changed in ((signer_of(KeyType.P256, 5), options), (SIGNER, OPTIONS)):
        with pytest.raises(InputError, match="not the key or not the options"):
            suite().prepare([V2], changed, signer)


METHOD = issuer().method
GOOD: dict[str, Any] = OPTIONS | {"proofValue": "z1"}


def forms(*proofs: Any) -> list[Any]:
    return read_proofs({"proof": list(proofs)})


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        *(({name: value}, MalformedProofError, f"{name} of the proof is missing")
          for name in ("proofPurpose", "verificationMethod", "cryptosuite", "proofValue")
          for value in ("", 7)),
        ({"type": ""}, MalformedProofError, "type of the proof is missing"),
        ({"verificationMethod": "did:example:1"}, UnsupportedProofError, "named in a way"),
        ({"verificationMethod": "did:example:1#" + "a" * 2_035}, UnsupportedProofError, "named in a way"),
        ({"verificationMethod": "key-1"}, MalformedProofError, "no absolute DID URL"),
        ({"verificationMethod": "did:example:1#a#b"}, MalformedProofError, "no absolute DID URL"),
        ({"id": "one"}, MalformedProofError, "id of a proof is an absolute URL"),
        ({"id": 7}, MalformedProofError, "id of a proof is an absolute URL"),
        ({"challenge": 7}, MalformedProofError, "challenge and nonce"),
        ({"nonce": 7}, MalformedProofError, "challenge and nonce"),
        ({"domain": 7}, MalformedProofError, "domain of a proof"),
        ({"domain": ["a", ""]}, MalformedProofError, "domain of a proof"),
        ({"created": "today"}, MalformedProofError, "created of the proof is no date"),
        ({"expires": 7}, MalformedProofError, "expires of the proof is no date"),
        ({"expires": "2026-03-14T09:00:00Z"}, MalformedProofError, "expires before it was created"),
        ({"previousProof": []}, MalformedProofError, "previousProof is empty"),
        ({"previousProof": ["urn:1"] * 9}, MalformedProofError, "or too long"),
        ({"previousProof": 7}, MalformedProofError, "previousProof is a string"),
        ({"previousProof": "urn:1"}, MalformedProofError, "that is not there"),
    ],
)  # fmt: skip
def test_a_proof_has_its_form(changes: dict[str, Any], error: type[Exception], why: str) -> None:
    with pytest.raises(error, match=why):
        forms(GOOD | changes)


def test_forms_that_are_allowed() -> None:
    longest = "did:example:1#" + "a" * (2_048 - 14)
    for changes in (
        {"verificationMethod": longest},
        {
            "expires": "2026-03-14T09:00:01Z",
            "domain": ["a", "b"],
            "challenge": "c",
            "nonce": "n",
            "id": "urn:1",
        },
    ):
        assert forms(GOOD | changes) == [GOOD | changes]
    old = {name: value for name, value in GOOD.items() if name not in ("cryptosuite", "proofValue")}
    assert forms(old | {"type": "Ed25519Signature2020"})
    for document in ({}, {"proof": None}, {"proof": []}):
        with pytest.raises(MissingProofError):
            read_proofs(document)
    with pytest.raises(MalformedProofError, match="a proof is an object"):
        forms(7)
    assert len(forms(*[GOOD] * 8)) == 8
    with pytest.raises(MalformedProofError, match="9 proofs; at most 8"):
        forms(*[GOOD] * 9)


def test_of_proofs_that_are_not_judged_here_only_the_kind_is_asked() -> None:
    other = {"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"}
    assert read_proofs({"proof": other}, known=lambda _proof: False) == [other]
    for unkind in (
        {"type": "DataIntegrityProof"},
        {},
        {"type": ""},
        {"type": "DataIntegrityProof", "cryptosuite": 7},
    ):
        with pytest.raises(MalformedProofError, match="of the proof is missing"):
            read_proofs({"proof": unkind}, known=lambda _proof: False)


def test_chains_of_proofs_come_to_an_end() -> None:
    def chained(**before: Any) -> list[Any]:
        return forms(
            *(
                GOOD | {"id": f"urn:{name}"} | ({"previousProof": value} if value else {})
                for name, value in before.items()
            )
        )

    assert len(chained(a=None, b="urn:a", c=["urn:a", "urn:b"])) == 3
    assert len(chained(c=["urn:a", "urn:b"], b="urn:a", a=None)) == 3
    for circle in (
        {"a": "urn:a"},
        {"a": "urn:b", "b": "urn:a"},
        {"a": None, "b": ["urn:a", "urn:c"], "c": "urn:b"},
    ):
        with pytest.raises(MalformedProofError, match="round in a circle"):
            chained(**circle)
    with pytest.raises(MalformedProofError, match="two proofs have the same id"):
        forms(GOOD | {"id": "urn:1"}, GOOD | {"id": "urn:1"})
    assert (domains_of({}), domains_of({"domain": "a"}), previous_of({})) == ((), ("a",), [])
    assert instant_of({}, "created") is None


@pytest.mark.parametrize("changes", [{"cryptosuite": "eddsa-rdfc-2022"}, {"type": "DataIntegrityProof"}])
def test_a_proof_of_an_older_suite_names_no_cryptosuite(changes: dict[str, Any]) -> None:
    by = Ed25519Signature2020(canonizer())
    options = {name: value for name, value in OPTIONS.items() if name != "cryptosuite"}
    document = {"@context": [V2], "type": ["VerifiableCredential"], "issuer": "did:example:1"}
    assert by.hash_data(document, options | {"type": "Ed25519Signature2020"})
    with pytest.raises(InputError, match="not the options of"):
        by.hash_data(document, options | {"type": "Ed25519Signature2020"} | changes)
