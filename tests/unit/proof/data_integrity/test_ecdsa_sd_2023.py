"""Proof values of ecdsa-sd-2023, taken apart: each part has one form, and what is derived holds together."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.encoding import KeyType, encode_base64url
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    RedefinedTermError,
    UnsupportedProofError,
)
from credserv.proof.data_integrity import ecdsa_sd_2023_base
from credserv.proof.data_integrity.ecdsa_sd_2023 import (
    DerivedProof,
    EcdsaSd2023,
    parse_derived_proof,
    relabel,
)
from credserv.proof.data_integrity.ecdsa_sd_2023_base import (
    BASE,
    DERIVED,
    MAX_CHARS,
    BaseProof,
    Material,
    parse_base_proof,
)
from credserv.proof.keys.verification_method import did_key, did_key_document, find_method
from credserv.proof.tokens.cbor import encode_cbor
from tests.testkit.proofs import badge, canonizer, issuer
from tests.testkit.suites import signer_of

KEY = KeyType.P256.prefix + b"\2" + bytes(32)
SIGNED, LABEL = bytes(64), bytes(32)
GOOD = [SIGNED, KEY, [SIGNED, SIGNED], {0: LABEL, 1: b"1" * 32}, [0, 2]]
GOOD_BASE = [SIGNED, KEY, LABEL, [SIGNED], ["/issuer", ""]]
SIGNER = signer_of(KeyType.P256, 5)
MULTIKEY = SIGNER.public_key_multibase
SUITE = EcdsaSd2023(canonizer(), ["/issuer"])
OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": "ecdsa-sd-2023",
    "created": "2026-03-14T09:00:00Z",
    "verificationMethod": f"{did_key(MULTIKEY)}#{MULTIKEY}",
    "proofPurpose": "assertionMethod",
}
METHOD = find_method(
    did_key_document(did_key(MULTIKEY)), OPTIONS["verificationMethod"], purpose="assertionMethod"
)


def value(parts: Any, prefix: bytes = DERIVED) -> str:
    return "u" + encode_base64url(prefix + encode_cbor(parts))


def with_part(parts: list[Any], place: int, part: Any) -> list[Any]:
    return [*parts[:place], part, *parts[place + 1 :]]


def test_the_five_parts_of_a_derived_proof() -> None:
    assert parse_derived_proof(value(GOOD)) == DerivedProof(
        SIGNED,
        KEY,
        (SIGNED, SIGNED),
        {"c14n0": "u" + encode_base64url(LABEL), "c14n1": "u" + encode_base64url(b"1" * 32)},
        frozenset({0, 2}),
    )
    assert parse_derived_proof(value([SIGNED, KEY, [], {}, []])).mandatory == frozenset()


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (GOOD[:4], "not the five parts"),
        (with_part(GOOD, 0, 7), "not the five parts"),
        (with_part(GOOD, 0, SIGNED[1:]), "a signature that is not 64 bytes"),
        (with_part(GOOD, 1, KEY + b"\0"), "no P-256 Multikey"),
        (with_part(GOOD, 1, KEY[1:]), "no P-256 Multikey"),
        (with_part(GOOD, 1, b"\0" + KEY[1:]), "no P-256 Multikey"),
        (with_part(GOOD, 2, [SIGNED, 7]), "a signature that is not 64 bytes"),
        (with_part(GOOD, 2, [SIGNED + b"\0"]), "a signature that is not 64 bytes"),
        (with_part(GOOD, 3, {0: 7}), "a label that is not 32 bytes"),
        (with_part(GOOD, 3, {0: LABEL[1:]}), "a label that is not 32 bytes"),
        (with_part(GOOD, 3, {0: LABEL, 1: LABEL}), "two blank nodes with one label"),
        (with_part(GOOD, 4, [0, b"1"]), "an index that is no number"),
        (with_part(GOOD, 4, [1, 1]), "twice the same"),
    ],
)
def test_a_part_of_another_form_is_refused(parts: list[Any], why: str) -> None:
    with pytest.raises(MalformedProofError, match=why):
        parse_derived_proof(value(parts))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (GOOD_BASE[:4], "not the five parts"),
        (with_part(GOOD_BASE, 2, 7), "not the five parts"),
        (with_part(GOOD_BASE, 1, KEY + b"\0"), "another kind or length"),
        (with_part(GOOD_BASE, 1, b"\0" + KEY[1:]), "another kind or length"),
        (with_part(GOOD_BASE, 2, LABEL[1:]), "another kind or length"),
        (with_part(GOOD_BASE, 0, SIGNED[1:]), "a signature of another length"),
        (with_part(GOOD_BASE, 3, [SIGNED, 7]), "a signature of another length"),
        (with_part(GOOD_BASE, 3, [SIGNED, SIGNED + b"\0"]), "a signature of another length"),
        (with_part(GOOD_BASE, 4, ["/issuer", 7]), "a pointer that is no text"),
        (with_part(GOOD_BASE, 4, ["/issuer"] * 257), "or too many"),
    ],
)
def test_a_part_of_a_base_proof_of_another_form_is_refused(parts: list[Any], why: str) -> None:
    with pytest.raises(MalformedProofError, match=why):
        parse_base_proof(value(parts, BASE))


def test_the_five_parts_of_a_base_proof() -> None:
    base = BaseProof(SIGNED, KEY, LABEL, (SIGNED,), ("/issuer", ""))
    assert parse_base_proof(value(GOOD_BASE, BASE)) == base
    assert base.encode() == value(GOOD_BASE, BASE)
    many = with_part(GOOD_BASE, 4, ["/issuer"] * 256)
    assert len(parse_base_proof(value(many, BASE)).mandatory) == 256
    assert repr(LABEL) not in repr(Material(LABEL, SIGNER))  # which would tell the labels


def test_one_kind_of_proof_is_not_read_as_the_other() -> None:
    with pytest.raises(MalformedProofError, match="a base proof, from which the holder derives"):
        parse_derived_proof(value(GOOD_BASE, BASE))
    with pytest.raises(MalformedProofError, match="no ecdsa-sd-2023 proof"):
        parse_derived_proof(value(GOOD, b"\xd9\x5d\x02"))
    with pytest.raises(MalformedProofError, match="no base proof"):
        parse_base_proof(value(GOOD))
    for parse in (parse_base_proof, parse_derived_proof):
        for other in (None, 7, "z" + value(GOOD)[1:], "u" + "A" * MAX_CHARS):
            with pytest.raises(MalformedProofError, match="not base64url of a fitting size"):
                parse(other)
        with pytest.raises(MalformedProofError) as told:
            parse("u" + "A" * (MAX_CHARS - 1))  # as long as may be
        assert "fitting size" not in told.value.detail


def test_blank_nodes_are_those_of_the_document() -> None:
    canonical = '_:c14n0 <p:b> "_:c14n7" <g:1> .\n<s:1> <p:a> _:c14n1 _:c14n0 .\n'
    labels = {"c14n0": "uB", "c14n1": "uA"}
    assert relabel(canonical, labels) == ["<s:1> <p:a> _:uA _:uB .\n", '_:uB <p:b> "_:c14n7" <g:1> .\n']
    with pytest.raises(MalformedProofError, match="does not name every blank node"):
        relabel(canonical, {"c14n0": "uB"})
    with pytest.raises(MalformedProofError, match="that the document does not have"):
        relabel(canonical, labels | {"c14n2": "uC"})
    with pytest.raises(InputError, match="cannot be taken apart"):
        relabel("<s:1> <p:a> .\n", {})


def base_of(**changes: Any) -> dict[str, Any]:
    document = badge(issuer(), **changes)
    return {**document, "proof": SUITE.create_proof(document, OPTIONS, SIGNER)}


def verified(shown: dict[str, Any]) -> None:
    unsecured = {name: member for name, member in shown.items() if name != "proof"}
    SUITE.verify_proof(unsecured, shown["proof"], METHOD)


def test_what_is_derived_shows_what_must_be_shown_and_what_was_chosen() -> None:
    signed = base_of()
    shown = SUITE.derive_proof(signed, ["/name"])
    assert shown.keys() == {"@context", "id", "type", "issuer", "name", "proof"}
    assert SUITE.derive_proof(signed, []).keys() == {"@context", "id", "type", "issuer", "proof"}
    verified(shown)
    verified(SUITE.derive_proof(signed, ["/credentialSubject/achievement/tag/1"]))
    verified(SUITE.derive_proof(signed, [""]))
    for altered in (
        shown | {"name": "Other"},
        shown | {"issuer": shown["issuer"] | {"name": "Other"}},
        shown | {"proof": shown["proof"] | {"created": "2026-03-14T09:00:01Z"}},
    ):
        with pytest.raises(InvalidSignatureError):
            verified(altered)
    with pytest.raises(MalformedProofError):
        verified({name: member for name, member in shown.items() if name != "name"})


def spoilt(signed: dict[str, Any], **changes: Any) -> dict[str, Any]:
    parts = vars(parse_base_proof(signed["proof"]["proofValue"])) | changes
    return signed | {"proof": signed["proof"] | {"proofValue": BaseProof(**parts).encode()}}


def test_nothing_is_derived_from_a_base_proof_that_is_not_that_of_the_document() -> None:
    signed = base_of()
    signatures = parse_base_proof(signed["proof"]["proofValue"]).signatures
    for fewer in (signatures[1:], (*signatures, signatures[0])):
        with pytest.raises(InvalidSignatureError, match="as many signatures"):
            SUITE.derive_proof(spoilt(signed, signatures=fewer), ["/name"])
    with pytest.raises(InvalidSignatureError):
        SUITE.derive_proof(spoilt(signed, signatures=signatures[::-1]), ["/name"])
    with pytest.raises(InvalidSignatureError):
        SUITE.derive_proof(signed | {"name": "Other"}, [""])
    with pytest.raises(UnsupportedProofError, match="one ecdsa-sd-2023 proof"):
        SUITE.derive_proof(signed | {"proof": [signed["proof"], signed["proof"]]}, ["/name"])
    with pytest.raises(UnsupportedProofError, match="one ecdsa-sd-2023 proof"):
        SUITE.derive_proof(signed | {"proof": signed["proof"] | {"cryptosuite": "bbs-2023"}}, ["/name"])


def test_at_least_one_part_is_shown() -> None:
    document = badge(issuer())
    free = EcdsaSd2023(canonizer())
    signed = {**document, "proof": free.create_proof(document, OPTIONS, SIGNER)}
    with pytest.raises(InputError, match="name at least one part"):
        free.derive_proof(signed, [])
    assert free.derive_proof(signed, ["/name"])["name"] == document["name"]
    required = free.requiring(["/name"])
    signed = {**document, "proof": required.create_proof(document, OPTIONS, SIGNER)}
    assert free.derive_proof(signed, [])["name"] == document["name"]


def test_a_document_that_holds_another_with_a_proof_is_not_shown_in_part() -> None:
    by, about = issuer(2), {"id": "urn:uuid:another", "type": ["AchievementSubject"]}
    with pytest.raises(InputError, match="holds another one with a proof"):
        base_of(endorsement=[by.sign(badge(by, id="urn:uuid:inner", credentialSubject=about))])


def test_only_its_own_options_are_signed_with_its_own_kind_of_key() -> None:
    document = badge(issuer())
    for kind in (KeyType.ED25519, KeyType.P384):
        with pytest.raises(InputError, match=f"does not sign with {kind.name}"):
            SUITE.create_proof(document, OPTIONS, signer_of(kind, 5))
    for changes in ({"type": "Ed25519Signature2020"}, {"cryptosuite": "bbs-2023"}):
        with pytest.raises(InputError, match="not the options"):
            SUITE.create_proof(document, OPTIONS | changes, SIGNER)
    assert "@context" not in SUITE.create_proof(
        document, OPTIONS | {"@context": document["@context"]}, SIGNER
    )


def test_a_document_of_more_statements_than_a_proof_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = base_of()
    monkeypatch.setattr(ecdsa_sd_2023_base, "MAX_CHARS", len(signed["proof"]["proofValue"]))
    base_of()
    monkeypatch.setattr(ecdsa_sd_2023_base, "MAX_CHARS", len(signed["proof"]["proofValue"]) - 1)
    with pytest.raises(InputError, match="more statements than"):
        base_of()


def test_indexes_are_of_statements_that_the_document_has() -> None:
    document = {
        "@context": badge(issuer())["@context"],
        "id": "urn:1",
        "type": "VerifiableCredential",
        "name": "a",
    }
    proof = DerivedProof(SIGNED, KEY, (SIGNED,), {}, frozenset({1}))
    shown, always = SUITE.split_statements(document, proof)
    assert (len(shown), len(always)) == (1, 1)
    with pytest.raises(MalformedProofError, match="counts more statements"):
        SUITE.split_statements(document, DerivedProof(SIGNED, KEY, (SIGNED,), {}, frozenset({2})))


def test_no_context_of_a_document_gives_a_known_term_another_meaning() -> None:
    document = badge(issuer())
    SUITE.require_contexts(document)
    own = {"name": "https://a.example/name"}
    with pytest.raises(RedefinedTermError):
        SUITE.require_contexts(document | {"@context": [*document["@context"], own]})
