from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from credserv.encoding import KeyType, decode_multikey
from credserv.errors import SigningKeyError
from credserv.proof.signer import create_key_file, open_signer

PASSPHRASE = b"correct horse battery"


def test_a_created_key_signs_and_its_multikey_verifies(tmp_path: Path) -> None:
    multibase = create_key_file(tmp_path / "keys", "issuer", passphrase=PASSPHRASE)
    signer = open_signer("file:issuer.pem", keys_dir=tmp_path / "keys", passphrase=PASSPHRASE)
    assert signer.public_key_multibase == multibase
    key_type, raw = decode_multikey(multibase)
    assert key_type is signer.key_type is KeyType.ED25519
    Ed25519PublicKey.from_public_bytes(raw).verify(signer.sign(b"data"), b"data")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_file_is_for_its_owner_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        create_key_file(tmp_path / "keys", "issuer", passphrase=PASSPHRASE)
    finally:
        os.umask(before)
    path = tmp_path / "keys" / "issuer.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE)
    before = (tmp_path / "issuer.pem").read_bytes()
    with pytest.raises(SigningKeyError, match="never overwritten"):
        create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE)
    assert (tmp_path / "issuer.pem").read_bytes() == before


def test_no_link_is_followed_when_a_key_is_made(tmp_path: Path) -> None:
    (tmp_path / "issuer.pem").symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(SigningKeyError):
        create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE)
    assert not (tmp_path / "elsewhere.pem").exists()


def test_a_key_needs_a_passphrase(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyError):
        create_key_file(tmp_path, "issuer", passphrase=b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../issuer", "a/b", "", ".hidden", "a\0b", "x" * 200, "naïve"])
def test_names_stay_inside_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(SigningKeyError):
        create_key_file(tmp_path, name, passphrase=PASSPHRASE)
    with pytest.raises(SigningKeyError):
        open_signer(f"file:{name}.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)


@pytest.mark.parametrize("uri", ["issuer.pem", "pkcs11:token=x", "", "FILE:issuer.pem", "file:issuer"])
def test_unknown_uris_are_refused(tmp_path: Path, uri: str) -> None:
    with pytest.raises(SigningKeyError):
        open_signer(uri, keys_dir=tmp_path, passphrase=PASSPHRASE)


def put(folder: Path, content: bytes) -> None:
    (folder / "issuer.pem").write_bytes(content)
    (folder / "issuer.pem").chmod(0o600)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        generate_private_key(SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE)
        ),
    ],
    ids=["empty", "broken", "not encrypted", "another kind"],
)
def test_files_that_are_no_key_of_ours_are_refused(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, content)
    with pytest.raises(SigningKeyError, match=r"issuer\.pem"):
        open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyError, match=r"issuer\.pem"):
        open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)
