"""Signatures and points, against numbers published elsewhere."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from credserv.encoding import KeyType, encode_base58btc
from credserv.errors import InvalidSignatureError, MalformedProofError, VerificationMethodError
from credserv.proof.public_key import (
    CURVES,
    SIGNATURE_BYTES,
    check_public_key,
    read_signature,
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
    check_public_key(kind, public_key)
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
            check_public_key(kind, raw)
