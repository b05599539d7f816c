"""Validate a provider's ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.errors import CredservError, InputError, ProofError, UnauthenticatedError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.jwk import ED25519, PS256, RS256, JoseKey, read_jwk
from credserv.proof.tokens.jws import Jws, Profile, parse_jws

REFUSED = "your employer's page did not show who you are: "
_PROFILE = Profile(
    "an ID token",
    frozenset({None, "JWT", "jwt", "JOSE"}),
    frozenset({RS256, PS256, "ES256", "ES384", "ES512", "EdDSA", ED25519}),
)
_SKEW = timedelta(minutes=5)
_MAX_SUBJECT_CHARS = 255  # OpenID Connect Core, section 2
_MAX_KEYS = 50


@dataclass(frozen=True)
class Expected:
    """What the token has to match.

    Attributes:
        anew: Whether the person had to sign in again there (`max_age` 0).
    """

    issuer: str
    client_id: str
    nonce: str
    anew: bool = False


def read_claims(token: str, keys: Sequence[JsonObject], expected: Expected, now: datetime) -> JsonObject:
    """Return the claims of a valid ID token. `sub` identifies the person.

    Args:
        keys: The provider's JWKs.

    Raises:
        UnauthenticatedError: The token is not valid or not for this request.
    """
    claims = _claims(token, keys)
    audience, subject, ends = claims.get("aud"), claims.get("sub"), claims.get("exp")
    named = audience if isinstance(audience, list) else [audience]
    is_ours = claims.get("iss") == expected.issuer and expected.client_id in named
    if not is_ours or claims.get("azp", expected.client_id) != expected.client_id:
        raise _refused("its token is for somebody else")
    if len(named) > 1 and "azp" not in claims:
        raise _refused("its token is for several")
    if claims.get("nonce") != expected.nonce:
        raise _refused("its token answers another question")
    if not isinstance(ends, int | float) or isinstance(ends, bool):
        raise _refused("its token has no end")
    if ends <= (now - _SKEW).timestamp():
        raise _refused("its token has expired")
    if expected.anew:
        _require_anew(claims.get("auth_time"), now)
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT_CHARS:
        raise _refused("its token names nobody")
    return claims


def _require_anew(at: object, now: datetime) -> None:
    """Require a recent `auth_time`, as section 3.1.2.1 demands for `max_age`."""
    if not isinstance(at, int | float) or isinstance(at, bool) or at < (now - _SKEW).timestamp():
        raise _refused("it did not ask you to sign in once more")


def _claims(token: str, keys: Sequence[JsonObject]) -> JsonObject:
    try:
        jws = parse_jws(token, _PROFILE)
        if not any(_fits(jws, key) for key in _candidates(jws, keys)):
            raise _refused("no key of it made the signature")
        return parse_json_object(jws.payload)
    except (InputError, ProofError) as error:
        raise _refused(error.detail) from error


def _candidates(jws: Jws, keys: Sequence[JsonObject]) -> Iterator[JoseKey]:
    """Yield the keys with the named id; without an id, the only key there is (section 10.1)."""
    if jws.kid is None and len(keys) != 1:
        return
    for jwk in keys[:_MAX_KEYS]:
        if jws.kid is None or jwk.get("kid") == jws.kid:
            try:
                yield read_jwk(jwk)
            except CredservError:
                continue  # another use, or an unknown kind of key


def _fits(jws: Jws, key: JoseKey) -> bool:
    try:
        jws.verify(key)
    except ProofError:
        return False
    return True


def _refused(reason: str) -> UnauthenticatedError:
    return UnauthenticatedError(REFUSED + reason)
