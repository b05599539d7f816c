"""Ed25519Signature2018, which data model 1.1 defines in its own context (W3C credentials v1)."""

from __future__ import annotations

from credserv.ground.encoding import KeyType
from credserv.proof.data_integrity.detached_jws import DetachedJwsSuite


class Ed25519Signature2018(DetachedJwsSuite):
    identifier = "Ed25519Signature2018"
    proof_type = "Ed25519Signature2018"
    key_types = frozenset({KeyType.ED25519})
    algorithms = frozenset({"EdDSA"})
    contexts = (
        "https://w3id.org/security/suites/ed25519-2018/v1",
        "https://www.w3.org/2018/credentials/v1",
    )
