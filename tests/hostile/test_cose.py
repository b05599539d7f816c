"""Attacks on COSE_Sign1, by their numbers in JOSE. Forged ones carry a good signature unless said."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.encoding import KeyType
from credserv.ground.errors import CredservError
from credserv.ground.verification import Outcome, VerificationResult
from credserv.proof.tokens.cose import find_cose, parse_cose
from credserv.proof.tokens.envelope import envelope_cose
from credserv.proof.tokens.token import Binding, Kind
from credserv.verifying.presentation import verify_presentation
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.cose import encode, forge, header, sign_cose
from tests.testkit.proofs import NOW, V2
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import Hosts, verifier
from tests.testkit.why import why

ISSUER, THIEF = token_issuer(), token_issuer(seed=9)
BADGE = ISSUER.badge()
GOOD = sign_cose(ISSUER, BADGE)


def enveloped(data: bytes, kind: str = "vc") -> dict[str, Any]:
    name = {"vc": "Credential", "vp": "Presentation"}[kind]
    return {
        "@context": V2,
        "type": f"EnvelopedVerifiable{name}",
        "id": f"data:application/{kind}+cose;base64,{base64.b64encode(data).decode()}",
    }


def result_of(data: bytes, **options: Any) -> VerificationResult:
    document = enveloped(data)
    return verifier().verify_secured(document, now=NOW, resolvers=Hosts().resolvers, **options).result


def refuse(data: bytes, **options: Any) -> None:
    result = result_of(data, **options)
    assert not result.verified
    assert why(result) & {
        "parse: malformed-json",
        "proof: invalid-signature",
        "proof: malformed-proof",
        "proof: proof",
        "proof: proof-time",
        "proof: verification-method",
    }
    assert not result.unknown, result.checks


def unknown(data: bytes) -> None:
    result = result_of(data)
    assert not result.verified
    assert result.unknown, result.checks
    proof = result.check("proof")
    assert proof is not None
    assert proof.code == "unsupported-proof"


def changed(changes: dict[int, Any]) -> bytes:
    return forge(ISSUER, header(ISSUER, changes), BADGE)


@pytest.mark.parametrize("key_type", list(KeyType), ids=lambda kind: kind.name)
def test_every_kind_of_key(key_type: KeyType) -> None:
    by = token_issuer(key_type)
    signed = sign_cose(by, by.badge())
    for data in (signed, signed[1:]):  # tagged, and not
        assert result_of(data).verified
    refuse(forge(token_issuer(key_type, seed=9), header(by), by.badge()))
    proof = result_of(signed).check("proof")
    assert proof is not None
    assert "vc+cose" in proof.spec


def test_the_name_of_the_key_may_stand_beside_what_is_signed_or_be_absent() -> None:
    beside = forge(ISSUER, header(ISSUER, {4: None}), BADGE, {4: ISSUER.method.encode()})
    assert result_of(beside).verified
    assert result_of(changed({4: None})).verified
    assert result_of(changed({3: None})).verified
    refuse(forge(ISSUER, header(ISSUER), BADGE, {4: ISSUER.method.encode()}))  # twice


@pytest.mark.parametrize(
    "algorithm", [0, 1, 4, 5, 6, 7, -6, -3, -4, 9_999, None, "none", "EdDSA", b"\x27", {}, []]
)
def test_attack_25_alg_none_and_26_symmetric_ones(algorithm: Any) -> None:
    refuse(changed({1: algorithm}))


def test_attack_26_an_algorithm_that_is_not_the_keys() -> None:
    for number in (-7, -35, -36, -47):
        refuse(changed({1: number}))
    for number in (-37, -257, -9, -48):
        unknown(changed({1: number}))
    assert result_of(changed({1: -19})).verified  # Ed25519 by its own name (RFC 9864)


@pytest.mark.parametrize(
    "kid", [THIEF.method.encode(), b"", b"https://a.example/keys", b"k" * 10_000, 5, "text"]
)
def test_attack_28_a_kid_of_any_shape(kid: Any) -> None:
    refuse(changed({4: kid}))


def test_found_h1_a_key_that_is_named_by_bytes_cannot_be_looked_for() -> None:
    unknown(changed({4: b"\xff\xfe"}))


def test_attack_27_a_method_of_the_attackers_own() -> None:
    refuse(forge(THIEF, header(THIEF), BADGE))
    refuse(forge(THIEF, header(ISSUER), BADGE))


@pytest.mark.parametrize("label", [5, 15, 32, 34, 35, -1])
def test_attack_29_other_labels_establish_nothing(label: int) -> None:
    """Claims of a CWT, names of certificates: with them the signature could mean more than is read."""
    unknown(changed({label: b"\x00"}))
    if label > 0:
        refuse(forge(ISSUER, header(ISSUER), BADGE, {label: b"\x00"}))


def test_attack_29_what_decides_stands_in_what_is_signed() -> None:
    for label in (1, 3, 16):
        beside = {label: header(ISSUER)[label]} if label == 1 else {label: b"x"}
        protected = header(ISSUER, {label: None})
        refuse(b"\xd2" + encode([encode(protected), beside, b"{}", bytes(64)]))


@pytest.mark.parametrize("crit", [[], [1], [99], [[]], ["x"], b"", {}])
def test_attack_30_crit(crit: Any) -> None:
    refuse(changed({2: crit}))


def test_an_extension_that_is_not_known_here_makes_no_token_false() -> None:
    unknown(changed({2: [99], 99: 1}))


@pytest.mark.parametrize(
    "typ", ["application/vp+cose", "application/vc+jwt", "vp+cose", "application/cose", "", 5, b"x"]
)
def test_attack_31_a_type_that_is_another(typ: Any) -> None:
    refuse(changed({16: typ}))
    refuse(changed({3: typ}))
    refuse(changed({3: "application/vp"}))


@pytest.mark.parametrize(
    "changes", [{16: None}, {16: "vc+cose"}, {16: None, 3: None}, {3: "vc"}, {3: "application/json"}]
)
def test_found_h3_the_type_may_be_absent_or_short(changes: dict[int, Any]) -> None:
    """VC-JOSE-COSE 1.0, section 3.3.1: it should be there, and need not."""
    data = changed(changes)
    assert result_of(data).verified
    assert envelope_cose(data) == enveloped(data)
    presentation = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": ISSUER.did}
    refuse(forge(ISSUER, header(ISSUER, changes), presentation))
    refuse(forge(THIEF, header(ISSUER, changes), BADGE))


@pytest.mark.parametrize("number", [-46, -65_535, -70_000])
def test_found_h1_signatures_of_other_kinds(number: int) -> None:
    unknown(changed({1: number}))


def test_attack_31_credentials_and_presentations_are_not_each_other() -> None:
    presentation = {"@context": [V2], "type": ["VerifiablePresentation"], "holder": ISSUER.did}
    own = header(ISSUER, {16: "application/vp+cose", 3: "application/vp"})
    data = forge(ISSUER, own, presentation)
    options: dict[str, Any] = {"now": NOW, "resolvers": Hosts().resolvers}
    assert verify_presentation(verifier(), enveloped(data, "vp"), proof_only=True, **options).result.verified
    refuse(data)
    assert not verify_presentation(verifier(), enveloped(GOOD, "vp"), **options).result.verified
    assert why(verify_presentation(verifier(), enveloped(GOOD, "vp"), **options).result) == {
        "proof: malformed-proof"
    }
    asked = verify_presentation(verifier(), enveloped(data, "vp"), challenge="n", **options)
    assert not asked.result.verified
    assert why(asked.result) == {"proof: other-occasion"}


def test_attack_32_duplicate_members() -> None:
    """In the header, and in the JSON."""
    pairs = tuple(header(ISSUER).items())
    refuse(forge(ISSUER, encode((*pairs, (1, -7))), BADGE))
    refuse(forge(ISSUER, encode(((16, "application/vp+cose"), *pairs)), BADGE))
    refuse(forge(ISSUER, header(ISSUER), b'{"issuer":"did:example:a","issuer":"did:example:b"}'))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", THIEF.did),
        ("jti", "urn:uuid:1"),
        ("sub", "did:example:other"),
        ("exp", 1),
        ("nbf", 1),
        ("aud", "https://other.example"),
        ("vc", {}),
        ("vp", {}),
        ("exp", "never"),
        ("iat", 99_999_999_999),
    ],
)
def test_attack_33_claims_that_disagree(name: str, value: Any) -> None:
    refuse(sign_cose(ISSUER, BADGE, **{name: value}))


def test_attack_34_other_structures() -> None:
    protected, signature = encode(header(ISSUER)), bytes(64)
    for parts in (
        [protected, {}, b"", signature],  # detached: empty, or null
        [protected, {}, b"{}"],
        [protected, {}, b"{}", signature, b""],
        [protected, {}, b"{}", [[protected, {}, signature]]],  # COSE_Sign
        [header(ISSUER), {}, b"{}", signature],  # a header that is not signed as bytes
        [b"", header(ISSUER), b"{}", signature],
        [protected, [], b"{}", signature],
        {1: 2},
        GOOD,
    ):
        refuse(encode(parts))
    refuse(b"\xd2\x84" + encode(protected) + b"\xa0\xf6" + encode(signature))
    refuse(b"\xd2" + GOOD)
    refuse(b"\xd8\x12" + GOOD[1:])  # the tag spelt longer than need be
    refuse(b"\xd8\x62" + GOOD[1:])  # COSE_Sign
    refuse(GOOD + b"\x00")
    refuse(GOOD[:-1])


def test_attack_21_signature_encoding() -> None:
    for signature in (GOOD[-64:-1], GOOD[-64:] + b"\0", bytes(64), GOOD[-32:] + GOOD[-64:-32], b""):
        refuse(GOOD[:-66] + encode(signature))


def test_attack_36_a_binding_that_is_asked_for() -> None:
    refuse(GOOD, binding=Binding("https://reader.example", "n"))


def test_no_single_byte_can_be_changed() -> None:
    for place in range(0, len(GOOD), 7):
        spoilt = GOOD[:place] + bytes([GOOD[place] ^ 1]) + GOOD[place + 1 :]
        assert not result_of(spoilt).verified
        assert why(result_of(spoilt)) & {
            "parse: malformed-json",
            "proof: invalid-signature",
            "proof: malformed-proof",
            "proof: proof",
            "proof: unsupported-proof",
            "proof: verification-method",
            "schema: schema-faults",
            "structure: invalid-input",
            "subject: invalid-input",
            "subject: result-misfit",
        }


def test_attack_39_large_and_deep_ones_end_soon() -> None:
    started = time.perf_counter()
    refuse(b"\xd2\x84" + b"\x81" * 500_000)
    refuse(b"\xd2\x84\x5a\xff\xff\xff\xff" + bytes(500_000))
    with pytest.raises(CredservError):
        parse_cose(b"\xd2" + bytes(3_000_000), Kind.CREDENTIAL)
    assert time.perf_counter() - started < HANGS_AFTER


@given(st.binary(max_size=200))
def test_nothing_but_our_own_errors_leaves_the_parser(data: bytes) -> None:
    for raw in (data, b"\xd2\x84" + data, GOOD[:40] + data):
        for kind in Kind:
            with pytest.raises(CredservError):
                parse_cose(raw, kind)


@pytest.mark.parametrize("kind", ["vc", "vp"])
def test_a_file_of_either_form_is_found(kind: str) -> None:
    data = forge(ISSUER, header(ISSUER, {16: f"application/{kind}+cose"}), BADGE)
    for raw in (data, data[1:]):
        text = base64.b64encode(raw)
        for form in (raw, text, text.rstrip(b"="), text + b"\n", b" " + text + b"\r\n"):
            found = envelope_cose(form)
            assert found == enveloped(raw, kind)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"e30.e30.e30", b"\x89PNG", b"%PDF-1.7", b"hello", GOOD.hex().encode(), b"\xff", b"0oQ==="],
)
def test_what_is_no_cose_is_none(raw: bytes) -> None:
    assert find_cose(raw) is None
    assert envelope_cose(raw) is None


def test_one_that_says_nothing_of_its_kind_is_no_good_credential() -> None:
    for data in (changed({16: "application/cose"}), b"\xd2\x84" + bytes(9)):
        assert envelope_cose(data) == enveloped(data)
        refuse(data)


@pytest.mark.parametrize("text", ["", "0oR_-", "AAA=", "0oRY=", "0oRYVq==", "d284", "A", "é"])
def test_base64_of_one_spelling(text: str) -> None:
    """The envelope of a vector is in hexadecimal, which also looks like base64."""
    document = enveloped(GOOD) | {"id": f"data:application/vc+cose;base64,{text}"}
    result = verifier().verify_secured(document, now=NOW, resolvers=Hosts().resolvers).result
    assert any(check.outcome is Outcome.FAILED for check in result.checks)
