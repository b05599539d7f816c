from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from credserv.ground.encoding import KeyType, decode_multikey
from credserv.ground.errors import SigningKeyError
from credserv.proof.keys.public_key import CURVES
from credserv.proof.keys.signer import EcdsaSigner, create_key_file, open_signer

PASSPHRASE = b"correct horse battery"
HASHES = {KeyType.P256: hashes.SHA256(), KeyType.P384: hashes.SHA384()}


def encrypted(key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))


def test_a_created_key_signs_and_its_multikey_verifies(tmp_path: Path) -> None:
    multibase = create_key_file(tmp_path / "keys", "issuer", passphrase=PASSPHRASE)
    signer = open_signer("file:issuer.pem", keys_dir=tmp_path / "keys", passphrase=PASSPHRASE)
    assert signer.public_key_multibase == multibase
    key_type, raw = decode_multikey(multibase)
    assert key_type is signer.key_type is KeyType.ED25519
    Ed25519PublicKey.from_public_bytes(raw).verify(signer.sign(b"data"), b"data")


@pytest.mark.parametrize("kind", [KeyType.P256, KeyType.P384])
def test_ecdsa_keys_sign_as_well(tmp_path: Path, kind: KeyType) -> None:
    multibase = create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE, key_type=kind)
    signer = open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)
    assert decode_multikey(multibase)[0] is signer.key_type is kind
    assert signer.public_key_multibase == multibase
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[kind], decode_multikey(multibase)[1])
    signature = signer.sign(b"data")
    half = len(signature) // 2
    assert half == (key.key_size + 7) // 8
    der = encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )
    key.verify(der, b"data", ec.ECDSA(HASHES[kind]))


def test_attack_80_ecdsa_nonces_depend_on_the_message_and_nothing_else() -> None:
    signer = EcdsaSigner(ec.derive_private_key(7, ec.SECP256R1()))
    messages = [bytes([number]) for number in range(64)]
    signatures = [signer.sign(message) for message in messages]
    assert signatures == [signer.sign(message) for message in messages]
    assert len({signature[:32] for signature in signatures}) == len(messages)


def test_keys_of_kinds_that_no_suite_signs_with_are_not_made(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyError, match="P521"):
        create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE, key_type=KeyType.P521)
    with pytest.raises(SigningKeyError, match="brainpool"):
        EcdsaSigner(ec.generate_private_key(ec.BrainpoolP256R1()))
    assert list(tmp_path.iterdir()) == []


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
        encrypted(ec.generate_private_key(ec.SECP521R1())),
        encrypted(ec.generate_private_key(ec.SECP256K1())),
        encrypted(x25519.X25519PrivateKey.generate()),
    ],
    ids=["empty", "broken", "not encrypted", "P-521", "secp256k1", "X25519"],
)
def test_files_that_are_no_key_of_ours_are_refused(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, content)
    with pytest.raises(SigningKeyError, match=r"issuer\.pem"):
        open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)


def test_a_key_without_a_passphrase_is_called_that(tmp_path: Path) -> None:
    put(
        tmp_path,
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
    with pytest.raises(SigningKeyError, match="is not encrypted"):
        open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_key_that_root_makes_belongs_to_the_owner_of_its_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12346)
    create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE)
    made = (tmp_path / "issuer.pem").stat()
    assert (made.st_uid, made.st_gid) == (12345, 12346)


def test_a_key_that_another_passphrase_opens_is_called_that(tmp_path: Path) -> None:
    create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE)
    with pytest.raises(SigningKeyError, match="that this passphrase opens"):
        open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=b"another")


def test_a_key_that_could_not_be_written_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr(os, "fchmod", refuse)
    with pytest.raises(SigningKeyError, match="cannot write"):
        create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE)
    assert not (tmp_path / "issuer.pem").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyError, match=r"issuer\.pem"):
        open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)
