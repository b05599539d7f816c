"""What an installation keeps of keys: the brake, trust anchors, keys in PEM and in the database."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from credserv.ground.encoding import KeyType, decode_base58btc, decode_multikey
from credserv.ground.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    SigningKeyError,
    VerificationMethodError,
)
from credserv.proof.keys.brake import FILE, Brake, StoppableSigner
from credserv.proof.keys.derived_keys import derive_signer
from credserv.proof.keys.operator_anchors import INDEX, MAX_BYTES, OperatorAnchors
from credserv.proof.keys.pem_key import read_public_pem
from credserv.proof.keys.public_key import CURVES, verify_signature
from credserv.proof.keys.signer import (
    AbsentSigner,
    EcdsaSigner,
    Ed25519Signer,
    create_key_file,
    create_private_key,
    open_private_key,
    open_signer,
    read_private_key,
    write_private_key,
)
from credserv.proof.keys.universal_wallet import create_profile_keys
from tests.testkit.certificates import certified
from tests.testkit.proofs import NOW, issuer

PASSPHRASE = b"correct horse battery"
DER = (Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_the_brake_stops_all_signing_and_lets_it_go_on(tmp_path: Path) -> None:
    brake, signer = Brake(tmp_path), issuer().signer
    stopped = StoppableSigner(signer, brake)
    assert (stopped.key_type, stopped.public_key_multibase) == (signer.key_type, signer.public_key_multibase)
    assert (brake.why(), stopped.sign(b"x"), stopped.sign_again(b"x")) == (
        "",
        signer.sign(b"x"),
        signer.sign(b"x"),
    )
    with pytest.raises(ConflictError, match="not stopped"):
        brake.release()
    for reason in ("a key is lost", "two keys are lost"):
        brake.pull(reason, NOW)
        assert (
            brake.why() == Brake(tmp_path).why() == f"signing was stopped on 2026-03-14T09:26:53Z: {reason}"
        )
        with pytest.raises(SigningKeyError, match=f"{reason}. `credserv keys resume`"):
            stopped.sign(b"x")
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    brake.release()
    assert stopped.sign(b"x")
    for content in ("", "{}", "[]", '{"since": "now"}'):
        (tmp_path / FILE).write_text(content)
        assert brake.why() == "signing was stopped"


ROOT, SECOND = certified("B root", ca=True), certified("A root", ca=True)


def test_trust_anchors_are_kept_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "anchors"
    anchors = OperatorAnchors(folder)
    assert anchors.all() == ()
    first = anchors.add(ROOT.pem, ["did:b", "did:a"], now=NOW)
    assert (first.issuers, first.added_at) == (("did:a", "did:b"), "2026-03-14T09:26:53Z")
    second = anchors.add(SECOND.pem, [], now=NOW)
    assert OperatorAnchors(folder).all() == (second, first)
    assert [row["name"] for row in json.loads((folder / INDEX).read_bytes())] == ["CN=A root", "CN=B root"]
    assert (folder.stat().st_mode & 0o777, (folder / INDEX).stat().st_mode & 0o777) == (0o700, 0o600)
    again = anchors.add(ROOT.pem, [], now=NOW)
    assert anchors.all() == (second, again)
    assert anchors.remove(second.sha256.upper()) == second
    assert anchors.all() == (again,)
    with pytest.raises(NotFoundError, match="credserv anchors list"):
        anchors.remove(second.sha256)
    for content in ("[", "7", "[7]", "[{}]", '[{"pem": 7}]', '[{"pem": "x", "issuers": [], "added_at": ""}]'):
        (folder / INDEX).write_text(content)
        assert OperatorAnchors(folder).all() == ()


def test_a_certificate_that_is_no_anchor_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anchors = OperatorAnchors(tmp_path)
    soon = certified("Soon", ca=True, ends=NOW + timedelta(seconds=1))
    anchors.add(soon.pem, [], now=NOW)
    with pytest.raises(InputError, match="has expired"):
        anchors.add(soon.pem, [], now=NOW + timedelta(seconds=1))
    anchors.add(ROOT.pem.ljust(MAX_BYTES), [], now=NOW)
    with pytest.raises(InputError, match="more than"):
        anchors.add(ROOT.pem.ljust(MAX_BYTES + 1), [], now=NOW)
    monkeypatch.setattr("credserv.proof.keys.operator_anchors.MAX_ANCHORS", 2)
    anchors.add(ROOT.pem, [], now=NOW)
    with pytest.raises(InputError, match="at most 2 trust anchors"):
        anchors.add(SECOND.pem, [], now=NOW)


def pem(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def test_a_public_key_in_pem() -> None:
    keys = [issuer(5).key, *(ec.derive_private_key(5, CURVES[kind]) for kind in (KeyType.P256, KeyType.P384))]
    for key, make in zip(keys, (Ed25519Signer, EcdsaSigner, EcdsaSigner), strict=True):
        found = read_public_pem(f"\n{pem(key)} ")
        assert (found.key_type, found.public_key) == decode_multikey(make(key).public_key_multibase)
    own = rsa.generate_private_key(public_exponent=65537, key_size=2_048)
    found = read_public_pem(pem(own))
    assert found.key_type is None
    assert found.public_key == (65537).to_bytes(4, "big") + own.public_key().public_numbers().n.to_bytes(
        256, "big"
    )
    good = pem(own)
    assert read_public_pem(good + " " * (8_192 - len(good))) == found
    for wrong, why in (
        (None, "without its PEM"),
        (good + " " * (8_193 - len(good)), "longer PEM than is read"),
        ("x", "holds no public key"),
        (pem(x25519.X25519PrivateKey.generate()), "a kind of key that is not known"),
        (pem(ec.generate_private_key(ec.SECP224R1())), "a kind of key that is not known"),
    ):
        with pytest.raises(VerificationMethodError, match=why):
            read_public_pem(wrong)


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.P256, KeyType.P384], ids=lambda kind: kind.name)
def test_a_key_is_moved_from_a_file_and_into_one(tmp_path: Path, kind: KeyType) -> None:
    multibase = create_key_file(tmp_path, "old", passphrase=PASSPHRASE, key_type=kind)
    der = read_private_key("file:old.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)
    assert open_private_key(der).public_key_multibase == multibase
    path = write_private_key(tmp_path / "deep" / "new", "new", der, passphrase=b"other")
    assert path == tmp_path / "deep" / "new" / "new.pem"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    moved = open_signer("file:new.pem", keys_dir=path.parent, passphrase=b"other")
    assert (moved.key_type, moved.public_key_multibase) == (kind, multibase)
    assert open_private_key(create_private_key(kind)).key_type is kind
    assert multibase in repr(moved)
    with pytest.raises(TypeError, match="not copied"):
        pickle.dumps(moved)


def test_what_is_no_private_key_of_ours_is_not_taken(tmp_path: Path) -> None:
    agreement = x25519.X25519PrivateKey.generate().private_bytes(*DER)
    odd = ec.generate_private_key(ec.SECP521R1()).private_bytes(*DER)
    for der, why in (
        (b"x", "no private key"),
        (agreement, "another kind"),
        (odd, "no Ed25519, P-256 or P-384"),
    ):
        with pytest.raises(SigningKeyError, match=why):
            write_private_key(tmp_path, "new", der, passphrase=PASSPHRASE)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SigningKeyError, match="needs a passphrase"):
        create_key_file(tmp_path, "new", passphrase=b"")
    with pytest.raises(SigningKeyError, match="no signing keys of the kind P521"):
        create_private_key(KeyType.P521)
    assert open_private_key(create_private_key()).key_type is KeyType.P256
    (tmp_path / "folder").write_text("")
    with pytest.raises(SigningKeyError, match="cannot write"):
        write_private_key(tmp_path / "folder" / "deep", "new", create_private_key(), passphrase=PASSPHRASE)
    with pytest.raises(SigningKeyError, match="not a curve that this service signs on: secp224r1"):
        EcdsaSigner(ec.generate_private_key(ec.SECP224R1()))


def test_a_file_is_for_its_owner_and_no_longer_than_a_key(tmp_path: Path) -> None:
    create_key_file(tmp_path, "issuer", passphrase=PASSPHRASE)
    path = tmp_path / "issuer.pem"
    for mode in (0o610, 0o601, 0o640):
        path.chmod(mode)
        with pytest.raises(SigningKeyError, match=f"mode 0{mode:o}: others can read it"):
            open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)
    path.chmod(0o600)
    assert open_signer("file:issuer.pem", keys_dir=tmp_path, passphrase=PASSPHRASE)


def test_a_key_that_is_gone_is_known_by_its_public_half() -> None:
    multibase = issuer().signer.public_key_multibase
    gone = AbsentSigner(multibase, "it is in the other house")
    assert (gone.key_type, gone.public_key_multibase) == (KeyType.ED25519, multibase)
    assert gone.sign_again(b"x") is None  # it signs nothing
    with pytest.raises(SigningKeyError, match="in the other house"):
        gone.sign(b"x")


def test_a_derived_key_is_that_of_its_secret_and_label() -> None:
    """By the text, so that what was derived once is found again by every later version."""
    for kind in (KeyType.ED25519, KeyType.P256):
        signer = derive_signer(bytes(32), "relay", kind)
        assert signer.public_key_multibase == derive_signer(bytes(32), "relay", kind).public_key_multibase
        assert signer.public_key_multibase != derive_signer(bytes(32), "other", kind).public_key_multibase
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert Ed25519Signer(key).sign(b"x") == key.sign(b"x")


def test_the_keys_of_a_profile_belong_together() -> None:
    document, signing, agreeing = create_profile_keys()
    kind, public = decode_multikey(signing["publicKeyMultibase"])
    private = decode_base58btc(signing["privateKeyMultibase"])
    assert (kind, private[:2], private[34:]) == (KeyType.ED25519, b"\x80\x26", public)
    seed = Ed25519PrivateKey.from_private_bytes(private[2:34])
    verify_signature(kind, public, seed.sign(b"x"), b"x")
    secret = decode_base58btc(agreeing["privateKeyMultibase"])
    assert secret[:2] == b"\x82\x26"
    shared = x25519.X25519PrivateKey.from_private_bytes(secret[2:]).public_key().public_bytes_raw()
    assert decode_base58btc(agreeing["publicKeyMultibase"]) == b"\xec\x01" + shared
    did = document["id"]
    assert signing["id"] == f"{did}#{signing['publicKeyMultibase']}"
    assert agreeing["id"] == f"{did}#{agreeing['publicKeyMultibase']}"
    assert document["authentication"] == document["assertionMethod"] == [signing["id"]]
    assert "privateKeyMultibase" not in json.dumps(document)
    assert replace(issuer(), key=seed).did == did
