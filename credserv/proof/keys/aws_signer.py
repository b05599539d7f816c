"""Keys in AWS KMS, which makes the signatures and never exports a key.

`awskms:ARN` names a key by its key ARN, which includes the region. An alias is refused because it may stand
for another key tomorrow. Supported are Ed25519 (ECC_NIST_EDWARDS25519) and P-256 (ECC_NIST_P256, over the
digest, so the signed content stays here). For Ed25519, KMS takes at most 4,096 bytes: more than a Data
Integrity proof needs, less than most tokens.

The service needs kms:GetPublicKey and kms:Sign. It finds its credentials as every AWS program does
(environment, files, the role of the machine or pod).
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from typing import Any, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from credserv.ground.encoding import KeyType, encode_multikey
from credserv.ground.errors import SigningKeyError
from credserv.proof.keys.public_key import raw_ecdsa

SCHEME = "awskms:"
_ARN = re.compile(
    r"arn:aws[a-z-]{0,20}:kms:([a-z0-9-]{1,30}):\d{12}:key/[A-Za-z0-9-]{1,64}", re.ASCII
).fullmatch
_MAX_RAW_BYTES = 4_096
# With two tries, an answer or an error comes within some 15 seconds.
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 2, 5, 2
_CREDENTIALS = (
    "AWS KMS does not take the credentials of this machine ({code}): `aws sts get-caller-identity` tells "
    "which they are"
)
_WHY = {
    "AccessDeniedException": "AWS KMS does not let this service use the key {arn}: allow it kms:GetPublicKey "
    "and kms:Sign",
    "DisabledException": "the key {arn} is disabled in AWS KMS",
    "NotFoundException": "AWS KMS has no key {arn}",
    "KMSInvalidStateException": "the key {arn} in AWS KMS cannot be used now: see its state there",
    "InvalidKeyUsageException": "the key {arn} in AWS KMS is not for signing: it needs KeyUsage SIGN_VERIFY",
    "ThrottlingException": "AWS KMS has had too many requests for now",
    "UnrecognizedClientException": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "InvalidSignatureException": _CREDENTIALS,
    "ExpiredTokenException": _CREDENTIALS,
    "IncompleteSignature": _CREDENTIALS,
}
_LOCK = threading.Lock()
_CLIENTS: dict[tuple[int, str], Any] = {}


class KmsSigner:
    """A key in AWS KMS. Safe to share between threads."""

    __slots__ = ("_arn", "key_type", "public_key_multibase")

    def __init__(self, arn: str, key_type: KeyType, public_key: bytes) -> None:
        self._arn = arn
        self.key_type = key_type
        self.public_key_multibase = encode_multikey(key_type, public_key)

    def sign_again(self, _data: bytes) -> None:
        """Return None: only AWS has the key."""

    def sign(self, data: bytes) -> bytes:
        """Sign. Raises SigningKeyError."""
        if self.key_type is KeyType.P256:
            digest = hashlib.sha256(data).digest()
            made = self._ask(Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")
            return raw_ecdsa(KeyType.P256, made)
        if len(data) > _MAX_RAW_BYTES:
            raise SigningKeyError(
                f"AWS KMS signs no more than {_MAX_RAW_BYTES} bytes with Ed25519, and these are {len(data)}: "
                "use a key on P-256 for tokens"
            )
        return self._ask(Message=data, MessageType="RAW", SigningAlgorithm="ED25519_SHA_512")

    def _ask(self, **what: object) -> bytes:
        return bytes(_call("sign", self._arn, **what)["Signature"])

    def __repr__(self) -> str:
        return f"<KmsSigner {self.public_key_multibase}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not copied or written anywhere")


def open_kms_key(uri: str) -> KmsSigner:
    """Open a key by its URI.

    Raises SigningKeyError: not a key's ARN, no such key, an unsupported kind, or KMS does not answer.
    """
    arn = uri.removeprefix(SCHEME)
    if not _ARN(arn):
        raise SigningKeyError(
            f"not a key in AWS KMS: {arn[:80]!r}. Give the key's ARN, which says its region: "
            "arn:aws:kms:REGION:ACCOUNT:key/ID"
        )
    return KmsSigner(arn, *_public_key(bytes(_call("get_public_key", arn)["PublicKey"]), arn))


def _public_key(der: bytes, arn: str) -> tuple[KeyType, bytes]:
    """Return kind and public key: raw for Ed25519, compressed for P-256."""
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PublicKey):
        return KeyType.ED25519, key.public_bytes_raw()
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return KeyType.P256, key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    raise SigningKeyError(f"the key {arn} in AWS KMS is neither Ed25519 nor P-256")


def _call(what: str, arn: str, **parameters: object) -> Any:
    try:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    except ImportError:
        raise SigningKeyError("keys in AWS KMS need a package more: `pip install 'credserv[aws]'`") from None
    try:
        client = _client(arn.split(":")[3])
        return getattr(client, what)(KeyId=arn, **parameters)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        said = _WHY.get(code, "AWS KMS refuses to use the key {arn} ({code})")
        raise SigningKeyError(said.format(arn=arn, code=code)) from None
    except NoCredentialsError:
        raise SigningKeyError(
            "there are no credentials for AWS KMS: give the machine or pod a role, or set AWS_ACCESS_KEY_ID "
            "and AWS_SECRET_ACCESS_KEY"
        ) from None
    except BotoCoreError as error:
        raise SigningKeyError(f"AWS KMS does not answer ({type(error).__name__})") from None


def _client(region: str) -> Any:
    """Return the client of a region, one for each process: connections do not survive a fork."""
    import boto3
    from botocore.config import Config

    with _LOCK:
        known = _CLIENTS.get((os.getpid(), region))
        if known is None:
            bounds = Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": _TRIES},
            )
            known = boto3.session.Session(region_name=region).client("kms", config=bounds)
            _CLIENTS[os.getpid(), region] = known
        return known
