"""`vc+jwt` and `vp+jwt`: the document is the payload itself (VC-JOSE-COSE 1.0, section 3.1)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    OtherOccasionError,
    ProofError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.jwk import PS256, RS256
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import subject_of
from credserv.proof.tokens.jose_keys import resource_of, verify_by_key
from credserv.proof.tokens.jws import JSON_CONTENT, KEY_ADDRESSES, Jws, Profile, parse_jws, sign_jws
from credserv.proof.tokens.jwt_claims import (
    REGISTERED,
    STATUS,
    read_claims,
    read_date,
    read_issued_at,
    require_agreement,
    require_issued,
    require_time,
    to_date,
    with_status,
)
from credserv.proof.tokens.token import Binding, Circumstances, Kind

SPEC = "VC-JOSE-COSE 1.0, 3.1"
W3C_ALGORITHMS = frozenset({"ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519"})
CREDENTIAL = Profile(
    "a vc+jwt",
    frozenset({"vc+jwt"}),
    W3C_ALGORITHMS | {RS256, PS256},
    content_types=JSON_CONTENT | {"vc", "vc+ld+json"},
    allows_jwk=True,
    ignored=KEY_ADDRESSES,
)
PRESENTATION = replace(
    CREDENTIAL,
    name="a vp+jwt",
    types=frozenset({"vp+jwt"}),
    content_types=JSON_CONTENT | {"vp", "vp+ld+json"},
)
# Section 3.1.1: the type should be there, and need not.
_UNTYPED = {
    Kind.CREDENTIAL: replace(CREDENTIAL, name="a JWT that is a credential", types=frozenset({None, "JWT"})),
    Kind.PRESENTATION: replace(
        PRESENTATION, name="a JWT that is a presentation", types=frozenset({None, "JWT"})
    ),
}
# Members of the envelope, which are not the credential's.
ENVELOPE = frozenset({*REGISTERED, "nonce", STATUS})
_DOCUMENT = frozenset({"@context", "type", "credentialSubject", "verifiableCredential"})


@dataclass(frozen=True)
class JwtToken:
    """A JWT whose payload is the document."""

    kind: Kind
    jws: Jws
    claims: dict[str, Any]

    @property
    def mechanism(self) -> str:
        return f"{SPEC}; {self.jws.header.get('typ', 'JWT')}, {self.jws.algorithm}"

    @property
    def document(self) -> dict[str, Any]:
        return document_of(self.claims, ENVELOPE)

    @property
    def claimed_signer(self) -> str | None:
        return claimed_signer(self.jws, self.claims)

    def verify(self, controller: str, circumstances: Circumstances) -> str:
        """Verify the token; returns the method that signed it. See `Token.verify`."""
        require_claims(self.claims, self.kind)
        if self.kind is Kind.PRESENTATION:
            require_holder(self.claims, controller)
            require_binding(self.claims, circumstances.binding)
        else:
            refuse_binding(circumstances)
        method = verify_by(self.jws, controller, circumstances)
        require_claims_time(self.claims, self.kind, circumstances)
        return method


def parse_vc_jwt(token: str) -> JwtToken:
    """Parse a token. Raises MalformedProofError, UnsupportedProofError, and the errors of strict_json."""
    return _parse(token, Kind.CREDENTIAL, CREDENTIAL)


def parse_untyped_jwt(token: str, kind: Kind) -> JwtToken:
    """Parse a token whose `typ` is JWT or absent, as `parse_vc_jwt` does."""
    return _parse(token, kind, _UNTYPED[kind])


def parse_vp_jwt(token: str) -> JwtToken:
    """Parse a presentation as `parse_vc_jwt` does a credential."""
    return _parse(token, Kind.PRESENTATION, PRESENTATION)


def sign_vc_jwt(credential: JsonObject, *, signer: Signer, verification_method: str) -> str:
    """Return the compact token. No date is repeated as a claim: they are the credential's own.

    Raises:
        InputError: the document has a proof, or members that belong to the envelope.
        SigningKeyError: the key cannot sign.
    """
    refuse_envelope(credential)
    header = {"kid": verification_method, "typ": "vc+jwt", "cty": "vc"}
    return sign_jws(credential, header=header, signer=signer)


def sign_vp_jwt(
    presentation: JsonObject,
    *,
    signer: Signer,
    verification_method: str,
    binding: Binding,
    issued_at: datetime,
    expires: datetime | None = None,
) -> str:
    """Sign a presentation for the reader that `binding` names. Raises as `sign_vc_jwt`."""
    refuse_envelope(presentation)
    claims = {**presentation, **presentation_claims(binding, issued_at, expires)}
    header = {"kid": verification_method, "typ": "vp+jwt", "cty": "vp"}
    return sign_jws(claims, header=header, signer=signer)


def presentation_claims(
    binding: Binding, issued_at: datetime, expires: datetime | None = None
) -> dict[str, Any]:
    """Return the claims about the occasion of a presentation."""
    claims = {
        "aud": binding.audience,
        "nonce": binding.nonce,
        "iat": to_date(issued_at),
        "exp": to_date(expires) if expires else None,
    }
    return {name: value for name, value in claims.items() if value is not None}


# --- shared with the other tokens ---------------------------------------------------------------------


def document_of(claims: JsonObject, envelope: Container[str]) -> dict[str, Any]:
    """Return what the claims say without the envelope, and with the status that it names."""
    return with_status({name: value for name, value in claims.items() if name not in envelope}, claims)


def refuse_envelope(document: JsonObject) -> None:
    taken = sorted(document.keys() & (ENVELOPE | {"vc", "vp", "proof", "cnf", "_sd", "_sd_alg"}))
    if taken:
        raise InputError(f"{taken[0]} belongs to what secures a document, not to the document")


def require_form(claims: JsonObject) -> None:
    """Refuse `vc` and `vp`, which would be a second document (section 3.1.3).

    Some makers have their only document there all the same, under this type: nothing is false about it.
    Raises MalformedProofError, UnsupportedProofError.
    """
    held = [name for name in ("vc", "vp") if name in claims]
    if not held:
        return
    alone = claims[held[0]] if len(held) == 1 else None
    if isinstance(alone, dict) and "@context" in alone and _DOCUMENT.isdisjoint(claims):
        raise UnsupportedProofError(f"its document is in the claim {held[0]}, where its type has none")
    raise MalformedProofError(f"the claim {held[0]} must not be there: the payload is the document")


def require_claims_form(claims: JsonObject) -> None:
    """Check the claims before their signer is known. Raises MalformedProofError."""
    for name in ("exp", "nbf"):
        read_date(claims, name)
    read_issued_at(claims)
    require_form(claims)


def require_claims(claims: JsonObject, kind: Kind) -> None:
    """Check claims against the document. Raises MalformedProofError and subclasses."""
    require_form(claims)
    if kind is Kind.CREDENTIAL:
        refuse_audience(claims)
        require_agreement(claims, claims)
    elif "jti" in claims and claims["jti"] != claims.get("id", claims["jti"]):
        raise MalformedProofError("jti is not what the presentation itself says")


def require_claims_time(claims: JsonObject, kind: Kind, circumstances: Circumstances) -> None:
    """Check the dates, after the signature: unsigned dates say nothing. Raises ProofTimeError."""
    now, skew = circumstances.now, circumstances.clock_skew_seconds
    require_issued(read_issued_at(claims), now=now, clock_skew_seconds=skew)
    own = unsaid_dates(claims, claims) if kind is Kind.CREDENTIAL else claims
    require_time(own, now=now, clock_skew_seconds=skew)


def claimed_signer(jws: Jws, claims: JsonObject) -> str | None:
    """Return `iss`, or the DID before the fragment of the `kid`."""
    if isinstance(claims.get("iss"), str):
        return str(claims["iss"])
    return subject_of(jws.kid) if jws.kid and "#" in jws.kid else None


def require_holder(claims: JsonObject, holder: str) -> None:
    if claims.get("iss", holder) != holder:
        raise MalformedProofError("iss is not the holder whom the presentation names")


def require_issuer(claims: JsonObject, issuer: str) -> None:
    if claims.get("iss", issuer) != issuer:
        raise MalformedProofError("iss is not the issuer whom the credential names")


def refuse_audience(claims: JsonObject) -> None:
    """Refuse `aud`: whoever it does not name must not accept the token (RFC 7519, section 4.1.3), and we
    have no name."""
    if "aud" in claims:
        raise ProofError("it is addressed to one reader, whom its aud names, and to nobody else")


def require_binding(claims: JsonObject, binding: Binding | None) -> None:
    """Require the reader and occasion of `binding`. Raises ProofError for a presentation made for others."""
    audience = claims.get("aud", [])
    listed = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(item, str) for item in listed) or not isinstance(claims.get("nonce", ""), str):
        raise MalformedProofError("aud and nonce are strings")
    if binding is None:
        return
    if binding.audience is not None and binding.audience not in listed:
        raise OtherOccasionError("the presentation was made for another reader: aud does not name this one")
    if binding.nonce is not None and claims.get("nonce") != binding.nonce:
        raise OtherOccasionError("the presentation was made for another occasion: nonce is another")


def refuse_binding(circumstances: Circumstances) -> None:
    """Refuse a token without a holder's signature where one is required."""
    if circumstances.binding is not None:
        raise ProofError("no holder signed for this reader: a credential as a JWT is bound to nobody")


def verify_by(
    jws: Jws, controller: str, circumstances: Circumstances, *, document_of: str | None = None
) -> str:
    """Verify with the key of `controller` that the header names; returns the method's name.

    Args:
        document_of: what to resolve where that is not the controller's id.
    """
    if document_of is None or document_of == controller:
        document_of = resource_of(jws, controller)
    document = circumstances.resolve_did(document_of)
    if document.get("id") != controller:
        raise ProofError(f"the document at hand is not that of {controller[:120]!r}")
    return verify_by_key(document, jws, purpose=circumstances.purpose, now=circumstances.now)


def _parse(token: str, kind: Kind, profile: Profile) -> JwtToken:
    jws = parse_jws(token, profile)
    claims = read_claims(jws.payload)
    require_claims_form(claims)
    return JwtToken(kind, jws, claims)


def unsaid_dates(claims: JsonObject, credential: JsonObject) -> dict[str, Any]:
    """Return `exp` and `nbf` where the credential has no such member; its own dates are judged as its
    validity."""
    said = {
        "exp": ("validUntil", "expirationDate"),
        "nbf": ("validFrom", "issuanceDate"),
    }
    return {
        name: claims[name]
        for name, own in said.items()
        if name in claims and all(credential.get(member) is None for member in own)
    }
