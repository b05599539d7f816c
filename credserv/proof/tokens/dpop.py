"""DPoP: the proof that the user of an access token has the key it is bound to (RFC 9449)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import MalformedProofError
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.jwk import read_jwk, thumbprint
from credserv.proof.tokens.jws import Profile, parse_jws
from credserv.proof.tokens.key_proof import ALGORITHMS, require_fresh

_MAX_CHARS = 8_192
_MAX_ID_CHARS = 256
_PROFILE = Profile(
    "a DPoP proof", frozenset({"dpop+jwt"}), frozenset({*ALGORITHMS, "Ed25519"}), allows_jwk=True
)


@dataclass(frozen=True)
class DpopProof:
    """A DPoP proof. `thumbprint` is of its key; its `id` is accepted once (section 11.1)."""

    thumbprint: str
    id: str


def read_dpop(
    token: str,
    *,
    method: str,
    url: str,
    now: datetime,
    clock_skew_seconds: int,
    access_token: str | None = None,
) -> DpopProof:
    """Verify a DPoP proof for one request (section 4.3).

    Args:
        url: without query and fragment.
        access_token: the token sent with it.

    Raises ProofError, InputError.
    """
    if len(token) > _MAX_CHARS:
        raise MalformedProofError("a DPoP proof is shorter than that")
    jws = parse_jws(token, _PROFILE)
    jwk = jws.header.get("jwk")
    jws.verify(read_jwk(jwk))
    claims = parse_json_object(jws.payload)
    if claims.get("htm") != method or claims.get("htu") != url:
        raise MalformedProofError("the DPoP proof was made for another request (htm, htu)")
    require_fresh(claims, now=now, clock_skew_seconds=clock_skew_seconds)
    named = claims.get("jti")
    if not isinstance(named, str) or not 0 < len(named) <= _MAX_ID_CHARS:
        raise MalformedProofError("jti is missing, or too long")
    if access_token is not None and claims.get("ath") != _hash(access_token):
        raise MalformedProofError("the DPoP proof was made for another access token (ath)")
    return DpopProof(thumbprint(jws.header["jwk"]), named)


def _hash(access_token: str) -> str:
    return encode_base64url(hashlib.sha256(access_token.encode()).digest())
