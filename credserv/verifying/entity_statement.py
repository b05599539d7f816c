"""Read the tokens that entities of a federation sign: statements about themselves and each other, and others.

Source: OpenID Federation 1.0, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from credserv.ground.errors import MalformedProofError, ProofTimeError, VerificationMethodError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_did
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.jwk import PS256, RS256, JoseKey, read_jwk
from credserv.proof.tokens.jws import Jws, Profile, parse_jws
from credserv.proof.tokens.vc_jwt import W3C_ALGORITHMS

LEEWAY = timedelta(seconds=60)
_ALGORITHMS = W3C_ALGORITHMS | {RS256, PS256}
_MAX_KEYS = 32


def signed_as(name: str, typ: str) -> Profile:
    return Profile(name, frozenset({typ}), _ALGORITHMS)


_PROFILE = signed_as("an entity statement", "entity-statement+jwt")


@dataclass(frozen=True)
class Statement:
    """One entity statement, well formed, with a signature that holds.

    Attributes:
        keys: of its subject, by `kid`.
        token: as it was fetched.
    """

    claims: JsonObject
    keys: Mapping[str, JoseKey]
    expires: datetime
    token: str

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    def metadata(self, kind: str) -> JsonObject:
        found = self.claims.get("metadata", {})
        members = found.get(kind) if isinstance(found, Mapping) else None
        return members if isinstance(members, Mapping) else {}


def read_statement(
    token: str, issuer: str, subject: str, keys: Mapping[str, JoseKey] | None, now: datetime
) -> Statement:
    """Read and verify one statement.

    Args:
        keys: of the issuer, by `kid`; None to use those in the statement itself.

    Raises:
        ProofError: the signature or its time does not hold.
        InputError: the statement is malformed.
    """
    jws, claims = open_signed(token, _PROFILE)
    if claims.get("iss") != issuer or claims.get("sub") != subject:
        raise MalformedProofError("an entity statement by or about somebody else")
    if "crit" in claims:  # section 3.1.1: extensions that must be understood; none are
        raise MalformedProofError("an entity statement with critical claims that are not known here")
    own = read_keys(claims.get("jwks", {"keys": []}), required=not is_did(subject))
    require_signature(jws, own if keys is None else keys)
    expires = require_in_force(claims, now)
    if expires is None:
        raise MalformedProofError("an entity statement without an end")
    return Statement(claims, own, expires, token)


def open_signed(token: str, profile: Profile) -> tuple[Jws, JsonObject]:
    """Return a signed token and its claims, unproven. Raises ProofError, InputError."""
    jws = parse_jws(token, profile)
    return jws, parse_json_object(jws.payload)


def require_signature(jws: Jws, keys: Mapping[str, JoseKey]) -> None:
    """Require a signature by the key that the token names, among its issuer's keys. Raises ProofError."""
    key = keys.get(jws.kid or "")
    if key is None:
        raise VerificationMethodError("it names a key that its issuer does not list")
    jws.verify(key)


def require_in_force(claims: JsonObject, now: datetime) -> datetime | None:
    """Require that the claims are in force; returns their end, None where they have none.

    Raises MalformedProofError, ProofTimeError.
    """
    issued = _instant(claims, "iat")
    expires = _instant(claims, "exp") if "exp" in claims else None
    if issued > now + LEEWAY or (expires is not None and expires <= now):
        raise ProofTimeError("it is not yet in force, or has expired")
    return expires


def read_keys(jwks: object, *, required: bool = True) -> dict[str, JoseKey]:
    """Return the signature keys of a JWK set by `kid`. Raises VerificationMethodError."""
    listed = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(listed, list) or len(listed) > _MAX_KEYS:
        raise VerificationMethodError("the keys of an entity are no list, or too many")
    keys: dict[str, JoseKey] = {}
    for jwk in listed:
        kid = jwk.get("kid") if isinstance(jwk, Mapping) else None
        if not isinstance(kid, str) or not kid or kid in keys:
            raise VerificationMethodError("a key of an entity without a name of its own")
        try:
            keys[kid] = read_jwk(jwk)
        except VerificationMethodError:
            continue  # an unknown kind, or for encryption
    if required and not keys:
        raise VerificationMethodError("an entity without a key that is known here")
    return keys


def _instant(claims: JsonObject, name: str) -> datetime:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value < 10**11:
        raise MalformedProofError(f"{name} is no date")
    return datetime.fromtimestamp(value, UTC)
