"""The signature over a wallet's archive: a JWS of its own type by the service that made the archive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import InputError, MalformedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.signer import Signer
from credserv.proof.tokens.jws import Profile, parse_jws, sign_jws
from credserv.proof.tokens.token import Circumstances
from credserv.proof.tokens.vc_jwt import W3C_ALGORITHMS, verify_by

_TYPE = "credserv-archive+jwt"
_PROFILE = Profile("the signature of an archive", frozenset({_TYPE}), W3C_ALGORITHMS)


def sign_archive(
    manifest_sha256: str, *, by: str, made_at: datetime, signer: Signer, verification_method: str
) -> str:
    """Sign an archive. `by` is the DID of the service. Raises SigningKeyError."""
    claims = {"iss": by, "made_at": format_instant(made_at), "manifest_sha256": manifest_sha256}
    return sign_jws(claims, header={"kid": verification_method, "typ": _TYPE}, signer=signer)


def read_archive_token(token: str) -> tuple[str, str, datetime]:
    """Return who claims to have made the archive, the SHA-256 of its manifest, and when.

    Nothing is proven yet.

    Raises MalformedProofError and subclasses.
    """
    try:
        claims = parse_json_object(parse_jws(token, _PROFILE).payload)
        by, digest, made_at = claims["iss"], claims["manifest_sha256"], parse_instant(claims["made_at"])
    except (InputError, KeyError, AttributeError, TypeError) as error:
        raise MalformedProofError("the signature of the archive cannot be read") from error
    if not isinstance(by, str) or not isinstance(digest, str):
        raise MalformedProofError("the signature of the archive cannot be read")
    return by, digest, made_at


def verify_archive_token(
    token: str, by: str, *, resolve_did: Callable[[str], JsonObject], now: datetime
) -> None:
    """Verify the token.

    Raises:
        ProofError: no key of `by` signed it.
        UnavailableError: the keys of `by` could not be fetched.
    """
    verify_by(parse_jws(token, _PROFILE), by, Circumstances(resolve_did=resolve_did, now=now))
