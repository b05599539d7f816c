"""Attacks on proofs that hold a detached JWS, and on contexts given inline; each ends in a named refusal."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc.jwa import HMACAlgorithm, RSAAlgorithm, RSAPSSAlgorithm
from joserfc.jwk import OctKey, RSAKey

from credserv.ground.encoding import KeyType, decode_base64url, encode_base64url
from credserv.ground.errors import (
    CredservError,
    InvalidSignatureError,
    MalformedProofError,
    ProofError,
    RedefinedTermError,
    UndefinedTermError,
    UnknownContextError,
    UnsupportedProofError,
    VerificationMethodError,
)
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.verification_method import did_key_document
from credserv.proof.rdf.own_terms import KnownTerms
from credserv.proof.rdf.pinned_reading import SUITE_CONTEXTS, read_as_pinned
from credserv.proof.rdf.scoped_contexts import ScopedContexts
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.proofs import OB3, V2, pinned_contexts, replaced, verify
from tests.testkit.suites import SuiteIssuer, detached_jws, suite_issuers
from tests.testkit.tokens import with_jwk

OLD = "Ed25519Signature2018"
ISSUERS = [by for by in suite_issuers(11) if by.member == "jws"]
BY = next(by for by in ISSUERS if by.identifier == "JsonWebSignature2020")
RSA_DID = "did:web:rsa.example"
RSA = RSAKey.generate_key(2048)
JWS_2020 = "https://w3id.org/security/suites/jws-2020/v1"
every = pytest.mark.parametrize("by", ISSUERS, ids=str)


def refused(document: dict[str, Any], kind: type[CredservError] = CredservError, **options: Any) -> str:
    with pytest.raises(kind) as caught:
        verify(document, **options)
    return caught.value.detail


def hashed(by: SuiteIssuer) -> bytes:
    return by.suite.hash_data(by.badge(), by.options(), by.signer.key_type)


def forged(by: SuiteIssuer, **header: Any) -> dict[str, Any]:
    """A good signature under another header."""
    return by.badge() | {"proof": by.options() | {"jws": detached_jws(hashed(by), by.signer, **header)}}


def with_rsa(algorithm: Any, named: str, **jwk: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A credential signed with an RSA key, and the document of its issuer."""
    options = BY.options(verificationMethod=f"{RSA_DID}#key-1")
    unsigned = BY.badge(issuer={"id": RSA_DID, "type": ["Profile"], "name": "Example Academy"})
    part = encode_base64url(json.dumps({"alg": named, "b64": False, "crit": ["b64"]}).encode())
    data = part.encode() + b"." + BY.suite.hash_data(unsigned, options)
    proof = options | {"jws": f"{part}..{encode_base64url(algorithm.sign(data, RSA))}"}
    public = {name: RSA.as_dict(private=False)[name] for name in ("kty", "n", "e")}
    return unsigned | {"proof": proof}, with_jwk(RSA_DID, public | jwk)


def test_ps256_is_read_and_rs256_is_not() -> None:
    signed, page = with_rsa(RSAPSSAlgorithm(256), "PS256")
    (proof,) = verify(signed, resolve_did=lambda _: page)
    assert proof.cryptosuite == "JsonWebSignature2020"
    refused(signed | {"name": "Other"}, InvalidSignatureError, resolve_did=lambda _: page)
    old, _ = with_rsa(RSAAlgorithm(256), "RS256")
    refused(old, UnsupportedProofError, resolve_did=lambda _: page)
    renamed, _ = with_rsa(RSAAlgorithm(256), "PS256")
    refused(renamed, InvalidSignatureError, resolve_did=lambda _: page)
    _, meant = with_rsa(RSAPSSAlgorithm(256), "PS256", alg="RS256")
    refused(signed, MalformedProofError, resolve_did=lambda _: meant)


@pytest.mark.parametrize("name", ["Ed25519Signature2018", "Ed25519Signature2020", "DataIntegrityProof"])
def test_attack_20_an_rsa_key_goes_with_no_other_suite(name: str) -> None:
    signed, page = with_rsa(RSAPSSAlgorithm(256), "PS256")
    proof = signed["proof"] | {"type": name, "proofValue": "z" + "1" * 64}
    proof |= {"cryptosuite": "eddsa-jcs-2022"} if name == "DataIntegrityProof" else {}
    refused(signed | {"proof": proof}, ProofError, resolve_did=lambda _: page)


@every
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 0, ["EdDSA"], "HS256", "HS512", "X"])
def test_attack_25_no_algorithm_or_one_that_is_none(by: SuiteIssuer, algorithm: Any) -> None:
    refused(forged(by, alg=algorithm), MalformedProofError)
    empty = by.badge() | {"proof": by.options() | {"jws": forged(by, alg=algorithm)["proof"]["jws"][:40]}}
    refused(empty, ProofError)


@every
def test_attack_26_the_public_key_as_a_secret(by: SuiteIssuer) -> None:
    method = did_key_document(by.did)["verificationMethod"][0]["publicKeyMultibase"]
    part = encode_base64url(b'{"alg":"HS256","b64":false,"crit":["b64"]}')
    secret: Any = OctKey.import_key(method)
    signature = HMACAlgorithm(256).sign(part.encode() + b"." + hashed(by), secret)
    proof = by.options() | {"jws": f"{part}..{encode_base64url(signature)}"}
    refused(by.badge() | {"proof": proof}, MalformedProofError)


@every
def test_attack_26_an_algorithm_of_another_key(by: SuiteIssuer) -> None:
    for name in {"EdDSA", "ES256", "ES384", "PS256"} - {forged_algorithm(by)}:
        refused(forged(by, alg=name), ProofError)
    for name in ("ES512", "ES256K", "RS256", "PS512"):
        refused(forged(by, alg=name), UnsupportedProofError)


def forged_algorithm(by: SuiteIssuer) -> str:
    algorithms = {KeyType.ED25519: "EdDSA", KeyType.P256: "ES256", KeyType.P384: "ES384"}
    return algorithms[by.signer.key_type]


@every
@pytest.mark.parametrize(
    "header",
    [
        {"jwk": {"kty": "OKP"}},
        {"jku": "https://evil.example/keys"},
        {"x5c": ["AA"]},
        {"kid": "did:web:evil.example#1"},
        {"typ": "JWT"},
        {"zip": "DEF"},
        {"unknown": 1},
    ],
)
def test_attacks_27_to_29_anything_more_in_the_header(by: SuiteIssuer, header: dict[str, Any]) -> None:
    """Signed by the issuer it decides nothing and is not false (RFC 7515, section 4); else it is false."""
    signed = forged(by, **header)
    refused(signed, UnsupportedProofError)
    refused(signed | {"name": "Other"}, InvalidSignatureError)


@every
@pytest.mark.parametrize(
    "crit", [None, [], ["b64", "exp"], ["exp"], ["b64", "b64"], "b64", {"b64": 1}, ["alg"]]
)
def test_attack_30_crit(by: SuiteIssuer, crit: Any) -> None:
    refused(forged(by, crit=crit), MalformedProofError)


@every
@pytest.mark.parametrize("b64", [True, None, 0, "false", [], 1])
def test_attack_34_a_payload_in_base64(by: SuiteIssuer, b64: Any) -> None:
    refused(forged(by, b64=b64), MalformedProofError)


@every
def test_attack_34_a_payload_that_is_not_detached(by: SuiteIssuer) -> None:
    jws = by.sign()["proof"]["jws"]
    payload = encode_base64url(hashed(by))
    for value in (jws.replace("..", f".{payload}."), {"signatures": [jws, jws]}, [jws], f"{jws}.", f".{jws}"):
        refused(replaced(by.sign(), ("proof", "jws"), value), MalformedProofError)


@every
def test_attack_32_duplicate_members_in_the_header(by: SuiteIssuer) -> None:
    name = forged_algorithm(by)
    for header in (
        f'{{"alg":"none","alg":"{name}","b64":false,"crit":["b64"]}}',
        f'{{"alg":"{name}","b64":true,"b64":false,"crit":["b64"]}}',
    ):
        part = encode_base64url(header.encode())
        signature = encode_base64url(by.signer.sign(part.encode() + b"." + hashed(by)))
        refused(by.badge() | {"proof": by.options() | {"jws": f"{part}..{signature}"}})


@every
def test_attack_21_signature_encoding(by: SuiteIssuer) -> None:
    signed = by.sign()
    head, _, tail = signed["proof"]["jws"].partition("..")
    raw = decode_base64url(tail)
    half = len(raw) // 2
    spoilt: list[Any] = [
        raw[:-1],
        raw + b"\0",
        b"\0" + raw,
        raw[half:] + raw[:half],
        bytes(len(raw)),
        b"\xff" * len(raw),
        bytes(half) + raw[half:],
        raw[:half] + bytes(half),
    ]
    if by.signer.key_type is not KeyType.ED25519:
        r, s = int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
        spoilt += [
            encode_dss_signature(r, s),
            raw[:half] + CURVES[by.signer.key_type].group_order.to_bytes(half),
        ]
    values = [f"{head}..{encode_base64url(part)}" for part in spoilt]
    values += [f"{head}..", "..", f"{head}..{tail}=", f"{head}..{tail} ", f"{head}..{'A' * 4_000_000}"]
    started = time.process_time()
    for value in [*values, None, "", 1]:
        refused(replaced(signed, ("proof", "jws"), value), ProofError)
    assert time.process_time() - started < HANGS_AFTER


@every
def test_a_jws_is_of_one_document_and_one_proof(by: SuiteIssuer) -> None:
    signed = by.sign()
    later = by.sign(created="2026-03-14T09:00:01Z")
    refused(replaced(signed, ("proof", "jws"), later["proof"]["jws"]), InvalidSignatureError)
    both = signed["proof"] | {"proofValue": "z1"}
    refused(signed | {"proof": both})


def test_attack_20_the_name_of_the_other_suite() -> None:
    """One key, one document, one form: but the type is signed, too."""
    old, new = (next(by for by in ISSUERS if by.identifier == name) for name in (OLD, BY.identifier))
    assert old.did == new.did
    turned = replaced(new.sign(), ("proof", "type"), OLD)
    refused(turned, InvalidSignatureError)


# --- contexts given inline ----------------------------------------------------------------------------


def own_terms() -> dict[str, Any]:
    """The terms of the suite's context, spelt out."""
    terms: dict[str, Any] = copy.deepcopy(dict(pinned_contexts().document(JWS_2020)["@context"]))
    return terms


def inline(context: Any) -> dict[str, Any]:
    """A good credential to which `context` was added."""
    return BY.sign() | {"@context": [V2, OB3, context]}


def test_an_inline_context_that_repeats_a_pinned_one_changes_nothing() -> None:
    assert verify(inline(own_terms()))
    part = {"JsonWebSignature2020": "https://w3id.org/security#JsonWebSignature2020"}
    assert verify(inline(part))
    assert verify(inline({"@protected": True, "@version": 1.1, **own_terms()}))
    assert verify(BY.sign() | {"@context": [V2, own_terms(), OB3, own_terms()]})
    refused(inline(own_terms()) | {"name": "Other"}, InvalidSignatureError)


V1 = "https://www.w3.org/2018/credentials/v1"


@pytest.mark.parametrize("url", [V1, *SUITE_CONTEXTS])
def test_a_pinned_context_spelt_out_whole_is_itself(url: str) -> None:
    """Its prefixes and all; beside data model 1.1, which has the terms of but one suite."""
    contexts = ScopedContexts(pinned_contexts())
    spelt = dict(pinned_contexts().document(url)["@context"])
    read = read_as_pinned({"@context": [V1, spelt]}, contexts, KnownTerms([]))
    assert read == ({"@context": [V1] if url == V1 else [V1, url]}, {})


SCOPE = ("JsonWebSignature2020", "@context")
PURPOSE = (*SCOPE, "proofPurpose", "@context")


@pytest.mark.parametrize(
    ("path", "value", "term"),
    [
        (("JsonWebSignature2020", "@id"), "https://evil.example/Type", "JsonWebSignature2020"),
        (("JsonWebSignature2020",), "https://evil.example/Type", "JsonWebSignature2020"),
        ((*SCOPE, "created"), "http://purl.org/dc/terms/created", "created"),
        ((*SCOPE, "created", "@type"), "http://www.w3.org/2001/XMLSchema#string", "created"),
        ((*SCOPE, "challenge"), "https://w3id.org/security#domain", "challenge"),
        ((*SCOPE, "type"), "@id", "type"),
        ((*SCOPE, "verificationMethod", "@id"), "https://evil.example/method", "verificationMethod"),
        ((*SCOPE, "verificationMethod", "@container"), "@list", "verificationMethod"),
        ((*SCOPE, "proofPurpose", "@id"), "https://evil.example/purpose", "proofPurpose"),
        ((*PURPOSE, "assertionMethod", "@id"), "https://evil.example/not", "assertionMethod"),
        ((*PURPOSE, "authentication"), "https://w3id.org/security#assertionMethod", "authentication"),
        (("VerifiableCredential",), "https://evil.example/Credential", "VerifiableCredential"),
        (("proof",), "https://evil.example/proof", "proof"),
        (("Achievement",), "https://evil.example/Achievement", "Achievement"),
        (("type",), "https://evil.example/type", "type"),
        (("id",), "https://evil.example/id", "id"),
    ],
)
def test_attacks_07_to_09_a_term_with_another_meaning(path: tuple[str, ...], value: Any, term: str) -> None:
    """Before any key is looked for: with none to be had the answer is the same."""

    def nobody(_: str) -> Any:
        raise VerificationMethodError("asked for a key")

    said = refused(inline(replaced(own_terms(), path, value)), RedefinedTermError, resolve_did=nobody)
    assert f"'{term}'" in said


@pytest.mark.parametrize(
    "context",
    [
        {"clearance": "https://evil.example/clearance"},
        {"issuer": "https://evil.example/issuer"},  # which the pinned ones define in a scope alone
        {"@vocab": "https://evil.example/"},
        {"@base": "https://evil.example/"},
        {"@language": "de"},
        {"@import": JWS_2020},
        {"@propagate": False},
        {"JsonWebSignature2020": None},
        {"JsonWebSignature2020": {"@reverse": "https://w3id.org/security#JsonWebSignature2020"}},
        {"JsonWebSignature2020": own_terms()["JsonWebSignature2020"] | {"@context": JWS_2020}},
        {"JsonWebSignature2020": own_terms()["JsonWebSignature2020"] | {"@context": [{}]}},
        {"JsonWebSignature2020": own_terms()["JsonWebSignature2020"] | {"@nest": "x"}},
        {"JsonWebSignature2020": {"@id": ["https://w3id.org/security#JsonWebSignature2020"]}},
        {f"term{number}": "https://evil.example/" for number in range(100_000)},
    ],
)
def test_attack_08_an_inline_context_that_cannot_be_compared(context: dict[str, Any]) -> None:
    started = time.process_time()
    refused(inline(context), UnknownContextError)
    assert time.process_time() - started < HANGS_AFTER


def test_attack_08_inline_contexts_elsewhere_or_alone() -> None:
    signed = BY.sign()
    refused(signed | {"@context": own_terms()}, UnknownContextError)
    refused(signed | {"@context": [own_terms()]}, UnknownContextError)
    refused(signed | {"@context": [V2, OB3, None, own_terms()]}, UnknownContextError)
    refused(signed | {"@context": [V2, OB3, *[own_terms()] * 9]}, UnknownContextError)
    refused(signed | {"@context": [V2, "https://evil.example/context", own_terms()]}, UnknownContextError)
    started = time.process_time()
    refused(signed | {"@context": [V2, *[OB3] * 30_000, own_terms()]}, UnknownContextError)
    assert time.process_time() - started < HANGS_AFTER
    refused(replaced(signed, ("credentialSubject", "@context"), own_terms()), UnknownContextError)
    for by in suite_issuers(11):
        if "jcs" in by.identifier:
            refused(by.sign() | {"@context": [V2, OB3, own_terms()]})


def test_attack_01_a_term_that_only_an_inline_scope_has_is_not_signed() -> None:
    terms = own_terms()
    terms["JsonWebSignature2020"]["@context"]["remark"] = "https://evil.example/remark"
    assert verify(inline(terms))
    refused(replaced(inline(terms), ("proof", "remark"), "x"), UndefinedTermError)
