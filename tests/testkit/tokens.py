"""Issuers of tokens with keys of every kind, and forgers who sign whatever bytes they like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credserv.ground.encoding import KeyType, decode_multikey, encode_base64url
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.rsa_signer import RsaSigner
from credserv.proof.keys.signer import EcdsaSigner, Ed25519Signer, Signer
from credserv.proof.keys.verification_method import did_key_document
from credserv.proof.tokens.jws import algorithm_of
from credserv.proof.tokens.token import Binding, Circumstances
from tests.testkit.proofs import NOW, NamedByKey, badge

HOLDER = "did:example:holder"


@cache
def signer(key_type: KeyType = KeyType.ED25519, seed: int = 1) -> Signer:
    if key_type is KeyType.ED25519:
        return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))
    return EcdsaSigner(ec.derive_private_key(seed + 1_000, CURVES[key_type]))


@cache
def rsa_signer() -> RsaSigner:
    return RsaSigner(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@dataclass(frozen=True)
class TokenIssuer(NamedByKey):
    """A did:key issuer of one kind of key."""

    signer: Signer

    @property
    def jwk(self) -> dict[str, str]:
        return build_jwk(*decode_multikey(self.signer.public_key_multibase))

    @property
    def algorithm(self) -> str:
        return algorithm_of(self.signer)

    def badge(self, **changes: Any) -> dict[str, Any]:
        """A credential of this issuer, about a holder with an id, without status."""
        by: Any = self
        document = badge(by)
        del document["credentialStatus"]
        document["credentialSubject"]["id"] = HOLDER
        return document | changes

    def header(self, **changes: Any) -> dict[str, Any]:
        """Of a vc+jwt. A change to None leaves a member out."""
        header = {"alg": self.algorithm, "kid": self.method, "typ": "vc+jwt"} | changes
        return {name: value for name, value in header.items() if value is not None}

    def forge(self, header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes) -> str:
        """A token whose signature is good, whatever it says."""
        parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
        signing_input = ".".join(encode_base64url(part) for part in parts)
        return f"{signing_input}.{encode_base64url(self.signer.sign(signing_input.encode()))}"


def token_issuer(key_type: KeyType = KeyType.ED25519, seed: int = 1) -> TokenIssuer:
    return TokenIssuer(signer(key_type, seed))


def circumstances(binding: Binding | None = None, **changes: Any) -> Circumstances:
    arguments: dict[str, Any] = {"resolve_did": did_key_document, "now": NOW, "binding": binding}
    return Circumstances(**arguments | changes)


def with_jwk(did: str, jwk: Mapping[str, Any], **entry: Any) -> dict[str, Any]:
    """A DID document with one JSON Web Key, for assertions alone."""
    method = {"id": f"{did}#key-1", "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk} | entry
    return {"id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]}
