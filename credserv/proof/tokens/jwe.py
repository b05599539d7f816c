"""Responses encrypted to a key made only for them: compact JWE by ECDH-ES on P-256.

OpenID4VP 1.0, section 8.3; RFC 7516; RFC 7518, section 4.6. Only listed algorithms are accepted, so that no
header can choose a weaker one (attack 89).
"""

from __future__ import annotations

import json
import uuid

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object

ALGORITHM = "ECDH-ES"
ENCRYPTIONS = ("A128GCM", "A256GCM")
MAX_CHARS = 1_400_000
_REGISTRY = jwe.JWERegistry(algorithms=[ALGORITHM, *ENCRYPTIONS])


def create_encryption_key() -> tuple[str, JsonObject]:
    """Return a private JWK as text, and its public half for publication."""
    key = ECKey.generate_key("P-256", {"use": "enc", "alg": ALGORITHM, "kid": uuid.uuid4().hex})
    private = json.dumps(key.as_dict(private=True))
    return private, public_half(private)


def public_half(private: str) -> JsonObject:
    return dict(ECKey.import_key(json.loads(private)).as_dict(private=False))


def decrypt_object(token: str, private: str) -> JsonObject:
    """Return the decrypted JSON object.

    Raises InputError if it was not encrypted to this key with a listed algorithm.
    """
    if len(token) > MAX_CHARS:
        raise InputError("the encrypted answer is too large")
    try:
        opened = jwe.decrypt_compact(token, ECKey.import_key(json.loads(private)), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InputError("the answer is not encrypted to the key of this request") from error
    return parse_json_object(opened.plaintext or b"")


def encrypt_object(value: JsonObject, public: JsonObject, *, encryption: str) -> str:
    """Encrypt an object. Raises InputError for an unsupported key."""
    try:
        key = ECKey.import_key({name: part for name, part in public.items() if isinstance(part, str)})
        header = {"alg": ALGORITHM, "enc": encryption}
        if isinstance(public.get("kid"), str):
            header["kid"] = public["kid"]
        if key.curve_name != "P-256" or key.is_private:
            raise InputError("an answer is encrypted to a public key on P-256")
        return jwe.encrypt_compact(header, json.dumps(value).encode(), key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InputError("the verifier gave no key that an answer can be encrypted to") from error
