"""ecdsa-jcs-2019 (Data Integrity ECDSA Cryptosuites 1.0, section 3.3): JCS, ECDSA.

P-256 uses SHA-256, P-384 uses SHA-384: the key decides, never the proof.
"""

from __future__ import annotations

from credserv.ground.encoding import KeyType
from credserv.proof.data_integrity.hashing_suite import JcsSuite


class EcdsaJcs2019(JcsSuite):
    identifier = "ecdsa-jcs-2019"
    key_types = frozenset({KeyType.P256, KeyType.P384})
