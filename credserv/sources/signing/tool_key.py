"""This service's key as an LTI tool. Platforms accept RS256, so no credential key can be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from credserv.ground.encoding import random_token
from credserv.ground.json_types import JsonObject
from credserv.sources.signing.canvas_jwt import ALGORITHM

_BITS = 2_048


def create_key() -> str:
    """Return a private JWK as text, to be stored as a secret of the source."""
    key = RSAKey.generate_key(_BITS, parameters={"kid": random_token(12), "alg": ALGORITHM, "use": "sig"})
    return json.dumps(key.as_dict(private=True), sort_keys=True)


def is_key(secret: str) -> bool:
    """Return whether a secret of a source is such a key."""
    return secret.startswith("{")


def public_key(secret: str) -> JsonObject:
    return RSAKey.import_key(json.loads(secret)).as_dict(private=False)


def sign_claims(claims: Mapping[str, Any], secret: str) -> str:
    """Return a JWT signed with this key."""
    own = RSAKey.import_key(json.loads(secret))
    return jwt.encode({"alg": ALGORITHM, "kid": own.kid}, dict(claims), own, algorithms=[ALGORITHM])
