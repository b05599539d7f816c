"""Attacks on proofs, tried with every suite that hashes a document whole; each ends in a named refusal."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from credserv.ground.encoding import KeyType, decode_base58btc, encode_base58btc, encode_base64url
from credserv.ground.errors import (
    CredservError,
    InvalidSignatureError,
    MalformedProofError,
    MissingProofError,
    ProofError,
    UndefinedTermError,
    UnknownContextError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.verification_method import build_did_document
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import OB3, V2, badge, issuer, leaves, other_value, replaced, verify
from tests.testkit.suites import SuiteIssuer, suite_issuers

ISSUERS = suite_issuers(7)
OTHERS = {str(other): other for other in suite_issuers(8)}
SIGNED = {str(by): by.sign() for by in ISSUERS}
JCS = [by for by in ISSUERS if "jcs" in by.identifier]
RDFC = [by for by in ISSUERS if "jcs" not in by.identifier]
DATA_INTEGRITY = [by for by in ISSUERS if by.member == "proofValue"]
LEGACY = ("Ed25519Signature2020", "Ed25519Signature2018", "JsonWebSignature2020")
ECDSA = [by for by in ISSUERS if by.signer.key_type is not KeyType.ED25519]

every = pytest.mark.parametrize("by", ISSUERS, ids=str)


def refused(document: dict[str, Any], kind: type[CredservError] = CredservError, **options: Any) -> str:
    with pytest.raises(kind) as caught:
        verify(document, **options)
    return caught.value.detail


def test_every_suite_is_here() -> None:
    assert {by.identifier for by in ISSUERS} == {
        "eddsa-rdfc-2022",
        "eddsa-jcs-2022",
        "ecdsa-rdfc-2019",
        "ecdsa-jcs-2019",
        *LEGACY,
    }
    assert len(ECDSA) == 6


@every
def test_the_untouched_credential_verifies(by: SuiteIssuer) -> None:
    (proof,) = verify(SIGNED[str(by)])
    assert (proof.cryptosuite, proof.verification_method) == (by.identifier, by.method)


@every
def test_every_leaf_changed_in_turn_is_refused(by: SuiteIssuer) -> None:
    signed = SIGNED[str(by)]
    for path, value in leaves(signed):
        refused(replaced(signed, path, other_value(value)), controller=by.did)


@every
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("created", "2026-03-14T09:00:01Z"),
        ("expires", "2099-01-01T00:00:00Z"),
        ("domain", "https://evil.example"),
        ("challenge", "abc"),
        ("nonce", "abc"),
        ("id", "urn:uuid:1"),
        ("proofPurpose", "authentication"),
        ("previousProof", "urn:uuid:1"),
        ("@context", [V2]),
        ("@context", [OB3, V2]),
        ("unknown", "x"),
    ],
)
def test_attack_13_proof_altered(by: SuiteIssuer, member: str, value: Any) -> None:
    refused(replaced(SIGNED[str(by)], ("proof", member), value))


@every
def test_attack_13_unknown_member_of_a_proof_is_named(by: SuiteIssuer) -> None:
    """Even where the issuer signed it: nobody would know what it means."""
    kind = MalformedProofError if by in JCS else UndefinedTermError
    assert "'unknown'" in refused(replaced(SIGNED[str(by)], ("proof", "unknown"), "x"), kind)
    with pytest.raises(kind):
        by.sign(unknown="x")


@every
def test_attack_14_proof_set(by: SuiteIssuer) -> None:
    other = OTHERS[str(by)]
    unsigned, good_own = by.badge(), SIGNED[str(by)]["proof"]
    good_other = other.prove(unsigned)
    bad_own = good_own | {by.member: good_other[by.member]}
    refused(unsigned | {"proof": [good_other, bad_own]}, InvalidSignatureError)
    refused(unsigned | {"proof": [good_own, bad_own]}, InvalidSignatureError)
    refused(unsigned | {"proof": [good_other]}, VerificationMethodError)
    (proof,) = verify(unsigned | {"proof": [good_other, good_own]})
    assert proof.verification_method == by.method
    assert len(verify(unsigned | {"proof": [good_own, by.prove(unsigned, nonce="n")]})) == 2


MIXED = list(itertools.product(ISSUERS, repeat=2))
# Their contexts have no previousProof, and the badge's own contexts have no term for their proofs.
LEGACY_CHAINS = [pair for pair in MIXED if any(by.identifier in LEGACY for by in pair) and pair[1] not in JCS]
CHAINS = [pair for pair in MIXED if pair not in LEGACY_CHAINS]


@pytest.mark.parametrize(("first_by", "second_by"), CHAINS, ids=str)
def test_attack_15_chains_of_any_two_suites(first_by: SuiteIssuer, second_by: SuiteIssuer) -> None:
    first_by = OTHERS[str(first_by)]
    unsigned = second_by.badge()
    first = first_by.prove(unsigned, id="urn:uuid:1")
    second = second_by.prove(unsigned | {"proof": [first]}, previousProof="urn:uuid:1")
    assert verify(unsigned | {"proof": [first, second]})
    refused(unsigned | {"proof": [second]}, MalformedProofError)
    changed = first_by.prove(unsigned, id="urn:uuid:1", nonce="n")
    refused(unsigned | {"proof": [changed, second]}, InvalidSignatureError)
    broken = first | {first_by.member: changed[first_by.member]}
    refused(unsigned | {"proof": [broken, second]}, InvalidSignatureError)
    unchained = {name: value for name, value in second.items() if name != "previousProof"}
    refused(unsigned | {"proof": [first, unchained]}, InvalidSignatureError)


@pytest.mark.parametrize(("first_by", "second_by"), LEGACY_CHAINS, ids=str)
def test_attack_15_chains_with_a_suite_that_knows_none(first_by: SuiteIssuer, second_by: SuiteIssuer) -> None:
    unsigned = second_by.badge()
    first = first_by.prove(unsigned, id="urn:uuid:1")
    with pytest.raises(UndefinedTermError):
        second_by.prove(unsigned | {"proof": [first]}, previousProof="urn:uuid:1")


@every
def test_attack_15_circles(by: SuiteIssuer) -> None:
    own = by.prove(by.badge(), id="urn:uuid:1")
    refused(by.badge() | {"proof": own | {"previousProof": "urn:uuid:1"}}, MalformedProofError)
    two = [own | {"previousProof": "urn:uuid:2"}, own | {"id": "urn:uuid:2", "previousProof": "urn:uuid:1"}]
    refused(by.badge() | {"proof": two}, MalformedProofError)


@every
def test_attack_16_proof_stripped_or_too_many(by: SuiteIssuer) -> None:
    signed = SIGNED[str(by)]
    refused(by.badge(), MissingProofError)
    refused(signed | {"proof": []}, MissingProofError)
    refused(signed | {"proof": {}}, MalformedProofError)
    refused(signed | {"proof": [signed["proof"]] * 1_000}, MalformedProofError)
    for name in (by.member, "proofPurpose", "verificationMethod", "type"):
        left = {member: value for member, value in signed["proof"].items() if member != name}
        refused(signed | {"proof": left}, MalformedProofError)


@every
def test_attack_17_and_18_a_key_that_the_issuer_does_not_control(by: SuiteIssuer) -> None:
    other = OTHERS[str(by)]
    forged = by.badge() | {"proof": other.prove(by.badge())}
    refused(forged, VerificationMethodError)
    renamed = by.badge() | {"proof": other.prove(by.badge(), verificationMethod=by.method)}
    refused(renamed, InvalidSignatureError)
    page = build_did_document(by.did, [(by.method, by.signer.public_key_multibase)])
    for spoilt in (
        page | {"id": other.did},
        page | {"assertionMethod": []},
        page | {"verificationMethod": [page["verificationMethod"][0] | {"controller": other.did}]},
    ):
        refused(SIGNED[str(by)], VerificationMethodError, resolve_did=lambda _did, spoilt=spoilt: spoilt)


@every
def test_attack_19_proof_purpose_confusion(by: SuiteIssuer) -> None:
    for_login = by.sign(proofPurpose="authentication")
    refused(for_login, VerificationMethodError)
    assert verify(for_login, purpose="authentication")
    refused(SIGNED[str(by)], VerificationMethodError, purpose="authentication")
    turned = replaced(for_login, ("proof", "proofPurpose"), "assertionMethod")
    refused(turned, InvalidSignatureError)


OTHER_SUITES = [(by, other) for by, other in MIXED if by.identifier != other.identifier]


@pytest.mark.parametrize(("by", "other"), OTHER_SUITES, ids=str)
def test_attack_20_cryptosuite_confusion(by: SuiteIssuer, other: SuiteIssuer) -> None:
    """The proof of one suite under the name of another, with its own key and with the other's."""
    signed = SIGNED[str(by)]
    named = other.options(verificationMethod=by.method) | {other.member: signed["proof"][by.member]}
    refused(signed | {"proof": named})
    refused(signed | {"proof": named | {"@context": signed["@context"]}})
    other = OTHERS[str(other)]
    keyed = replaced(signed, ("issuer", "id"), other.did)
    refused(replaced(keyed, ("proof", "verificationMethod"), other.method))


@every
def test_attack_20_unknown_suites_and_types(by: SuiteIssuer) -> None:
    signed = SIGNED[str(by)]
    proof = {"proofValue": "z", **signed["proof"]}
    for name in ("none", by.identifier.upper(), by.identifier + " ", "bbs-2023"):
        unknown = proof | {"type": "DataIntegrityProof", "cryptosuite": name}
        refused(signed | {"proof": unknown}, UnsupportedProofError)
    for name in ("RsaSignature2018", by.identifier + "x", "eddsa-rdfc-2022", "dataintegrityproof"):
        refused(signed | {"proof": proof | {"type": name}}, UnsupportedProofError)
    own_name = {"type": "DataIntegrityProof", "cryptosuite": "Ed25519Signature2020"}
    refused(signed | {"proof": proof | own_name}, UnsupportedProofError)


def test_attack_20_the_hash_goes_with_the_key_not_with_the_proof() -> None:
    """P-384 signing what was hashed for P-256, and the other way round."""
    p256, p384 = (
        next(by for by in ECDSA if by.signer.key_type is kind) for kind in (KeyType.P256, KeyType.P384)
    )
    for by, wrong in ((p384, KeyType.P256), (p256, KeyType.P384)):
        unsigned = by.badge()
        data = by.suite.hash_data(unsigned, by.options(), wrong)
        proof = by.options() | {"proofValue": encode_base58btc(by.signer.sign(data))}
        if by in JCS:
            proof["@context"] = unsigned["@context"]
        refused(unsigned | {"proof": proof}, InvalidSignatureError)


def spoilt_values(by: SuiteIssuer) -> list[Any]:
    value = SIGNED[str(by)]["proof"]["proofValue"]
    raw = decode_base58btc(value)
    half = len(raw) // 2
    return [
        None,
        "",
        "z",
        [value],
        {"value": value},
        value[1:],
        value + " ",
        value + "\n",
        "z1" + value[1:],
        "z" + "l" + value[2:],
        "z" + "0" + value[2:],
        "u" + encode_base64url(raw),
        "f" + raw.hex(),
        "z" + "z" * 4_000_000,
        encode_base58btc(raw[:-1]),
        encode_base58btc(raw + b"\0"),
        encode_base58btc(b"\0" + raw),
        encode_base58btc(raw[1:]),
        encode_base58btc(raw[half:] + raw[:half]),
        encode_base58btc(bytes(len(raw))),
        encode_base58btc(b"\xff" * len(raw)),
        encode_base58btc(bytes(half) + raw[half:]),
        encode_base58btc(raw[:half] + bytes(half)),
    ]


@pytest.mark.parametrize("by", DATA_INTEGRITY, ids=str)
def test_attack_21_signature_encoding(by: SuiteIssuer) -> None:
    signed = SIGNED[str(by)]
    started = time.process_time()
    for value in spoilt_values(by):
        refused(replaced(signed, ("proof", "proofValue"), value), ProofError)
    assert time.process_time() - started < HANGS_AFTER


@pytest.mark.parametrize("by", [by for by in ECDSA if by in DATA_INTEGRITY], ids=str)
def test_attack_21_ecdsa_signatures_have_one_length_and_two_forms(by: SuiteIssuer) -> None:
    """DER does not verify, and is not called false where it fits. r and s out of range are refused; n - s in
    the place of s is let be, as the standards do."""
    signed = SIGNED[str(by)]
    raw = decode_base58btc(signed["proof"]["proofValue"])
    half, order = len(raw) // 2, CURVES[by.signer.key_type].group_order
    r, s = int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")

    def with_numbers(r: int, s: int) -> dict[str, Any]:
        value = encode_base58btc(r.to_bytes(half, "big") + s.to_bytes(half, "big"))
        return replaced(signed, ("proof", "proofValue"), value)

    der = encode_base58btc(encode_dss_signature(r, s))
    refused(replaced(signed, ("proof", "proofValue"), der), UnsupportedProofError)
    refused(replaced(signed, ("proof", "proofValue"), der) | {"name": "Other"}, InvalidSignatureError)
    for wrong_der in (encode_dss_signature(s, r), encode_dss_signature(order, s), encode_dss_signature(r, 1)):
        refused(replaced(signed, ("proof", "proofValue"), encode_base58btc(wrong_der)), ProofError)
    for wrong in ((0, s), (r, 0), (order, s), (r, order), (0, 0), (1, 1)):
        refused(with_numbers(*wrong), InvalidSignatureError)
    if r + order < 1 << (8 * half):
        refused(with_numbers(r + order, s), InvalidSignatureError)
    assert verify(with_numbers(r, order - s))


@every
def test_attacks_07_to_10_contexts_of_any_other_kind(by: SuiteIssuer) -> None:
    signed = SIGNED[str(by)]
    contexts: list[Any] = [
        [V2, OB3, {"@vocab": "https://evil.example/"}],
        [V2, {"name": "https://evil.example/name"}, OB3],
        [V2, OB3, "https://evil.example/context"],
        [V2, OB3, "https://www.w3.org/ns/credentials/undefined-terms/v2"],
        [V2, OB3, None],
        None,
        {},
        [],
    ]
    for context in contexts:
        refused(signed | {"@context": context})
    refused(signed | {"@context": [V2]})
    if by in JCS:  # quads are the same in either order, so for those the structure check has to say it
        refused(signed | {"@context": [OB3, V2]}, MalformedProofError)
    nested = replaced(signed, ("credentialSubject", "@context"), {"@vocab": "https://evil.example/"})
    refused(nested)


@pytest.mark.parametrize("by", JCS, ids=str)
def test_attack_08_not_even_the_issuer_signs_a_context_of_its_own(by: SuiteIssuer) -> None:
    inline = {"@vocab": "https://evil.example/"}
    for document in (
        by.badge(**{"@context": [V2, OB3, inline]}),
        replaced(by.badge(), ("credentialSubject", "@context"), inline),
    ):
        with pytest.raises(UnknownContextError):
            by.sign(document)
    deep: Any = {}
    for _ in range(200):
        deep = {"evidence": [deep]}
    with pytest.raises(CredservError, match="deep"):
        by.sign(by.badge(**deep))


@pytest.mark.parametrize("by", JCS, ids=str)
def test_jcs_contexts_after_the_proofs_own_are_let_be_as_the_specification_has_it(by: SuiteIssuer) -> None:
    """Section 3.3.2, step 4: the proof's @context is the beginning of the document's. It still is pinned."""
    signed = SIGNED[str(by)]
    extension = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
    assert verify(signed | {"@context": [V2, OB3, extension]})
    refused(signed | {"@context": [V2, extension, OB3]}, MalformedProofError)
    refused(replaced(signed, ("proof", "@context"), [V2, OB3, extension]), MalformedProofError)


@pytest.mark.parametrize("by", JCS, ids=str)
def test_jcs_signs_what_no_context_defines(by: SuiteIssuer) -> None:
    signed = by.sign(by.badge(clearance="TOP"))
    assert verify(signed)
    refused(signed | {"clearance": "NONE"}, InvalidSignatureError)
    refused(SIGNED[str(by)] | {"clearance": "TOP"}, InvalidSignatureError)
    refused(SIGNED[str(by)] | {"description": None}, InvalidSignatureError)


@pytest.mark.parametrize("by", JCS, ids=str)
@pytest.mark.parametrize("value", [2**53 + 1, float("nan"), float("inf"), "\ud800"])
def test_jcs_values_without_one_form_are_refused(by: SuiteIssuer, value: Any) -> None:
    refused(SIGNED[str(by)] | {"clearance": value})


@pytest.mark.parametrize("by", RDFC, ids=str)
def test_attack_01_undefined_term_silently_dropped(by: SuiteIssuer) -> None:
    assert "'clearance'" in refused(SIGNED[str(by)] | {"clearance": "TOP"}, UndefinedTermError)


@every
def test_times_of_a_proof(by: SuiteIssuer) -> None:
    assert verify(by.sign(created="2026-03-14T09:00:00.123456789Z"))
    assert verify(by.sign(created="2026-03-14T10:00:00+01:00"))
    assert verify(by.sign(expires="2026-03-14T09:26:54Z"))
    assert verify(by.sign(created="2026-03-14T09:00:00"))  # in UTC
    refused(by.sign(expires="2026-03-14T09:26:53"), ProofError)
    refused(by.sign(expires="2026-03-14T09:26:53Z"), ProofError)
    refused(by.sign(created="2026-03-14T09:28:00Z"), ProofError)
    for wrong in ("2026-03-14", "never", "2026-03-14T09:00"):
        refused(by.sign(created=wrong), MalformedProofError)
        refused(by.sign(expires=wrong), MalformedProofError)


def test_one_badge_with_a_proof_of_every_suite() -> None:
    """Several proofs by one issuer: each must hold."""
    did = "did:web:badges.example"
    unsigned = badge(issuer()) | {"issuer": {"id": did, "type": ["Profile"], "name": "Example Academy"}}
    several = [*DATA_INTEGRITY, next(by for by in ISSUERS if by.member == "jws")]
    methods = {by: f"{did}#{number}" for number, by in enumerate(several)}
    page = build_did_document(
        did, [(method, by.signer.public_key_multibase) for by, method in methods.items()]
    )
    proofs = [by.prove(unsigned, verificationMethod=method) for by, method in methods.items()]
    verified = verify(unsigned | {"proof": proofs}, resolve_did=lambda _did: page)
    assert [proof.cryptosuite for proof in verified] == [by.identifier for by in several]
    for position in range(len(proofs)):
        broken = [dict(proof) for proof in proofs]
        broken[position]["created"] = "2026-03-14T09:00:01Z"
        refused(unsigned | {"proof": broken}, InvalidSignatureError, resolve_did=lambda _did: page)
