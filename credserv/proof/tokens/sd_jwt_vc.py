"""IETF SD-JWT VC: claims about a subject, of the type `vct` (`dc+sd-jwt`, in drafts `vc+sd-jwt`).

It is not a document of W3C's data model. What is shown of it is translated into that model, so that every
reader finds issuer, dates and subject in their places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from credserv.ground.addresses import is_https
from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, MalformedProofError, ProofError, UnsupportedProofError
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.certificates import issuer_named_by
from credserv.proof.tokens.jws import JSON_CONTENT, KEY_ADDRESSES, Jws, Profile, payload_of, peek_type
from credserv.proof.tokens.jwt_claims import STATUS, read_date, read_issued_at, require_issued, with_status
from credserv.proof.tokens.sd_jwt import Opened, open_sd_jwt, verify_holder
from credserv.proof.tokens.token import Circumstances, Kind
from credserv.proof.tokens.vc_jwt import CREDENTIAL, refuse_audience, verify_by

SPEC = "SD-JWT VC (IETF), 3"
MODEL = "sd-jwt-vc"
METADATA = "jwt-vc-issuer:"  # before an https issuer whose metadata has the keys (section 5)
_PROFILE = Profile(
    "an SD-JWT VC",
    frozenset({"vc+sd-jwt", "dc+sd-jwt", "JWT", None}),
    CREDENTIAL.algorithms,
    content_types=JSON_CONTENT,
    allows_jwk=True,
    ignored=KEY_ADDRESSES,
)
_ENVELOPE = frozenset(
    {"iss", "nbf", "exp", "iat", "cnf", "vct", "vct#integrity", STATUS, "sub", "jti", "aud"}
    | {"credentialStatus"}
)


@dataclass(frozen=True)
class SdJwtVcToken:
    """A token. `issuer` is the one it names, or else the one its certificate names (section 3.5)."""

    opened: Opened
    issuer: str
    kind: Kind = Kind.CREDENTIAL

    @property
    def jws(self) -> Jws:
        return self.opened.jws

    @property
    def names_issuer(self) -> bool:
        return "iss" in self.opened.claims

    @property
    def mechanism(self) -> str:
        return f"{SPEC}; {self.opened.jws.header.get('typ', 'JWT')}, {self.opened.jws.algorithm}"

    @property
    def document(self) -> dict[str, Any]:
        """The claims in terms of W3C's data model, as far as it has any."""
        claims = self.opened.claims
        begins, ends = read_date(claims, "nbf"), read_date(claims, "exp")
        about = {name: value for name, value in claims.items() if name not in _ENVELOPE and name != "id"}
        said = {
            "id": claims.get("jti"),
            "type": claims["vct"],
            "name": claims["vct"],
            "issuer": self.issuer,
            "validFrom": format_instant(begins) if begins else None,
            "validUntil": format_instant(ends) if ends else None,
            "credentialSubject": ({"id": claims["sub"]} if "sub" in claims else {}) | about,
            "credentialStatus": claims.get("credentialStatus"),  # W3C's, which some issuers keep
        }
        return with_status({name: value for name, value in said.items() if value is not None}, claims)

    @property
    def claimed_signer(self) -> str | None:
        return self.issuer

    def verify(self, controller: str, circumstances: Circumstances) -> str:
        """Verify the token; returns the method that signed it. `exp` and `nbf` are its validity.

        See `Token.verify`.
        """
        refuse_audience(self.opened.claims)
        jws = self.opened.jws
        method = verify_by(jws, controller, circumstances, document_of=document_name(controller))
        now, skew = circumstances.now, circumstances.clock_skew_seconds
        require_issued(read_issued_at(self.opened.claims), now=now, clock_skew_seconds=skew)
        verify_holder(self.opened, circumstances)
        return method


def document_name(issuer: str) -> str:
    """Return what to resolve to find the issuer's keys."""
    return METADATA + issuer if is_https(issuer) else issuer


def is_sd_jwt_vc(issued: str) -> bool:
    """Return whether it is one, by its type, or by its `vct` where the type is missing or also W3C's."""
    typ = peek_type(issued)
    if typ == "dc+sd-jwt":
        return True
    try:
        claims = parse_json_object(payload_of(issued))
    except (InputError, ProofError):
        return False
    return typ in ("vc+sd-jwt", "jwt") and "vct" in claims and claims.keys().isdisjoint(("@context", "vc"))


def parse_sd_jwt_vc(token: str) -> SdJwtVcToken:
    """Parse a token.

    Raises MalformedProofError, UnsupportedProofError, TooLargeError, and the errors of strict_json.
    """
    opened = open_sd_jwt(token, _PROFILE, is_document=False)
    claims = opened.claims
    for name in ("vct", "iss", "sub", "jti"):
        if (name in claims or name == "vct") and not (isinstance(claims.get(name), str) and claims[name]):
            raise MalformedProofError(f"{name} of the SD-JWT VC is missing, or no text")
    issuer = claims.get("iss") or issuer_named_by(opened.jws.header.get("x5c"))
    if issuer is None:
        raise UnsupportedProofError("neither it (iss) nor a certificate in it (x5c) names one issuer")
    return SdJwtVcToken(opened, issuer)
