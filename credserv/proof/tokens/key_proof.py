"""The proof that a wallet has a key: `openid4vci-proof+jwt` (OpenID4VCI 1.0, appendix F.1).

The key is in the header, as a JSON Web Key or a DID that is its own key. Its signature must be made for this
issuer, recently, and for one nonce (attack 88).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.errors import MalformedProofError, ProofTimeError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.did_jwk import did_jwk
from credserv.proof.keys.did_keys import public_jwk
from credserv.proof.keys.jwk import JoseKey, read_jwk
from credserv.proof.tokens.jws import CERTIFICATES, Jws, Profile, parse_jws
from credserv.proof.tokens.jwt_claims import read_date, require_time

ALGORITHMS = ("ES256", "EdDSA")
FRESH = timedelta(minutes=5)
_MAX_CHARS = 16_384
_PROFILE = Profile(
    "a key proof",
    frozenset({"openid4vci-proof+jwt"}),
    frozenset({*ALGORITHMS, "Ed25519"}),
    allows_jwk=True,
)


@dataclass(frozen=True)
class KeyProof:
    """A key proof. `did` is the did:key or did:jwk whose key signed it; `nonce` is what it was made for."""

    did: str
    nonce: str


def read_key_proof(token: str, *, audience: str, now: datetime, clock_skew_seconds: int) -> KeyProof:
    """Verify a key proof for `audience`. The caller checks whether the nonce is one of ours.

    Raises ProofError, InputError.
    """
    if len(token) > _MAX_CHARS:
        raise MalformedProofError("a key proof is shorter than that")
    jws = parse_jws(token, _PROFILE)
    did, key = _key(jws)
    jws.verify(key)
    claims = parse_json_object(jws.payload)
    if claims.get("aud") != audience:
        raise MalformedProofError(f"aud is not the issuer {audience}")
    require_fresh(claims, now=now, clock_skew_seconds=clock_skew_seconds)
    require_time(claims, now=now, clock_skew_seconds=clock_skew_seconds)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str):
        raise MalformedProofError("nonce is missing: ask the nonce endpoint for one")
    return KeyProof(did, nonce)


def require_fresh(claims: JsonObject, *, now: datetime, clock_skew_seconds: int) -> None:
    """Require an `iat` within the last five minutes. Raises MalformedProofError, ProofTimeError."""
    made = read_date(claims, "iat")
    if made is None:
        raise MalformedProofError("iat is missing")
    skew = timedelta(seconds=clock_skew_seconds)
    if made - now > skew or now - made > FRESH + skew:
        raise ProofTimeError("iat is not of the last five minutes: is the clock of the wallet right?")


def _key(jws: Jws) -> tuple[str, JoseKey]:
    """Return the one key that the header names (appendix F.1), with its DID."""
    if not CERTIFICATES.isdisjoint(jws.header):
        raise UnsupportedProofError("keys are named by jwk, did:key or did:jwk here, not by certificates")
    if ("jwk" in jws.header) == ("kid" in jws.header):
        raise MalformedProofError("the header names its key by exactly one of jwk and kid")
    if jws.kid is None:
        return _named(jws.header["jwk"])
    did = jws.kid.partition("#")[0]
    own = "0" if did.startswith("did:jwk:") else did.removeprefix("did:key:")
    if jws.kid != f"{did}#{own}":
        raise MalformedProofError("kid is no method of a did:key or did:jwk")
    return did, read_jwk(public_jwk(did))


def _named(jwk: Any) -> tuple[str, JoseKey]:
    """Name a key by the members that make it: one key has one DID, whatever else is beside them."""
    key = read_jwk(jwk)
    return did_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk}), key
