"""What the suites of the hashing kind share. Their vectors are in tests/vectors, attacks in tests/hostile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from credserv.ground.encoding import KeyType
from credserv.ground.errors import InputError, SigningKeyError, UnsupportedProofError, VerificationMethodError
from credserv.proof.data_integrity.hashing_suite import RdfcSuite
from credserv.proof.data_integrity.suites import issuing_suite
from credserv.proof.keys.jwk import JoseKey
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import VerificationMethod, did_key_document, find_method
from tests.testkit.proofs import canonizer, suites, verify
from tests.testkit.suites import SuiteIssuer, signer_of, suite_issuers

ISSUERS = suite_issuers(5)
SIGNING = [by for by in ISSUERS if by.suite.signs]


def method_of(by: SuiteIssuer) -> VerificationMethod:
    return find_method(did_key_document(by.did), by.method, purpose="assertionMethod")


@pytest.mark.parametrize("by", SIGNING, ids=str)
def test_signing_is_deterministic(by: SuiteIssuer) -> None:
    assert by.sign() == by.sign()


@pytest.mark.parametrize("by", SIGNING, ids=str)
def test_the_contexts_of_a_proof_are_said_where_the_suite_has_them(by: SuiteIssuer) -> None:
    signed = by.sign()
    if "jcs" in by.identifier:
        assert signed["proof"]["@context"] == signed["@context"]
    else:
        assert "@context" not in signed["proof"]


@pytest.mark.parametrize("by", ISSUERS, ids=str)
def test_keys_of_another_kind_neither_sign_nor_verify(by: SuiteIssuer) -> None:
    unsigned, proof = by.badge(), by.prove(by.badge())
    method = method_of(by)
    for kind in set(KeyType) - by.suite.key_types:
        other = VerificationMethod(
            method.id, method.controller, JoseKey(frozenset(), kind, method.public_key)
        )
        with pytest.raises(VerificationMethodError, match=kind.name):
            by.suite.verify_proof(unsigned, proof, other)
        if kind is not KeyType.P521:
            with pytest.raises((InputError, UnsupportedProofError)):
                by.suite.create_proof(unsigned, by.options(), signer_of(kind, 5))


@pytest.mark.parametrize("by", SIGNING, ids=str)
def test_a_key_without_a_kind_is_for_rsa(by: SuiteIssuer) -> None:
    method = method_of(by)
    other = VerificationMethod(method.id, method.controller, JoseKey(frozenset(), None, b""))
    with pytest.raises(VerificationMethodError, match="a key for RSA"):
        by.suite.verify_proof(by.badge(), by.prove(by.badge()), other)


@pytest.mark.parametrize("by", SIGNING, ids=str)
def test_options_of_another_suite_are_not_signed(by: SuiteIssuer) -> None:
    for changes in ({"type": "Ed25519Signature2020"}, {"cryptosuite": "bbs-2023"}, {"cryptosuite": None}):
        with pytest.raises(InputError):
            by.suite.create_proof(by.badge(), by.options(**changes), by.signer)


@pytest.mark.parametrize("by", [by for by in SIGNING if isinstance(by.suite, RdfcSuite)], ids=str)
def test_a_prepared_proof_is_the_same_proof(by: SuiteIssuer) -> None:
    assert isinstance(by.suite, RdfcSuite)
    unsigned = by.badge()
    prepared = by.suite.prepare(unsigned["@context"], by.options(), by.signer)
    canonical = canonizer().canonize(unsigned, hash_name=prepared.hash_name)
    assert prepared.sign(canonical) == by.prove(unsigned)


def test_all_suites_in_parallel() -> None:
    documents = [by.sign(by.badge(name=f"Badge {number}")) for number in range(3) for by in ISSUERS]

    def told(document: dict[str, object]) -> str:
        return verify(document)[0].cryptosuite

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(told, documents)) == [by.identifier for by in ISSUERS] * 3


def test_what_to_sign_with_follows_from_the_key() -> None:
    assert issuing_suite(KeyType.ED25519) == "eddsa-rdfc-2022"
    for kind in (KeyType.P256, KeyType.P384):
        assert kind in suites()[issuing_suite(kind)].key_types
        assert suites()[issuing_suite(kind)].signs
    with pytest.raises(SigningKeyError):
        issuing_suite(KeyType.P521)


class _Faulty:
    """A signer that errs: its signature has a bit turned, or what is made again has."""

    def __init__(self, signer: Signer, *, signature: bool = False, again: bool = False, twice: bool = True):
        self.key_type, self.public_key_multibase = signer.key_type, signer.public_key_multibase
        self._signer, self._signature, self._again, self._twice = signer, signature, again, twice

    def sign(self, data: bytes) -> bytes:
        return _turned(self._signer.sign(data)) if self._signature else self._signer.sign(data)

    def sign_again(self, data: bytes) -> bytes | None:
        made = self._signer.sign_again(data) if self._twice else None
        return _turned(made) if made is not None and self._again else made


def _turned(signature: bytes) -> bytes:
    return bytes([signature[0] ^ 1]) + signature[1:]


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.P256, KeyType.P384], ids=lambda kind: kind.name)
def test_a_signature_that_came_out_wrong_is_never_handed_on(kind: KeyType) -> None:
    """Made again by another library where there is one, else tried against the key."""
    by = next(one for one in SIGNING if one.signer.key_type is kind and isinstance(one.suite, RdfcSuite))
    suite, signer, context, options = by.suite, by.signer, by.badge()["@context"], by.options()
    assert isinstance(suite, RdfcSuite)
    assert (signer.sign_again(b"data") == signer.sign(b"data")) is (kind is KeyType.ED25519)
    faults = [{"signature": True}, {"signature": True, "twice": False}]
    faults += [{"again": True}] if kind is KeyType.ED25519 else []
    for fault in ({}, {"twice": False}):
        prepared = suite.prepare(context, options, _Faulty(signer, **fault))
        assert prepared.sign("") == suite.prepare(context, options, signer).sign("")
    for fault in faults:
        prepared = suite.prepare(context, options, _Faulty(signer, **fault))
        with pytest.raises(SigningKeyError):
            prepared.sign("")
        assert prepared.sign("", check=False)
