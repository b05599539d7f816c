"""Attacks on Data Integrity proofs, canonicalization and keys: each ends in a named refusal.

The numbers are those of the list of attacks that the service is held against.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import pickle
import socket
import time
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credserv.ground.encoding import (
    KeyType,
    decode_base58btc,
    encode_base58btc,
    encode_base64url,
    encode_multikey,
)
from credserv.ground.errors import (
    CredservError,
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    MissingProofError,
    ProofError,
    SigningKeyError,
    TooComplexError,
    UndefinedTermError,
    UnknownContextError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.openbadges.plain import plain_form
from credserv.proof.keys.signer import create_key_file, open_signer
from credserv.proof.keys.verification_method import build_did_document, did_key, did_key_document, find_method
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import (
    NOW,
    OB3,
    V2,
    Steps,
    badge,
    canonizer,
    issuer,
    leaves,
    objects,
    other_value,
    replaced,
    verify,
)

ISSUER = issuer(1)
ATTACKER = issuer(2)
SIGNED = ISSUER.sign(badge(ISSUER))
UNDEFINED_TERMS_V2 = "https://www.w3.org/ns/credentials/undefined-terms/v2"


def refused(document: dict[str, Any], error: type[CredservError] = CredservError, **arguments: Any) -> str:
    """What the refusal says."""
    with pytest.raises(error) as caught:
        verify(document, **arguments)
    return caught.value.detail


def test_the_untouched_credential_verifies() -> None:
    (verified,) = verify(SIGNED)
    assert verified.controller == ISSUER.did
    assert verified.cryptosuite == "eddsa-rdfc-2022"


@pytest.mark.parametrize(
    "path", [path for path, _ in leaves(SIGNED)], ids=lambda path: "/".join(map(str, path))
)
def test_every_leaf_changed_in_turn_is_refused(path: Steps) -> None:
    value: Any = SIGNED
    for step in path:
        value = value[step]
    refused(replaced(SIGNED, path, other_value(value)))


@pytest.mark.parametrize(
    "path",
    [path for path, _ in leaves(SIGNED) if path[0] != "proof"],
    ids=lambda path: "/".join(map(str, path)),
)
def test_every_leaf_removed_in_turn_is_refused(path: Steps) -> None:
    changed = copy.deepcopy(SIGNED)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    if path[0] == "@context":
        return  # fewer contexts may say the same; that they are as they must be is a matter of the schema
    refused(changed, controller=ISSUER.did)


@pytest.mark.parametrize("path", list(objects(SIGNED)), ids=lambda path: "/".join(map(str, path)) or "top")
def test_attack_01_undefined_term_silently_dropped(path: Steps) -> None:
    detail = refused(replaced(SIGNED, (*path, "clearance"), "TOP"), UndefinedTermError)
    assert "'clearance'" in detail


@pytest.mark.parametrize("path", list(objects(SIGNED)), ids=lambda path: "/".join(map(str, path)) or "top")
def test_attack_02_keyword_like_key(path: Steps) -> None:
    assert "'@foo'" in refused(replaced(SIGNED, (*path, "@foo"), "x"), UndefinedTermError)


@pytest.mark.parametrize("path", list(objects(SIGNED)), ids=lambda path: "/".join(map(str, path)) or "top")
def test_attack_03_blank_node_property(path: Steps) -> None:
    assert "'_:p'" in refused(replaced(SIGNED, (*path, "_:p"), "x"), UndefinedTermError)


@pytest.mark.parametrize(
    "path", list(objects(badge(ISSUER))), ids=lambda path: "/".join(map(str, path)) or "top"
)
def test_attack_04_null_member(path: Steps) -> None:
    """It is absent to who signs and to who reads; in the place of what was signed it is a change."""
    held: Any = SIGNED
    for step in path:
        held = held[step]
    changed = replaced(SIGNED, (*path, "description"), None)
    if "description" not in held:
        assert verify(changed)
        assert plain_form(changed) == plain_form(SIGNED)
    for name in held.keys() - {"proof"}:
        refused(replaced(SIGNED, (*path, name), None), controller=ISSUER.did)
    refused(replaced(SIGNED, (*path, "clearance"), None), UndefinedTermError)


@pytest.mark.parametrize("kind", ["AdminCredential", "_:Admin", "@json", "", "../Admin"])
def test_attack_05_undefined_type(kind: str) -> None:
    types = [*SIGNED["type"], kind]
    refused(SIGNED | {"type": types}, UndefinedTermError)
    with pytest.raises(UndefinedTermError):
        ISSUER.sign(badge(ISSUER, type=types))


@pytest.mark.parametrize(
    "name", ["alice", "", "#alice", "//alice.example", "_:alice", "a b:c", "@id", "x:\n"]
)
def test_attack_06_relative_ids(name: str) -> None:
    with pytest.raises(UndefinedTermError):
        ISSUER.sign(replaced(badge(ISSUER), ("credentialSubject", "id"), name))
    refused(replaced(SIGNED, ("credentialSubject", "id"), name), UndefinedTermError)


@pytest.mark.parametrize("context", [UNDEFINED_TERMS_V2, {"@vocab": "https://evil.example/"}])
def test_attack_07_vocab_injection(context: Any) -> None:
    document = SIGNED | {"@context": [V2, OB3, context], "clearance": "TOP"}
    refused(document, UnknownContextError)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("@context",), {"clearance": "https://evil.example/clearance"}),
        (("@context",), [V2, OB3, {"clearance": "https://evil.example/clearance"}]),
        (("@context",), None),
        (("@context",), []),
        (("@context",), [V2, OB3, None]),
        (("@context",), [V2, OB3, [V2]]),
        (("credentialSubject", "@context"), V2),
        (("credentialSubject", "@context"), None),
        (("credentialSubject", "@context"), {"@propagate": True}),
        (("credentialSubject", "achievement", "@context"), [V2, OB3]),
        (("@included",), [{"id": "https://evil.example/", "name": "x"}]),
        (("@reverse",), {"name": {"id": "https://evil.example/"}}),
        (("@nest",), {"name": "x"}),
        (("@graph",), [{"name": "x"}]),
        (("@index",), "x"),
        (("@id",), "https://badges.example/credentials/1"),
        (("@type",), ["OpenBadgeCredential"]),
    ],
)
def test_attack_08_inline_and_scoped_contexts(path: Steps, value: Any) -> None:
    refused(replaced(SIGNED, path, value), InputError)


def test_a_context_named_twice_is_the_same_context() -> None:
    """As an issuer of certificates writes it: it changes the meaning of nothing."""
    assert verify(SIGNED | {"@context": [V2, OB3, OB3]})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("credentialSubject", "identifier", 0, "hashed"), "true"),
        (("credentialSubject", "achievement", "tag"), ["mentoring", "mentoring"]),
        (("type",), [*SIGNED["type"], SIGNED["type"][0]]),
    ],
)
def test_what_others_sign_though_not_as_written_is_not_called_false(path: Steps, value: Any) -> None:
    """Certificates of a well-known course have texts where true or false is due, and hold elsewhere."""
    refused(replaced(SIGNED, path, value), UnsupportedProofError)


def test_attack_09_context_swap() -> None:
    """A context that would give terms another meaning is unknown, or lacks them."""
    refused(SIGNED | {"@context": [V2, "https://evil.example/ob-3.0.3.json"]}, UnknownContextError)
    old = "https://purl.imsglobal.org/spec/ob/v3p0/context.json"
    refused(SIGNED | {"@context": [V2, old]})
    refused(SIGNED | {"@context": ["https://www.w3.org/2018/credentials/v1", OB3]})


def test_attack_10_remote_context_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_args: object, **_more: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    refused(SIGNED | {"@context": [V2, "http://127.0.0.1:9/context.json"]}, UnknownContextError)
    refused(SIGNED | {"@context": [V2, "file:///etc/passwd"]}, UnknownContextError)


@pytest.mark.parametrize(
    "contexts",
    [
        [V2, "https://www.w3.org/2018/credentials/v1"],
        [V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json", OB3],
    ],
)
def test_attack_11_redefined_protected_term(contexts: list[str]) -> None:
    refused(SIGNED | {"@context": contexts}, UnknownContextError)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), {"@value": "Mentor foundation"}),
        (("name",), {"@value": "Mentor foundation", "@language": "not a tag"}),
        (("name",), {"@value": "Mentor foundation", "@language": "en", "@direction": "up"}),
        (("name",), {"@value": 1, "@language": "en"}),
        (("name",), {"en": "Mentor foundation", "de": "Mentor Grundstufe"}),
        (("name",), ["Mentor foundation", "Mentor foundation"]),
        (("name",), [["Mentor foundation"]]),
        (("name",), [None]),
        (
            ("validFrom",),
            {"@value": SIGNED["validFrom"], "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
        ),
        (("validFrom",), 2026),
        (("credentialSubject", "achievement", "creditsAvailable"), "1.5E0"),
        (("credentialSubject", "achievement", "creditsAvailable"), 1.5000000000000002),
        (("credentialSubject", "achievement", "creditsAvailable"), float("nan")),
        (("credentialSubject", "achievement", "creditsAvailable"), float("inf")),
        (("credentialSubject", "achievement", "creditsAvailable"), 2**53),
        (("credentialSubject", "achievement", "creditsAvailable"), 10**400),
        (("credentialSubject", "achievement", "creditsAvailable"), True),
        (("credentialSubject", "identifier", 0, "hashed"), "true"),
        (("credentialSubject", "identifier", 0, "hashed"), 1),
        (("credentialSubject", "achievement", "id"), {"id": "https://badges.example/"}),
        (("type",), []),
        (("type",), {"id": "OpenBadgeCredential"}),
        (("name",), "half a pair \ud800"),
    ],
)
def test_attack_12_datatype_and_language_tricks(path: Steps, value: Any) -> None:
    refused(replaced(SIGNED, path, value), InputError)


def test_attack_12_the_same_value_in_another_spelling_is_refused() -> None:
    """Each of these has the very quads that were signed, so only the check on spelling can tell."""
    renamed = {name: value for name, value in SIGNED.items() if name != "name"}
    refused(renamed | {"https://schema.org/name": SIGNED["name"]}, UndefinedTermError)
    types = ["VerifiableCredential", "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"]
    refused(SIGNED | {"type": types}, UndefinedTermError)
    subject = SIGNED["credentialSubject"]
    tags = [*subject["achievement"]["tag"], "mentoring"]
    refused(replaced(SIGNED, ("credentialSubject", "achievement", "tag"), tags), InputError)
    again = [*subject["achievement"]["resultDescription"]] * 2
    refused(replaced(SIGNED, ("credentialSubject", "achievement", "resultDescription"), again), InputError)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("created", "2026-03-14T09:00:01Z"),
        ("created", "2026-03-14T10:00:00+01:00"),  # the same instant, another text
        ("expires", "2027-01-01T00:00:00Z"),
        ("domain", "https://evil.example"),
        ("challenge", "abc"),
        ("nonce", "abc"),
        ("id", "urn:uuid:1"),
        ("proofPurpose", "authentication"),
        ("proofPurpose", "https://w3id.org/security#assertionMethod"),
        ("previousProof", "urn:uuid:1"),
        ("@context", [V2]),
        ("@context", [OB3, V2]),
        ("verificationMethod", ATTACKER.method),
        ("unknown", "x"),
        ("type", "DataIntegrityProof2"),
    ],
)
def test_attack_13_proof_altered(member: str, value: Any) -> None:
    refused(replaced(SIGNED, ("proof", member), value))


def test_attack_13_unknown_member_of_a_proof_is_named() -> None:
    assert "'unknown'" in refused(replaced(SIGNED, ("proof", "unknown"), "x"), UndefinedTermError)


def test_attack_14_proof_set() -> None:
    """One good proof by someone and a bad one by the issuer is no; the other way round names the issuer's."""
    good_other = ATTACKER.prove(badge(ISSUER))
    bad_own = SIGNED["proof"] | {"proofValue": good_other["proofValue"]}
    refused(SIGNED | {"proof": [good_other, bad_own]}, InvalidSignatureError)
    refused(SIGNED | {"proof": [SIGNED["proof"], bad_own]}, InvalidSignatureError)
    refused(SIGNED | {"proof": [good_other]}, VerificationMethodError)
    (verified,) = verify(SIGNED | {"proof": [good_other, SIGNED["proof"]]})
    assert verified.verification_method == ISSUER.method
    refused(SIGNED | {"proof": [SIGNED["proof"], {"type": "DataIntegrityProof"}]}, MalformedProofError)


def chained(*proofs: dict[str, Any]) -> dict[str, Any]:
    return badge(ISSUER) | {"proof": list(proofs)}


def test_attack_15_proof_chain() -> None:
    first = ATTACKER.prove(badge(ISSUER), id="urn:uuid:1")
    second = ISSUER.prove(chained(first), previousProof="urn:uuid:1")
    assert verify(chained(first, second))
    # What it builds on is part of what was signed: without it, with another, or unverified, nothing holds.
    refused(chained(second), MalformedProofError)
    refused(chained(ATTACKER.prove(badge(ISSUER), id="urn:uuid:1", nonce="n"), second), InvalidSignatureError)
    broken = first | {"proofValue": second["proofValue"]}
    refused(chained(broken, ISSUER.prove(chained(broken), previousProof="urn:uuid:1")), InvalidSignatureError)
    refused(chained(first, ISSUER.prove(badge(ISSUER), previousProof="urn:uuid:1")), InvalidSignatureError)


@pytest.mark.parametrize(
    ("ids", "previous"),
    [
        (["urn:uuid:1"], ["urn:uuid:1"]),  # itself
        (["urn:uuid:1", "urn:uuid:2"], ["urn:uuid:2", "urn:uuid:1"]),  # a circle
        (["urn:uuid:1", "urn:uuid:1"], [None, None]),  # one id for two
        (["urn:uuid:1"], ["urn:uuid:9"]),
        (["urn:uuid:1"], [456321]),
        (["urn:uuid:1"], [[456321]]),
        (["urn:uuid:1"], [[]]),
        (["1"], ["1"]),
        ([1], [None]),
    ],
)
def test_attack_15_malformed_chains(ids: list[Any], previous: list[Any]) -> None:
    proofs = [
        SIGNED["proof"] | {"id": name} | ({} if before is None else {"previousProof": before})
        for name, before in zip(ids, previous, strict=True)
    ]
    refused(SIGNED | {"proof": proofs}, MalformedProofError)


def test_attack_15_many_proofs_on_many_cost_each_once() -> None:
    """Seven proofs, each building on all before: verified once each, not 2^6 times."""
    proofs: list[dict[str, Any]] = []
    for number in range(7):
        before = [f"urn:uuid:{earlier}" for earlier in range(number)] or None
        unsecured = chained(*proofs) if proofs else badge(ISSUER)
        proofs.append(ISSUER.prove(unsecured, id=f"urn:uuid:{number}", previousProof=before))
    calls = 0

    def resolve(did: str) -> Any:
        nonlocal calls
        calls += 1
        return did_key_document(did)

    assert len(verify(chained(*proofs), resolve_did=resolve)) == 7
    assert calls == 7


@pytest.mark.parametrize("proof", [None, []])
def test_attack_16_proof_stripped(proof: Any) -> None:
    refused(SIGNED | {"proof": proof}, MissingProofError)
    refused(badge(ISSUER), MissingProofError)


@pytest.mark.parametrize("proof", [{}, [{}], "x", 1, True, [None], [[]], [SIGNED["proof"]] * 9])
def test_attack_16_proof_of_no_form_or_too_many(proof: Any) -> None:
    refused(SIGNED | {"proof": proof}, MalformedProofError)


def test_attack_17_verification_method_not_controlled_by_the_issuer() -> None:
    forged = badge(ISSUER)
    refused(forged | {"proof": ATTACKER.prove(forged)}, VerificationMethodError)


def document_of(**changes: Any) -> dict[str, Any]:
    return dict(did_key_document(ISSUER.did)) | changes


METHOD = document_of()["verificationMethod"][0]


@pytest.mark.parametrize(
    "document",
    [
        document_of(id=ATTACKER.did),
        document_of(id=None),
        document_of(verificationMethod=[]),
        document_of(verificationMethod=None),
        document_of(verificationMethod=[METHOD, METHOD | {"controller": ATTACKER.did}]),
        document_of(verificationMethod=[METHOD | {"controller": ATTACKER.did}]),
        document_of(verificationMethod=[METHOD | {"controller": [ISSUER.did]}]),
        document_of(verificationMethod=[METHOD | {"id": ATTACKER.method}]),
        document_of(assertionMethod=[]),
        document_of(assertionMethod=ATTACKER.method),
        document_of(assertionMethod=[ATTACKER.method]),
        document_of(deactivated=True),
        document_of(verificationMethod=[METHOD | {"revoked": "2026-03-14T09:00:00Z"}]),
        document_of(verificationMethod=[METHOD | {"expires": "2026-03-14T09:26:53Z"}]),
        document_of(verificationMethod=[METHOD | {"expires": "soon"}]),
        document_of(verificationMethod=[METHOD | {"type": "RsaVerificationKey2018"}]),
        document_of(verificationMethod=[METHOD | {"publicKeyMultibase": 1}]),
        document_of(verificationMethod=[METHOD] * 101),
        {},
    ],
)
def test_attack_18_document_that_does_not_give_the_method(document: dict[str, Any]) -> None:
    refused(SIGNED, VerificationMethodError, resolve_did=lambda _did: document)


def test_a_method_that_stands_alone_means_a_list_of_it() -> None:
    document = document_of(verificationMethod=METHOD, assertionMethod=ISSUER.method)
    assert verify(SIGNED, resolve_did=lambda _did: document)


@pytest.mark.parametrize(("signed_for", "asked_for"), [("authentication", "assertionMethod")] * 1)
def test_attack_19_proof_purpose_confusion(signed_for: str, asked_for: str) -> None:
    proof = ISSUER.prove(badge(ISSUER), proofPurpose=signed_for)
    document = badge(ISSUER) | {"proof": proof}
    refused(document, VerificationMethodError, purpose=asked_for)
    assert verify(document, purpose=signed_for)
    refused(SIGNED, VerificationMethodError, purpose="authentication")


def p256_did() -> tuple[str, str]:
    point = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    key = encode_multikey(KeyType.P256, point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))
    return did_key(key), key


def test_attack_20_cryptosuite_confusion() -> None:
    did, key = p256_did()
    document = replaced(SIGNED, ("issuer", "id"), did)
    refused(replaced(document, ("proof", "verificationMethod"), f"{did}#{key}"), VerificationMethodError)
    for other in ("EDDSA-RDFC-2022", "none", "Ed25519Signature2020"):
        refused(replaced(SIGNED, ("proof", "cryptosuite"), other), UnsupportedProofError)
    refused(replaced(SIGNED, ("proof", "cryptosuite"), "eddsa-jcs-2022"), InvalidSignatureError)
    refused(replaced(SIGNED, ("proof", "cryptosuite"), "ecdsa-rdfc-2019"), VerificationMethodError)
    refused(replaced(SIGNED, ("proof", "type"), "Ed25519Signature2020"), InputError)
    refused(replaced(SIGNED, ("proof", "type"), "eddsa-rdfc-2022"), UnsupportedProofError)


VALUE: str = SIGNED["proof"]["proofValue"]
RAW = decode_base58btc(VALUE)
ORDER = 2**252 + 27742317777372353535851937790883648493
HIGH_S = RAW[:32] + (int.from_bytes(RAW[32:], "little") + ORDER).to_bytes(32, "little")


@pytest.mark.parametrize(
    "value",
    [
        encode_base58btc(HIGH_S),
        encode_base58btc(RAW[:-1]),
        encode_base58btc(RAW + b"\0"),
        encode_base58btc(b"\0" + RAW),
        "z1" + VALUE[1:],
        VALUE[1:],
        "u" + encode_base64url(RAW),
        "f" + RAW.hex(),
        "m" + VALUE[1:],
        VALUE + " ",
        VALUE + "\n",
        VALUE.replace(VALUE[5], "0"),
        VALUE.replace(VALUE[5], "l"),
        "z" + "z" * 4_000_000,
        "z",
        "",
        None,
        [VALUE],
        {"value": VALUE},
        encode_base58btc(bytes(64)),
        encode_base58btc(bytes([1, *bytes(63)])),
    ],
    ids=range(21),
)
def test_attack_21_signature_encoding(value: Any) -> None:
    started = time.process_time()
    refused(replaced(SIGNED, ("proof", "proofValue"), value), ProofError)
    assert time.process_time() - started < HANGS_AFTER


P = 2**255 - 19
EIGHTH = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
WEAK_Y = [0, 1, P - 1, EIGHTH, P - EIGHTH, P, P + 1, 2**255 - 1]


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", WEAK_Y)
def test_attack_21_small_order_and_non_canonical_keys(y: int, sign: int) -> None:
    """Under a key of small order, R = the key and s = 0 verifies one message in eight, or all."""
    raw = (y | sign << 255).to_bytes(32, "little")
    key = encode_multikey(KeyType.ED25519, raw)
    did = did_key(key)
    document = replaced(SIGNED, ("issuer", "id"), did)
    document = replaced(document, ("proof", "verificationMethod"), f"{did}#{key}")
    document = replaced(document, ("proof", "proofValue"), encode_base58btc(raw + bytes(32)))
    refused(document, VerificationMethodError)


@pytest.mark.parametrize(
    "key",
    [
        "z" + METHOD["publicKeyMultibase"],
        METHOD["publicKeyMultibase"][1:],
        encode_base58btc(b"\xed\x81\x00" + bytes(31)),  # a varint that is longer than need be
        encode_base58btc(b"\xec\x01" + bytes(range(32))),  # x25519
        encode_base58btc(b"\xed\x01" + bytes(31)),
        encode_base58btc(b"\xed\x01" + bytes(33)),
        "u" + encode_base64url(b"\xed\x01" + bytes(range(32))),
        "z" + "1" * 4_000,
    ],
)
def test_attack_21_key_encoding(key: str) -> None:
    with pytest.raises(InputError):
        did_key_document(f"did:key:{key}")
    document = document_of(verificationMethod=[METHOD | {"publicKeyMultibase": key}])
    refused(SIGNED, VerificationMethodError, resolve_did=lambda _did: document)


@pytest.mark.parametrize(
    "change",
    [
        lambda did: did + "/",
        lambda did: did + "#" + did.rpartition(":")[2],
        lambda did: did.upper(),
        lambda did: did.replace("did:key", "did:KEY"),
        lambda did: did.replace(":", "%3A"),
        lambda did: did + "?versionId=1",
        lambda did: " " + did,
    ],
)
def test_attack_22_issuer_forms(change: Callable[[str], str]) -> None:
    """Bytes are compared: whoever is resolved is whoever is named."""
    refused(SIGNED, VerificationMethodError, controller=change(ISSUER.did))
    document = badge(ISSUER) | {"issuer": change(ISSUER.did)}
    refused(document | {"proof": SIGNED["proof"]})


@pytest.mark.parametrize("place", [("endorsement",), ("credentialSubject", "achievement", "endorsement")])
@pytest.mark.parametrize("times", [1, 3])
def test_attack_12_end_and_status_moved_to_where_no_reader_looks(place: Steps, times: int) -> None:
    """Objects of one id are one node, so an endorsement of the credential inside it could take them in."""
    document = badge(ISSUER) | {"validUntil": "2026-03-14T09:05:00Z"}
    endorsement = ATTACKER.sign(endorsement_by(ATTACKER))
    endorsement["credentialSubject"]["id"] = document["id"]
    signed = ISSUER.sign(replaced(document, place, [endorsement]))
    for _ in range(times):  # an achievement that is seen again is answered from memory
        assert verify(signed)
    moved = {name: signed[name] for name in ("validUntil", "credentialStatus")}
    subject = endorsement["credentialSubject"] | {"type": ["VerifiableCredential", "EndorsementSubject"]}
    forged = {name: value for name, value in signed.items() if name not in moved}
    forged = replaced(forged, (*place, 0, "credentialSubject"), subject | moved)
    for _ in range(times):
        assert "says more of the whole document" in refused(forged, UndefinedTermError)


@pytest.mark.parametrize("moved", ["result", "identifier"])
def test_attack_12_results_moved_to_where_no_reader_looks(moved: str) -> None:
    document = badge(ISSUER)
    person = document["credentialSubject"]
    person["id"] = "did:example:pat"
    identity = {"type": "IdentityObject", "identityHash": "7", "identityType": "sourcedId", "hashed": False}
    person |= {"identifier": [identity], "result": [{"type": ["Result"], "status": "Failed"}]}
    endorsement = endorsement_by(ATTACKER)
    endorsement["credentialSubject"]["id"] = "did:example:pat"
    signed = ISSUER.sign(document | {"endorsement": [endorsement]})
    assert verify(signed)
    forged = copy.deepcopy(signed)
    hidden = forged["endorsement"][0]["credentialSubject"]
    hidden["type"] = ["AchievementSubject", "EndorsementSubject"]
    hidden[moved] = forged["credentialSubject"].pop(moved)
    assert "says more of" in refused(forged, UndefinedTermError)


def embedding(endorsement: dict[str, Any]) -> dict[str, Any]:
    return replaced(badge(ISSUER), ("endorsement",), [endorsement])


def endorsement_by(author: Any) -> dict[str, Any]:
    return {
        "@context": [V2, OB3],
        "id": "https://badges.example/endorsements/1",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "A good badge",
        "issuer": {"id": author.did, "type": ["Profile"]},
        "validFrom": "2026-03-14T09:00:00Z",
        "credentialSubject": {
            "id": ISSUER.did,
            "type": ["EndorsementSubject"],
            "endorsementComment": "Good.",
        },
    }


def test_attack_23_embedded_endorsement_keeps_its_contexts_and_is_covered() -> None:
    """A complete embedded credential may bring its contexts; it is signed in full by the one around it."""
    endorsement = ATTACKER.sign(endorsement_by(ATTACKER))
    signed = ISSUER.sign(embedding(endorsement))
    assert verify(signed)
    assert verify(signed["endorsement"][0])
    for path, value in leaves(signed["endorsement"][0]):
        refused(replaced(signed, ("endorsement", 0, *path), other_value(value)))
    refused(replaced(signed, ("endorsement", 0, "clearance"), "TOP"), UndefinedTermError)
    refused(
        replaced(signed, ("endorsement", 0, "@context"), [{"@vocab": "https://evil.example/"}]), InputError
    )
    refused(replaced(signed, ("endorsement", 0, "@context"), [OB3, V2]), InputError)


def test_attack_24_mixed_data_models() -> None:
    contexts = ["https://www.w3.org/2018/credentials/v1", V2, OB3]
    for order in permutations(contexts):
        with pytest.raises(UnknownContextError):
            ISSUER.sign(badge(ISSUER, **{"@context": list(order)}))


def test_attack_38_many_alike_under_one_name_cost_little() -> None:
    """They are told apart by their count alone; no order of them needs to be tried."""
    node: dict[str, Any] = {"type": ["Achievement"], "related": [{"type": ["Related"]} for _ in range(200)]}
    started = time.process_time()
    lines = canonizer().canonize(replaced(badge(ISSUER), ("credentialSubject", "achievement"), node))
    assert lines.count("#Related> .") == 200
    assert time.process_time() - started < HANGS_AFTER


def test_attack_38_poison_graph_is_refused_fast() -> None:
    """Trees of twins: references by `_:` names being refused, no document can hold a worse graph."""

    def tree(depth: int) -> dict[str, Any]:
        return {"type": ["Achievement"]} | (
            {"related": [tree(depth - 1), tree(depth - 1), tree(depth - 1)]} if depth else {}
        )

    started = time.process_time()
    with pytest.raises(TooComplexError):
        canonizer().canonize(replaced(badge(ISSUER), ("credentialSubject", "achievement"), tree(5)))
    assert time.process_time() - started < HANGS_AFTER


def test_attack_39_a_wide_document_costs_little() -> None:
    evidence = [{"id": f"urn:x:{number}", "type": "Evidence"} for number in range(5_000)]
    started = time.process_time()
    assert canonizer().canonize(badge(ISSUER, evidence=evidence)).count("<urn:x:") >= 5_000
    assert time.process_time() - started < HANGS_AFTER


def test_attack_39_a_deep_document_is_refused_fast() -> None:
    deep: dict[str, Any] = {"id": ISSUER.did, "type": ["Profile"]}
    for _ in range(300):
        deep = {"id": ISSUER.did, "type": ["Profile"], "parentOrg": deep}
    started = time.process_time()
    with pytest.raises(TooComplexError):
        canonizer().canonize(badge(ISSUER, issuer=deep))
    assert time.process_time() - started < HANGS_AFTER


def test_attack_41_linear_time_in_long_strings() -> None:
    for text in ("a" * 1_000_000, "a:" * 500_000, "http://" + "a." * 400_000, "\x7f" * 300_000):
        started = time.process_time()
        with contextlib.suppress(InputError):
            canonizer().canonize(badge(ISSUER, id=text, name=text))
        assert time.process_time() - started < HANGS_AFTER


def test_attack_76_a_retired_key_still_verifies_what_it_signed() -> None:
    """Both keys stay listed; only the signer changes."""
    did = "did:web:badges.example"
    old, new = issuer(3), issuer(4)
    listed = [(f"{did}#{i.signer.public_key_multibase}", i.signer.public_key_multibase) for i in (new, old)]
    document = build_did_document(did, listed)
    unsigned = replaced(badge(ISSUER), ("issuer", "id"), did)
    for signer, (method, _) in zip((new, old), listed, strict=True):
        signed = unsigned | {"proof": signer.prove(unsigned, verificationMethod=method)}
        assert verify(signed, resolve_did=lambda _did: document)[0].verification_method == method


class TestAttack78KeyAtRest:
    passphrase = b"correct horse battery"

    def test_the_file_is_useless_without_the_passphrase(self, tmp_path: Path) -> None:
        create_key_file(tmp_path, "issuer", passphrase=self.passphrase)
        for wrong in (b"", b"wrong", self.passphrase + b" "):
            with pytest.raises(SigningKeyError):
                open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=wrong)

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o601])
    def test_a_file_that_others_can_read_is_refused(self, tmp_path: Path, mode: int) -> None:
        create_key_file(tmp_path, "issuer", passphrase=self.passphrase)
        (tmp_path / "issuer.pem").chmod(mode)
        with pytest.raises(SigningKeyError, match=f"{mode:04o}"):
            open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=self.passphrase)

    def test_no_form_of_a_signer_shows_the_key(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        create_key_file(tmp_path, "issuer", passphrase=self.passphrase)
        signer = open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=self.passphrase)
        with caplog.at_level(logging.DEBUG):
            logging.getLogger("test").debug("%s %r %s", signer, signer, [signer])
        secret = signer._key.private_bytes_raw()  # type: ignore[attr-defined]  # the one thing looked for
        for spelling in (
            secret.hex(),
            encode_base64url(secret),
            encode_base58btc(secret)[1:],
            repr(secret)[2:-1],
        ):
            assert spelling not in caplog.text
        with pytest.raises(TypeError):
            pickle.dumps(signer)
        with pytest.raises(TypeError):
            copy.deepcopy(signer)

    def test_the_refusal_of_a_passphrase_does_not_quote_it(self, tmp_path: Path) -> None:
        create_key_file(tmp_path, "issuer", passphrase=self.passphrase)
        with pytest.raises(SigningKeyError) as caught:
            open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=b"hunter2-secret")
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("created", "accepted"),
    [
        ("2026-03-14T09:27:53Z", True),  # 60 s ahead
        ("2026-03-14T09:27:54Z", False),
        ("2026-03-15T09:26:53Z", False),
        ("1999-12-31T23:59:59Z", True),
        ("2026-03-14T09:00:00", True),  # in UTC (section 2.1)
        ("2026-03-14T09:27:54", False),
        ("2026-03-14T09:00", False),
        ("2026-02-30T09:00:00Z", False),
        ("2026-03-14T24:00:00Z", False),
        ("2026-06-30T23:59:60Z", False),
        ("yesterday", False),
        (1773478800, False),
    ],
)
def test_attack_81_and_83_created(created: Any, accepted: bool) -> None:
    document = badge(ISSUER)
    proof = SIGNED["proof"] | {"created": created}
    if accepted:
        assert verify(document | {"proof": ISSUER.prove(document, created=created)})
    else:
        if isinstance(created, str):
            proof = ISSUER.prove(document, created=created)
        refused(document | {"proof": proof}, ProofError)


@pytest.mark.parametrize(
    ("expires", "accepted"),
    [
        ("2026-03-14T09:26:54Z", True),
        ("2026-03-14T09:26:53Z", False),  # the instant itself is past: no leeway
        ("2026-03-14T09:00:00Z", False),
        ("never", False),
    ],
)
def test_attack_82_expiry_at_the_instant(expires: str, accepted: bool) -> None:
    document = badge(ISSUER)
    document |= {"proof": ISSUER.prove(document, expires=expires)}
    if accepted:
        assert verify(document, now=NOW)
    else:
        refused(document, ProofError, now=NOW)


def test_a_relative_method_id_is_of_its_document() -> None:
    document = document_of(
        verificationMethod=[METHOD | {"id": "#key-1"}], assertionMethod=["#key-1"], id=ISSUER.did
    )
    assert find_method(document, f"{ISSUER.did}#key-1", purpose="assertionMethod").controller == ISSUER.did
