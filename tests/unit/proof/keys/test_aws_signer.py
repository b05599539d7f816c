"""What is asked of AWS KMS, and what is told where it refuses; its answers are written here."""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credserv.ground.encoding import KeyType, decode_multikey
from credserv.ground.errors import SigningKeyError
from credserv.proof.keys import aws_signer
from credserv.proof.keys.aws_signer import open_kms_key
from credserv.proof.keys.pkcs11_signer import _library
from credserv.proof.keys.public_key import verify_signature
from credserv.proof.keys.signer import open_signer, read_private_key

exceptions = pytest.importorskip("botocore.exceptions", reason="botocore is not installed")
ARN = "arn:aws:kms:eu-central-1:123456789012:key/1-2-3"
EDWARDS, POINT = Ed25519PrivateKey.from_private_bytes(bytes(32)), ec.derive_private_key(7, ec.SECP256R1())


class Kms:
    """As a client of KMS with one key; `fails` is raised in place of any answer."""

    def __init__(self, key: Any, fails: Exception | None = None) -> None:
        self._key, self._fails = key, fails
        self.asked: list[dict[str, Any]] = []
        self.regions: list[str] = []  # for each time that a client was made for it

    def get_public_key(self, **asked: Any) -> dict[str, Any]:
        der = self._key if isinstance(self._key, bytes) else public(self._key)
        return self._answer(asked, PublicKey=der)

    def sign(self, **asked: Any) -> dict[str, Any]:
        if asked["MessageType"] == "RAW":
            return self._answer(asked, Signature=self._key.sign(asked["Message"]))
        digest = ec.ECDSA(Prehashed(hashes.SHA256()))
        return self._answer(asked, Signature=self._key.sign(asked["Message"], digest))

    def _answer(self, asked: dict[str, Any], **said: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self._fails:
            raise self._fails
        return said


def public(key: Any) -> bytes:
    der: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Kms]:
    def serve(key: Any, fails: Exception | None = None) -> Kms:
        made = Kms(key, fails)

        def client(region: str) -> Kms:
            made.regions.append(region)
            return made

        monkeypatch.setattr(aws_signer, "_client", client)
        return made

    return serve


@pytest.mark.parametrize(
    ("key", "kind", "what"),
    [
        (EDWARDS, KeyType.ED25519, ("RAW", "ED25519_SHA_512")),
        (POINT, KeyType.P256, ("DIGEST", "ECDSA_SHA_256")),
    ],
)
def test_what_kms_signs_verifies(
    kms: Callable[..., Any], key: Any, kind: KeyType, what: tuple[str, str]
) -> None:
    server = kms(key)
    signer = open_signer(f"awskms:{ARN}", keys_dir=Path(), passphrase=b"")
    assert (signer.key_type, signer.sign_again(b"")) == (kind, None)
    verify_signature(*decode_multikey(signer.public_key_multibase), signer.sign(b"data"), b"data")
    asked = server.asked[-1]
    assert (asked["KeyId"], asked["MessageType"], asked["SigningAlgorithm"]) == (ARN, *what)
    assert asked["Message"] == (b"data" if what[0] == "RAW" else hashlib.sha256(b"data").digest())
    assert set(server.regions) == {"eu-central-1"}
    assert signer.public_key_multibase in repr(signer)
    with pytest.raises(TypeError, match="not copied"):
        pickle.dumps(signer)
    with pytest.raises(SigningKeyError, match="in AWS KMS, which does not give it away"):
        read_private_key(f"awskms:{ARN}", keys_dir=Path(), passphrase=b"x")


def test_kms_signs_no_more_bytes_than_it_says(kms: Callable[..., Any]) -> None:
    kms(EDWARDS)
    signer = open_kms_key(ARN)
    assert signer.sign(b"x" * 4_096)
    with pytest.raises(SigningKeyError, match="no more than 4096 bytes"):
        signer.sign(b"x" * 4_097)
    kms(POINT)
    assert open_kms_key(ARN).sign(b"x" * 4_097)


def refused(code: str) -> Exception:
    error: Exception = exceptions.ClientError({"Error": {"Code": code}} if code else {}, "Sign")
    return error


@pytest.mark.parametrize(
    ("fails", "why"),
    [
        (refused("AccessDeniedException"), f"use the key {ARN}: allow it kms:GetPublicKey"),
        (refused("NotFoundException"), f"AWS KMS has no key {ARN}"),
        (refused("ExpiredTokenException"), r"\(ExpiredTokenException\): `aws sts get-caller-identity`"),
        (refused("Odd"), rf"refuses to use the key {ARN} \(Odd\)"),
        (refused(""), r"refuses to use the key .* \(\)"),
        (exceptions.NoCredentialsError(), "there are no credentials for AWS KMS"),
        (
            exceptions.EndpointConnectionError(endpoint_url="x"),
            r"does not answer \(EndpointConnectionError\)",
        ),
    ],
)
def test_what_kms_refuses_is_told_with_what_to_do(
    kms: Callable[..., Any], fails: Exception, why: str
) -> None:
    kms(EDWARDS, fails)
    with pytest.raises(SigningKeyError, match=why):
        open_kms_key(ARN)


@pytest.mark.parametrize(
    "key",
    [
        b"x",
        ec.derive_private_key(7, ec.SECP384R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=1_024),
    ],
    ids=["none", "P-384", "RSA"],
)
def test_keys_of_other_kinds_do_not_sign_here(kms: Callable[..., Any], key: Any) -> None:
    kms(key)
    with pytest.raises(SigningKeyError, match="neither Ed25519 nor P-256"):
        open_kms_key(ARN)


@pytest.mark.parametrize(
    "arn", ["", "alias/key", ARN + "/", ARN.replace("kms", "s3"), ARN.replace("key/", "alias/")]
)
def test_a_key_is_named_by_its_arn(kms: Callable[..., Any], arn: str) -> None:
    server = kms(EDWARDS)
    with pytest.raises(SigningKeyError, match="Give the key's ARN"):
        open_kms_key(arn)
    assert server.asked == []


def test_one_client_for_a_process_and_region(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Session:
        def __init__(self, region_name: str) -> None:
            made.append(region_name)

        def client(self, name: str, config: Any) -> object:
            assert (name, config.connect_timeout, config.read_timeout) == ("kms", 2, 5)
            return object()

    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    monkeypatch.setattr(boto3.session, "Session", Session)
    monkeypatch.setattr(aws_signer, "_CLIENTS", {})
    first = aws_signer._client("a")
    assert aws_signer._client("a") is first
    assert aws_signer._client("b") is not first
    monkeypatch.setattr("os.getpid", lambda: 7)
    assert aws_signer._client("a") is not first
    assert made == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("package", "ask"),
    [
        ("aws", lambda: open_kms_key(ARN)),
        ("pkcs11", _library),
    ],
)
def test_where_a_package_is_not_installed_the_answer_is_how_to_install_it(
    package: str, ask: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("botocore.exceptions", "pkcs11"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SigningKeyError, match=rf"pip install 'credserv\[{package}\]'"):
        ask()
