"""eddsa-rdfc-2022 (Data Integrity EdDSA Cryptosuites 1.0, section 3.2): RDFC-1.0, SHA-256, Ed25519."""

from __future__ import annotations

from credserv.ground.encoding import KeyType
from credserv.proof.data_integrity.hashing_suite import RdfcSuite


class EddsaRdfc2022(RdfcSuite):
    identifier = "eddsa-rdfc-2022"
    key_types = frozenset({KeyType.ED25519})
