"""Keys of a holder, as a wallet app has them."""

from __future__ import annotations

from credserv.ground.encoding import KeyType
from credserv.proof.keys.verification_method import did_key
from tests.testkit.tokens import signer


def wallet_did(seed: int = 7, key_type: KeyType = KeyType.ED25519) -> str:
    """The did:key of one."""
    return did_key(signer(key_type, seed).public_key_multibase)
