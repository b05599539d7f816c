"""Signing keys, named by URI.

A signer signs. Only `read_private_key`, for an organisation that moves, returns a private key.

`file:NAME.pem` is a PKCS8 file in the keys folder, encrypted with the installation's passphrase and readable
only by its owner (attack 78). `pkcs11:token=LABEL;object=LABEL` is a key in hardware, `awskms:ARN` one in AWS
KMS.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NoReturn, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)
from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from credserv.ground.encoding import KeyType, decode_multikey, encode_multikey
from credserv.ground.errors import SigningKeyError
from credserv.ground.own_files import make_folder, write_new_file
from credserv.proof.keys.aws_signer import SCHEME as KMS_SCHEME
from credserv.proof.keys.aws_signer import open_kms_key
from credserv.proof.keys.pkcs11_signer import SCHEME as TOKEN_SCHEME
from credserv.proof.keys.pkcs11_signer import Hardware, open_token_key
from credserv.proof.keys.public_key import CURVES, SIGNATURE_BYTES, sign_ecdsa

FILE_SCHEME = "file:"
_PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
_EC_NAMES = {curve.name: key_type for key_type, curve in CURVES.items()}
# An installation's key also signs Data Integrity proofs, and no suite does that with P-521.
_IN_FILES = (KeyType.P256, KeyType.P384)
_MAX_PEM_BYTES = 16_384
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.pem", re.ASCII).fullmatch


class Signer(Protocol):
    """Anything that signs, wherever the key is. `public_key_multibase` is the key as a Multikey names it."""

    @property
    def key_type(self) -> KeyType: ...

    @property
    def public_key_multibase(self) -> str: ...

    def sign(self, data: bytes) -> bytes:
        """Return the raw signature: 64 bytes for Ed25519, r and s for ECDSA.

        Raises SigningKeyError when the key cannot be used now.
        """
        ...

    def sign_again(self, data: bytes) -> bytes | None:
        """Return the same signature made by another library, to compare the two.

        None where only one library can make it; then it must be verified with the public key.
        """
        ...


class Ed25519Signer:
    """An Ed25519 key in this process. Signs deterministically (RFC 8032, section 5.1.6).

    If two libraries agree, the signature is right: cheaper than verifying, and a fault in either shows.
    """

    __slots__ = ("_key", "_secret", "public_key_multibase")
    key_type = KeyType.ED25519

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        _, self._secret = crypto_sign_seed_keypair(key.private_bytes_raw())
        self.public_key_multibase = encode_multikey(KeyType.ED25519, key.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """Sign with libsodium, the faster library."""
        return crypto_sign(data, self._secret)[: SIGNATURE_BYTES[KeyType.ED25519]]

    def sign_again(self, data: bytes) -> bytes:
        """Sign with OpenSSL."""
        return self._key.sign(data)

    def __repr__(self) -> str:
        return f"<Ed25519Signer {self.public_key_multibase}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not copied or written anywhere")


class EcdsaSigner:
    """A key on P-256, P-384 or P-521 in this process. Signs deterministically, as Ed25519 does."""

    __slots__ = ("_key", "key_type", "public_key_multibase")

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        """Raises SigningKeyError for another curve."""
        if key.curve.name not in _EC_NAMES:
            raise SigningKeyError(f"not a curve that this service signs on: {key.curve.name}")
        self._key = key
        self.key_type = _EC_NAMES[key.curve.name]
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        self.public_key_multibase = encode_multikey(self.key_type, point)

    def sign(self, data: bytes) -> bytes:
        return sign_ecdsa(self.key_type, self._key, data)

    def sign_again(self, _data: bytes) -> None:
        """Return None: there is no second library."""

    def __repr__(self) -> str:
        return f"<EcdsaSigner {self.public_key_multibase}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not copied or written anywhere")


class AbsentSigner:
    """A key that is no longer here. Its public half still verifies what it signed."""

    __slots__ = ("_why", "key_type", "public_key_multibase")

    def __init__(self, public_key_multibase: str, why: str) -> None:
        self.key_type, _ = decode_multikey(public_key_multibase)
        self.public_key_multibase = public_key_multibase
        self._why = why

    def sign(self, _data: bytes) -> NoReturn:
        """Always raises SigningKeyError."""
        raise SigningKeyError(self._why)

    def sign_again(self, _data: bytes) -> None:
        """Return None: it signs nothing."""


def open_signer(uri: str, *, keys_dir: Path, passphrase: bytes, hardware: Hardware | None = None) -> Signer:
    """Open the signer that `uri` names.

    Raises:
        SigningKeyError: the URI is of an unknown kind; the file is missing, readable by others, not
            encrypted, of another kind, or does not open with the passphrase; or as `open_token_key` and
            `open_kms_key`.
    """
    if uri.startswith(TOKEN_SCHEME):
        return open_token_key(uri, hardware)
    if uri.startswith(KMS_SCHEME):
        return open_kms_key(uri)
    if not uri.startswith(FILE_SCHEME):
        raise SigningKeyError(f"no signer for {uri[:80]!r}: only {FILE_SCHEME}NAME.pem is known")
    path = _path(keys_dir, uri.removeprefix(FILE_SCHEME))
    return _signer(_decrypt(path, _read_private(path), passphrase), path)


def create_key_file(
    keys_dir: Path, name: str, *, passphrase: bytes, key_type: KeyType = KeyType.ED25519
) -> str:
    """Create a key in keys_dir/name.pem with mode 0600; returns its publicKeyMultibase.

    Raises:
        SigningKeyError: the name or kind is unusable, the passphrase is empty, or the file exists; a key is
            never overwritten.
    """
    if not passphrase:
        raise SigningKeyError("a signing key needs a passphrase")
    path = _path(keys_dir, f"{name}.pem")
    return _create_file(path, _generate(key_type), passphrase)


def read_private_key(uri: str, *, keys_dir: Path, passphrase: bytes) -> bytes:
    """Return the private key itself, unencrypted, as PKCS8 in DER.

    Raises SigningKeyError as `open_signer`, and for a key in a token or in AWS KMS, which never export one.
    """
    if uri.startswith((TOKEN_SCHEME, KMS_SCHEME)):
        where = "in hardware" if uri.startswith(TOKEN_SCHEME) else "in AWS KMS"
        raise SigningKeyError(f"the key is {where}, which does not give it away: sign with a file first")
    open_signer(uri, keys_dir=keys_dir, passphrase=passphrase)
    path = _path(keys_dir, uri.removeprefix(FILE_SCHEME))
    key = _decrypt(path, _read_private(path), passphrase)
    if not isinstance(key, Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningKeyError(f"{path} holds no Ed25519, P-256 or P-384 key")
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def create_private_key(key_type: KeyType = KeyType.P256) -> bytes:
    """Create a key, in the form of `read_private_key`. The caller has to seal it. Raises SigningKeyError."""
    return _generate(key_type).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def open_private_key(der: bytes) -> Signer:
    """Return the signer for a key that `read_private_key` returned. Raises SigningKeyError."""
    return _signer(_load(der), Path("the key"))


def write_private_key(keys_dir: Path, name: str, der: bytes, *, passphrase: bytes) -> Path:
    """Write an existing key as `create_key_file` does; returns the file. Raises SigningKeyError."""
    path, key = _path(keys_dir, f"{name}.pem"), _load(der)
    _signer(key, path)
    _create_file(path, key, passphrase)
    return path


def _load(der: bytes) -> _PrivateKey:
    try:
        key = load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningKeyError("that is no private key") from None
    if not isinstance(key, Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningKeyError("a key of another kind than this service signs with")
    return key


def _create_file(path: Path, key: _PrivateKey, passphrase: bytes) -> str:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    keys_dir = path.parent
    try:
        make_folder(keys_dir)
        write_new_file(path, pem)
    except FileExistsError as error:
        raise SigningKeyError(f"{path} exists; a key is never overwritten") from error
    except OSError as error:
        raise SigningKeyError(f"cannot write {path}: {error.strerror}") from error
    return _signer(key, path).public_key_multibase


def _generate(key_type: KeyType) -> _PrivateKey:
    if key_type is KeyType.ED25519:
        return Ed25519PrivateKey.generate()
    if key_type not in _IN_FILES:
        raise SigningKeyError(f"no signing keys of the kind {key_type.name}")
    return ec.generate_private_key(CURVES[key_type])


def _path(keys_dir: Path, name: str) -> Path:
    if not _FILE_NAME(name):
        raise SigningKeyError(f"not a name for a key file: {name[:80]!r}")
    return keys_dir / name


def _read_private(path: Path) -> bytes:
    """Read a file that only its owner can read.

    The mode is that of the opened file, so it cannot be swapped.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise SigningKeyError(f"{path} has mode {mode:04o}: others can read it. Make it 0600")
            return file.read(_MAX_PEM_BYTES)
    except OSError as error:
        raise SigningKeyError(f"cannot read {path}: {error.strerror}") from error


def _signer(key: object, path: Path) -> Signer:
    if isinstance(key, Ed25519PrivateKey):
        return Ed25519Signer(key)
    if isinstance(key, ec.EllipticCurvePrivateKey) and _EC_NAMES.get(key.curve.name) in _IN_FILES:
        return EcdsaSigner(key)
    raise SigningKeyError(f"{path} holds no Ed25519, P-256 or P-384 key")


def _decrypt(path: Path, pem: bytes, passphrase: bytes) -> object:
    if b"ENCRYPTED" not in pem:
        raise SigningKeyError(f"{path} is not encrypted with a passphrase")
    try:
        return load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # No exception chain: cryptography's text about a wrong passphrase does not help and could reveal too
        # much.
        raise SigningKeyError(f"{path} is no PKCS8 key that this passphrase opens") from None
