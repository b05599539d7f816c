"""Ed25519Signature2020 (Data Integrity EdDSA Cryptosuites 1.0, appendix A). Verifies only."""

from __future__ import annotations

from credserv.ground.encoding import KeyType
from credserv.proof.data_integrity.legacy_suite import LegacySuite

CONTEXT = "https://w3id.org/security/suites/ed25519-2020/v1"


class Ed25519Signature2020(LegacySuite):
    identifier = "Ed25519Signature2020"
    proof_type = "Ed25519Signature2020"
    key_types = frozenset({KeyType.ED25519})
    contexts = (CONTEXT,)
