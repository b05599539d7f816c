"""AWS KMS as moto serves it, in a process of its own: `python -m tests.testkit.aws_kms PORT`.

moto 5.2 signs with a key that is disabled, hashes a digest once more and knows no Ed25519. The three are
added here as the API reference of KMS has them (Sign: MessageType, SigningAlgorithm, DisabledException,
KMSInvalidStateException; at most 4,096 bytes RAW); all else is moto's.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from moto.core.exceptions import JsonRESTError
from moto.kms import models as _models
from moto.kms import utils
from moto.kms.responses import KmsResponse
from moto.server import main

models: Any = _models
EDWARDS = "ECC_NIST_EDWARDS25519"
_MAX_RAW_BYTES = 4_096
_generate, _specs, _algorithms = (
    models.generate_private_key,
    utils.KeySpec.key_specs,
    models.Key.signing_algorithms,
)
_sign, _public_key = KmsResponse.sign, KmsResponse.get_public_key


class _Edwards:
    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    def sign(self, message: bytes, _algorithm: str) -> bytes:
        return self._key.sign(message)

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class Refused(JsonRESTError):
    code = 400


def _usable(answer: KmsResponse) -> Any:
    answer._validate_key_id(answer._get_param("KeyId"))
    key = answer.kms_backend.describe_key(answer._get_param("KeyId"))
    if key.key_state == "Disabled":
        raise Refused("DisabledException", f"{key.arn} is disabled.")
    if key.key_state != "Enabled":
        raise Refused("KMSInvalidStateException", f"{key.arn} is {key.key_state}.")
    return key


def sign(answer: KmsResponse) -> str:
    key, message = _usable(answer), answer._get_param("Message")
    is_digest = answer._get_param("MessageType") == "DIGEST"
    if not is_digest and len(message) > _MAX_RAW_BYTES:
        raise Refused("ValidationException", "Value at 'message' is too long")
    if is_digest and key.key_spec == "ECC_NIST_P256":
        made = key.private_key.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256())))
        return json.dumps({"KeyId": key.arn, "Signature": base64.b64encode(made).decode()})
    return _sign(answer)


def get_public_key(answer: KmsResponse) -> str:
    _usable(answer)
    return _public_key(answer)


def algorithms(key: Any) -> Any:
    return ["ED25519_SHA_512"] if key.key_spec == EDWARDS else _algorithms.fget(key)


if __name__ == "__main__":
    models.generate_private_key = lambda spec: _Edwards() if spec == EDWARDS else _generate(spec)
    utils.KeySpec.key_specs = classmethod(lambda _cls: [*_specs(), EDWARDS])
    models.Key.signing_algorithms = property(algorithms)
    KmsResponse.sign, KmsResponse.get_public_key = sign, get_public_key
    main(["-p", sys.argv[1]])
