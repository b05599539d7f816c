from __future__ import annotations

import pytest

from credserv.ground.encoding import KeyType, decode_multikey
from credserv.proof.keys.derived_keys import derive_signer
from credserv.proof.keys.public_key import verify_signature

SECRET = b"thirty-two random bytes, or more"


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256, KeyType.P384])
def test_a_secret_and_a_label_give_one_key(key_type: KeyType) -> None:
    signer = derive_signer(SECRET, "one", key_type)
    others = [
        derive_signer(SECRET, "two", key_type),
        derive_signer(SECRET[::-1], "one", key_type),
    ]
    assert derive_signer(SECRET, "one", key_type).public_key_multibase == signer.public_key_multibase
    assert len({signer.public_key_multibase, *(other.public_key_multibase for other in others)}) == 3
    found, public_key = decode_multikey(signer.public_key_multibase)
    assert found is key_type is signer.key_type
    verify_signature(key_type, public_key, signer.sign(b"data"), b"data")


@pytest.mark.parametrize(
    ("key_type", "multibase"),
    [
        (KeyType.ED25519, "z6MknnVpqSWkAHhqHCdzHdF1XvtngPuwGXDvEyW8YNCyiAXq"),
        (KeyType.P256, "zDnaeqo6Gfadtz1BrvreWatS9tDXsuYfYmMiTrn4TqPtmtMt2"),
        (KeyType.P384, "z82LksGc4HnGKm8orYukLxETjFyA9fmsvfjyMhQQkLYoYNpVkiZxb8q7swEXnmKnQKzbiy1"),
    ],
)
def test_it_is_the_same_key_as_ever(key_type: KeyType, multibase: str) -> None:
    """Or what was signed with it would no longer verify."""
    assert derive_signer(SECRET, "one", key_type).public_key_multibase == multibase
