"""Canvas Live Events signed by Instructure: the whole body is a JWT, and its claims are the event.

Only RS256, by one of the three keys that Instructure publishes (previous, current, next; they change
monthly). `iat` is recorded and no age refused: Canvas retries for 20 minutes, and the event stays the same.
The token has no audience, so a source should also have a secret path.
"""

from __future__ import annotations

from collections.abc import Sequence

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from credserv.ground.encoding import decode_base64url
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.sources.adapter import Message
from credserv.sources.signing.authentication import Authentication
from credserv.sources.signing.settings import Method

ALGORITHM = "RS256"
_MAX_HEADER_CHARS = 4_096
_LEAST_BITS = 2_048


def read_kid(message: Message) -> str | None:
    """Return the id of the key the token names; None if it is not a token. Verifies nothing."""
    header = message.body.strip().partition(b".")[0]
    if len(header) > _MAX_HEADER_CHARS:
        return None
    try:
        found = parse_json_object(decode_base64url(header.decode("ascii"))).get("kid")
    except (InputError, UnicodeDecodeError):
        return None
    return found if isinstance(found, str) and found else None


def verify_token(message: Message, keys: Sequence[JsonObject]) -> Authentication | None:
    """Verify a token; None where no key of that `kid` signed it.

    The signed content is the result's `body`.
    """
    kid = read_kid(message)
    for jwk in keys:
        if kid is None or jwk.get("kid") != kid or jwk.get("kty") != "RSA":
            continue
        payload = _verified(message.body.strip(), jwk)
        if payload is not None:
            return Authentication(Method.CANVAS_JWT, is_signed=True, key=kid, body=payload)
    return None


def _verified(token: bytes, jwk: JsonObject) -> bytes | None:
    try:
        if int.from_bytes(decode_base64url(str(jwk["n"])), "big").bit_length() < _LEAST_BITS:
            return None
        key = RSAKey.import_key({name: str(jwk[name]) for name in ("kty", "n", "e")})
        return jws.deserialize_compact(token, key, algorithms=[ALGORITHM]).payload
    except (JoseError, InputError, ValueError, KeyError, TypeError):
        return None
