"""openvc-core with the other suites: it verifies what we sign, we what it signs, neither an altered copy.

For ecdsa-sd-2023 it is issuer and holder. Twice the standards decide between us, with the W3C's vectors:

- it hashes the @context with a JCS proof and leaves it out of the proof (EdDSA Cryptosuites 1.0, section
  3.3.1, step 2, puts it in), so its proofs are completed here before we see them;
- it names blank nodes by SHA-256 under P-384 too (ECDSA Cryptosuites 1.0, section 3.2.3, has SHA-384), so
  with that key both sign a credential without blank nodes.
"""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from openvc.keys import Ed25519SigningKey, P256SigningKey, P384SigningKey
from openvc.proof.di_ecdsa_rdfc import EcdsaRdfcProofSuite
from openvc.proof.di_jcs import EcdsaJcsProofSuite, EddsaJcsProofSuite
from openvc.proof.ecdsa_sd import EcdsaSdProofSuite
from openvc.proof.errors import ProofError as TheirProofError

from credserv.ground.encoding import KeyType
from credserv.ground.errors import InvalidSignatureError, ProofError
from credserv.proof.keys.public_key import CURVES
from tests.testkit.proofs import NOW, OB3, SIGNED_AT, V2, issuer, pinned_contexts, replaced, verify
from tests.testkit.suites import SuiteIssuer, suite_issuers

SEED = 21
CONTEXTS = {OB3: dict(pinned_contexts().document(OB3))}
THEIRS: dict[str, Any] = {
    "eddsa-jcs-2022": EddsaJcsProofSuite,
    "ecdsa-jcs-2019": EcdsaJcsProofSuite,
    "ecdsa-rdfc-2019": EcdsaRdfcProofSuite,
}
ISSUERS = [by for by in suite_issuers(SEED) if by.identifier in THEIRS]
P256 = next(by for by in ISSUERS if by.signer.key_type is KeyType.P256)
CHANGES: list[tuple[tuple[str | int, ...], Any]] = [
    (("name",), "Mentor practitioner"),
    (("credentialSubject", "achievement", "creditsAvailable"), 2.5),
    (("credentialStatus", "statusListIndex"), "94568"),
    (("proof", "created"), "2026-03-14T09:00:01Z"),
]

every = pytest.mark.parametrize("by", ISSUERS, ids=str)


def unsigned(by: SuiteIssuer) -> dict[str, Any]:
    if (by.identifier, by.signer.key_type) != ("ecdsa-rdfc-2019", KeyType.P384):
        return by.badge()
    status = by.badge()["credentialStatus"]
    return {
        "@context": [V2],
        "id": "https://badges.example/credentials/1",
        "type": ["VerifiableCredential"],
        "name": "Mentor foundation",
        "issuer": by.did,
        "validFrom": "2026-03-14T09:00:00Z",
        "credentialSubject": {"id": "did:example:pat", "description": "Has guided three colleagues."},
        "credentialStatus": status,
    }


def altered(signed: dict[str, Any]) -> list[dict[str, Any]]:
    is_badge = "achievement" in signed["credentialSubject"]
    changes = [change for change in CHANGES if is_badge or "achievement" not in change[0]]
    return [replaced(signed, path, value) for path, value in changes]


def their_key(by: SuiteIssuer) -> Any:
    key_type = by.signer.key_type
    if key_type is KeyType.ED25519:
        return Ed25519SigningKey(issuer(SEED).key, by.method)
    key = ec.derive_private_key(SEED, CURVES[key_type])
    return (P256SigningKey if key_type is KeyType.P256 else P384SigningKey)(key, by.method)


def contexts(by: SuiteIssuer) -> dict[str, Any]:
    return {} if "jcs" in by.identifier else {"extra_contexts": CONTEXTS}


def theirs(by: SuiteIssuer) -> dict[str, Any]:
    signed: dict[str, Any] = THEIRS[by.identifier]().add_proof(
        unsigned(by),
        signing_key=their_key(by),
        verification_method=by.method,
        created=SIGNED_AT,
        **contexts(by),
    )
    if "jcs" in by.identifier:
        assert "@context" not in signed["proof"]
        signed["proof"]["@context"] = signed["@context"]
    return signed


def they_verify(by: SuiteIssuer, document: dict[str, Any]) -> Any:
    return THEIRS[by.identifier]().verify(document, now=NOW, **contexts(by))


def test_every_suite_that_they_have() -> None:
    assert len(ISSUERS) == 5


@every
def test_they_verify_ours(by: SuiteIssuer) -> None:
    assert they_verify(by, by.sign(unsigned(by))).issuer == by.did


@every
def test_they_refuse_altered_copies_of_ours(by: SuiteIssuer) -> None:
    for copy in altered(by.sign(unsigned(by))):
        with pytest.raises(TheirProofError):
            they_verify(by, copy)


@every
def test_we_verify_theirs(by: SuiteIssuer) -> None:
    (proof,) = verify(theirs(by))
    assert (proof.cryptosuite, proof.verification_method) == (by.identifier, by.method)


@every
def test_we_refuse_altered_copies_of_theirs(by: SuiteIssuer) -> None:
    for copy in altered(theirs(by)):
        with pytest.raises(InvalidSignatureError):
            verify(copy)


def derived(*pointers: str) -> dict[str, Any]:
    suite = EcdsaSdProofSuite()
    base = suite.add_base_proof(
        P256.badge(),
        signing_key=their_key(P256),
        verification_method=P256.method,
        mandatory_pointers=["/issuer", "/validFrom", "/validUntil", "/credentialStatus"],
        created=SIGNED_AT,
        extra_contexts=CONTEXTS,
    )
    shown: dict[str, Any] = suite.derive_proof(base, selective_pointers=pointers, extra_contexts=CONTEXTS)
    return shown


@pytest.mark.parametrize("pointers", [(), ("/name",)], ids=len)
def test_we_verify_what_their_holder_shows(pointers: tuple[str, ...]) -> None:
    shown = derived(*pointers)
    (proof,) = verify(shown)
    assert proof.cryptosuite == "ecdsa-sd-2023"
    assert ("name" in shown) is ("/name" in pointers)
    changes = [(("validUntil",), "2038-03-14T09:00:00Z"), (("credentialStatus", "statusListIndex"), "1")]
    for path, value in [*changes, (("proof", "created"), "2026-03-14T09:00:01Z")]:
        with pytest.raises(InvalidSignatureError):
            verify(replaced(shown, path, value))
    for name in [member for member in shown if member not in ("@context", "type", "proof", "issuer")]:
        with pytest.raises(ProofError):
            verify({member: value for member, value in shown.items() if member != name})


def test_a_statement_swapped_in_from_another_showing_is_refused() -> None:
    little, more = derived(), derived("/name")
    with pytest.raises(ProofError):
        verify(little | {"name": more["name"]})
    with pytest.raises(ProofError):
        verify(more | {"proof": little["proof"]})
