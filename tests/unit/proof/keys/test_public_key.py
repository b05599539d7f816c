"""Signatures and points, against numbers published elsewhere."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.encoding import KeyType, encode_base58btc
from credserv.ground.errors import InvalidSignatureError, MalformedProofError, VerificationMethodError
from credserv.proof.keys.public_key import (
    CURVES,
    SIGNATURE_BYTES,
    read_signature,
    require_public_key,
    sign_ecdsa,
    verify_signature,
)

# RFC 6979, appendix A.2: private key, x of the public key (with the parity of y), and r, s for "sample".
RFC6979 = [
    (
        KeyType.P256,
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        "0360FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ),
    (
        KeyType.P384,
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
        "02EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13",
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
    ),
]


@pytest.mark.parametrize(("kind", "secret", "point", "signature"), RFC6979)
def test_rfc_6979(kind: KeyType, secret: str, point: str, signature: str) -> None:
    key = ec.derive_private_key(int(secret, 16), CURVES[kind])
    assert sign_ecdsa(kind, key, b"sample").hex().upper() == signature
    public_key = bytes.fromhex(point)
    require_public_key(kind, public_key)
    verify_signature(kind, public_key, bytes.fromhex(signature), b"sample")
    with pytest.raises(InvalidSignatureError):
        verify_signature(kind, public_key, bytes.fromhex(signature), b"Sample")
    with pytest.raises(InvalidSignatureError):
        verify_signature(
            kind, bytes([5 - public_key[0]]) + public_key[1:], bytes.fromhex(signature), b"sample"
        )


@pytest.mark.parametrize("kind", KeyType)
def test_a_signature_has_one_length(kind: KeyType) -> None:
    length = SIGNATURE_BYTES[kind]
    assert read_signature(encode_base58btc(b"\xff" * length), kind) == b"\xff" * length
    assert read_signature(encode_base58btc(bytes(length)), kind) == bytes(length)
    for wrong in (length - 1, length + 1, 2 * length, 0):
        with pytest.raises(MalformedProofError):
            read_signature(encode_base58btc(b"\xff" * wrong), kind)
        with pytest.raises(InvalidSignatureError):
            verify_signature(kind, b"", b"\xff" * wrong, b"data")


@pytest.mark.parametrize("kind", KeyType)
def test_bytes_that_are_no_key(kind: KeyType) -> None:
    for raw in (b"", bytes(kind.public_bytes), b"\xff" * kind.public_bytes, b"\2" * (kind.public_bytes + 1)):
        with pytest.raises(VerificationMethodError):
            require_public_key(kind, raw)


# Of the message `edges`, made for this: whether the equation of RFC 8032, section 5.1.7, holds for them as it
# stands (without the factor of eight) is what implementations differ in.
EDGES = [
    (
        "c2ecc2af9bfefd06ee0f9cbb9adf4abda71f6a01db3f1a78458754856f6bd5c4",
        "c9a3f86aae465f0e56513864510f3997561fa2c9e85ea21dc2292309f3cd6022b61cd114359a95eadfa225d8"
        "4d23aaa6051c69e6c789aaf76cdf832774f75109",
        True,
    ),  # a key with a part of small order, where that part falls away
    (
        "c2ecc2af9bfefd06ee0f9cbb9adf4abda71f6a01db3f1a78458754856f6bd5c4",
        "d4b4f5784868c3020403246717ec169ff79e26608ea126a1ab69ee77d1b16712f71a82a73914c6093bde3318"
        "9c3da5cb211d12fcb93c9531cee4c3d1675fc80c",
        False,
    ),  # the same key, where it does not
    (
        "c4c1227d7fff941a976049ecefad7b663fa5121d769cbbd79a53d344e4773e98",
        "e9b2fe981587efae6478f48ba1fa60cec6126d0e26dde72a0a24f640dcd783e5e7d97126ad78ee3bde7364fb"
        "b5b4c5184ce6251221e15d2afcca7beadd72cb07",
        False,
    ),  # R with a part of small order
    (
        "c4c1227d7fff941a976049ecefad7b663fa5121d769cbbd79a53d344e4773e98",
        "01000000000000000000000000000000000000000000000000000000000000006815d9f387558c6605d95585"
        "c408c26e07ac4fd0cadb73debbf34ccaf7527e0b",
        False,
    ),  # R of small order
]


@pytest.mark.parametrize(("public_key", "signature", "fits"), EDGES)
def test_attack_21_ed25519_at_its_edges(public_key: str, signature: str, fits: bool) -> None:
    values = (KeyType.ED25519, bytes.fromhex(public_key), bytes.fromhex(signature), b"edges")
    if fits:
        verify_signature(*values)
    else:
        with pytest.raises(InvalidSignatureError):
            verify_signature(*values)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_ed25519_is_verified_as_openssl_does(secret: bytes, data: bytes, flipped: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public_key, signature = key.public_key().public_bytes_raw(), key.sign(data)
    verify_signature(KeyType.ED25519, public_key, signature, data)
    changed = bytearray(signature)
    changed[flipped // 8] ^= 1 << flipped % 8
    with pytest.raises(InvalidSignature):
        key.public_key().verify(bytes(changed), data)
    with pytest.raises(InvalidSignatureError):
        verify_signature(KeyType.ED25519, public_key, bytes(changed), data)
    with pytest.raises(InvalidSignatureError):
        verify_signature(KeyType.ED25519, public_key, signature, data + b".")


def test_an_ed25519_key_of_another_length_never_reaches_the_library() -> None:
    for raw in (b"", bytes(31), b"\x11" * 31, b"\x11" * 33):
        with pytest.raises(VerificationMethodError):
            verify_signature(KeyType.ED25519, raw, bytes(64), b"data")
