"""JsonWebSignature2020 (JSON Web Signature 2020, final community group report of July 2022)."""

from __future__ import annotations

from credserv.ground.encoding import KeyType
from credserv.proof.data_integrity.detached_jws import DetachedJwsSuite


class JsonWebSignature2020(DetachedJwsSuite):
    """The suite with the report's algorithms except ES256K: secp256k1 keys are not supported."""

    identifier = "JsonWebSignature2020"
    proof_type = "JsonWebSignature2020"
    key_types = frozenset({KeyType.ED25519, KeyType.P256, KeyType.P384})
    algorithms = frozenset({"EdDSA", "ES256", "ES384", "PS256"})
    contexts = ("https://w3id.org/security/suites/jws-2020/v1",)
