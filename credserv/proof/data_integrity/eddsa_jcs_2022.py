"""eddsa-jcs-2022 (Data Integrity EdDSA Cryptosuites 1.0, section 3.3): JCS, SHA-256, Ed25519."""

from __future__ import annotations

from credserv.ground.encoding import KeyType
from credserv.proof.data_integrity.hashing_suite import JcsSuite


class EddsaJcs2022(JcsSuite):
    identifier = "eddsa-jcs-2022"
    key_types = frozenset({KeyType.ED25519})
