"""An issuer for each suite of the hashing kind, also for those that the service itself never signs with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from credserv.ground.encoding import KeyType, encode_base58btc, encode_base64url
from credserv.proof.data_integrity.detached_jws import DetachedJwsSuite
from credserv.proof.data_integrity.hashing_suite import HashingSuite
from credserv.proof.data_integrity.proof_form import PROOF_TYPE
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.signer import EcdsaSigner, Ed25519Signer, Signer
from credserv.proof.tokens.jws import algorithm_of
from tests.testkit.proofs import NamedByKey, badge, issuer, suites


@dataclass(frozen=True)
class SuiteIssuer(NamedByKey):
    """A did:key issuer with one suite."""

    identifier: str
    signer: Signer

    def __str__(self) -> str:
        return f"{self.identifier} {self.signer.key_type.name}"

    @property
    def suite(self) -> HashingSuite:
        suite = suites()[self.identifier]
        assert isinstance(suite, HashingSuite)
        return suite

    @property
    def member(self) -> str:
        """Of its proofs, the one that holds the signature."""
        return "jws" if isinstance(self.suite, DetachedJwsSuite) else "proofValue"

    def options(self, **changes: Any) -> dict[str, Any]:
        """The options of a proof; None leaves one out."""
        options = {
            "type": self.suite.proof_type,
            "cryptosuite": self.identifier if self.suite.proof_type == PROOF_TYPE else None,
            "created": "2026-03-14T09:00:00Z",
            "verificationMethod": self.method,
            "proofPurpose": "assertionMethod",
        } | changes
        return {name: value for name, value in options.items() if value is not None}

    def prove(self, document: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        options = self.options(**changes)
        if self.suite.signs:
            return self.suite.create_proof(document, options, self.signer)
        data = self.suite.hash_data(document, options, self.signer.key_type)
        if isinstance(self.suite, DetachedJwsSuite):
            return options | {"jws": detached_jws(data, self.signer)}
        return options | {"proofValue": encode_base58btc(self.signer.sign(data))}

    def badge(self, **changes: Any) -> dict[str, Any]:
        """The badge of `proofs.badge`, unsigned, by this issuer."""
        own = badge(issuer())
        return own | {"issuer": own["issuer"] | {"id": self.did}} | changes

    def sign(self, document: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        unsigned = self.badge() if document is None else dict(document)
        return unsigned | {"proof": self.prove(unsigned, **changes)}


def detached_jws(data: bytes, signer: Signer, **changes: Any) -> str:
    """A detached JWS over `data`. changes: members of its header; None leaves one out."""
    header = {"alg": algorithm_of(signer), "b64": False, "crit": ["b64"]} | changes
    kept = {name: value for name, value in header.items() if value is not None}
    part = encode_base64url(json.dumps(kept).encode())
    return f"{part}..{encode_base64url(signer.sign(part.encode() + b'.' + data))}"


def signer_of(key_type: KeyType, seed: int) -> Signer:
    if key_type is KeyType.ED25519:
        return Ed25519Signer(issuer(seed).key)
    return EcdsaSigner(ec.derive_private_key(seed, CURVES[key_type]))


FORMER_NAMES = ("eddsa-2022", "ecdsa-2019")  # of suites that are here under the names that they have now


def suite_issuers(seed: int) -> list[SuiteIssuer]:
    """One for each suite and kind of key."""
    return [
        SuiteIssuer(identifier, signer_of(key_type, seed))
        for identifier, suite in suites().items()
        if identifier not in FORMER_NAMES
        if isinstance(suite, HashingSuite)
        for key_type in sorted(suite.key_types, key=lambda kind: kind.name)
    ]
