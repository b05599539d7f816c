"""The JWT proof format of Open Badges 3.0 (section 8.2), which differs from W3C's.

`typ` is JWT or absent, the registered claims are required, and each repeats what the credential says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from credserv.ground.errors import InputError, MalformedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.validity import parse_validity
from credserv.openbadges.structure import issuer_of, subjects_of
from credserv.proof.keys.jwk import RS256
from credserv.proof.keys.rsa_signer import RsaSigner
from credserv.proof.keys.signer import Signer
from credserv.proof.tokens.jws import Jws, Profile, parse_jws, payload_of, peek_header, sign_jws
from credserv.proof.tokens.jwt_claims import (
    STATUS,
    read_claims,
    read_date,
    require_agreement,
    require_issued,
    to_date,
)
from credserv.proof.tokens.token import Circumstances, Kind
from credserv.proof.tokens.vc_jwt import (
    claimed_signer,
    document_of,
    refuse_audience,
    refuse_binding,
    refuse_envelope,
    verify_by,
)

SPEC = "Open Badges 3.0, 8.2"
PROFILE = Profile(
    "the Open Badges JWT",
    frozenset({None, "JWT"}),
    frozenset({RS256, "ES256", "EdDSA", "Ed25519"}),
    members=frozenset({"alg", "kid", "jwk", "typ"}),
    allows_jwk=True,
)
_ENVELOPE = frozenset({"iss", "jti", "nbf", "sub", "exp", "iat", STATUS})


@dataclass(frozen=True)
class OpenBadgesToken:
    jws: Jws
    claims: dict[str, Any]
    kind: Kind = Kind.CREDENTIAL

    @property
    def mechanism(self) -> str:
        return f"{SPEC}; JWT, {self.jws.algorithm}"

    @property
    def document(self) -> dict[str, Any]:
        return document_of(self.claims, _ENVELOPE)

    @property
    def claimed_signer(self) -> str | None:
        return claimed_signer(self.jws, self.claims)

    def verify(self, controller: str, circumstances: Circumstances) -> str:
        """Verify the token; returns the method that signed it. See `Token.verify`."""
        refuse_audience(self.claims)
        refuse_binding(circumstances)
        require_agreement(self.claims, self.document)
        method = verify_by(self.jws, controller, circumstances)
        issued_at = read_date(self.claims, "iat")
        require_issued(issued_at, now=circumstances.now, clock_skew_seconds=circumstances.clock_skew_seconds)
        return method


def is_open_badges_jwt(token: str) -> bool:
    """Return whether a JWT is of this profile, by what the profile requires (section 8.2.4): other untyped
    ones are W3C's.

    Most recipients are a hashed address without an id, which leaves `sub` nothing to repeat.

    Raises as `parse_open_badges_jwt`.
    """
    header, claims = peek_header(token), read_claims(payload_of(token))
    return (
        header.keys() <= (PROFILE.members or frozenset())
        and str(header.get("alg")) in PROFILE.algorithms
        and not header.keys().isdisjoint(("kid", "jwk"))
        and claims.keys() >= {"iss", "jti", "nbf"}
        and ("sub" in claims or not _names_subject(claims))
        and ("exp" in claims) is _ends(claims)
    )


def parse_open_badges_jwt(token: str) -> OpenBadgesToken:
    """Parse a token. Raises MalformedProofError, UnsupportedProofError, and the errors of strict_json."""
    jws = parse_jws(token, PROFILE)
    if "kid" not in jws.header and "jwk" not in jws.header:
        raise MalformedProofError("the header names its key neither by kid nor by jwk")
    claims = read_claims(jws.payload)
    if "vc" in claims or "vp" in claims:
        raise MalformedProofError("a JWT with the claim vc or vp is none of Open Badges")
    for name in ("exp", "nbf", "iat"):
        read_date(claims, name)
    return OpenBadgesToken(jws, claims)


def sign_open_badges_jwt(
    credential: JsonObject, *, signer: Signer | RsaSigner, verification_method: str
) -> str:
    """Return the compact token, with every claim taken from the credential.

    Raises:
        InputError: the credential has no id, start date, issuer, or single subject with an id.
            `sub` is required, so a credential addressed only to a hashed e-mail cannot be secured like this.
        SigningKeyError: the key cannot sign.
    """
    refuse_envelope(credential)
    validity = parse_validity(credential)
    subjects = [subject.get("id") for subject in subjects_of(credential)]
    claims = {
        "iss": issuer_of(credential),
        "jti": credential.get("id"),
        "nbf": to_date(validity.begins) if validity.begins else None,
        "sub": subjects[0] if len(subjects) == 1 else None,
    }
    if validity.ends:
        claims["exp"] = to_date(validity.ends)
    missing = [name for name, value in claims.items() if value is None]
    if missing:
        raise InputError(f"the credential says nothing that could be the claim {missing[0]}")
    header = {"kid": verification_method, "typ": "JWT"}
    return sign_jws({**credential, **claims}, header=header, signer=signer)


def _names_subject(credential: JsonObject) -> bool:
    return any("id" in subject for subject in subjects_of(credential))


def _ends(credential: JsonObject) -> bool:
    return any(credential.get(name) is not None for name in ("validUntil", "expirationDate"))
