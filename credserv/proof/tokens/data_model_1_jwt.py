"""JWTs that carry the document in a claim `vc` or `vp`, as data model 1.1 has it (section 6.3.1).

They have no type of their own, so `typ` is JWT or absent, as in the Open Badges profile; the claim tells them
apart. VC-JOSE-COSE 1.0 forbids both claims in a `vc+jwt`, so of data model 2.0 none is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, MalformedProofError, ProofError, UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.jwk import PS256, RS256
from credserv.proof.tokens.jws import Jws, Profile, parse_jws, payload_of
from credserv.proof.tokens.jwt_claims import (
    check_agreement,
    check_issued,
    check_time,
    read_date,
    read_issued_at,
)
from credserv.proof.tokens.token import Circumstances, Kind
from credserv.proof.tokens.vc_jwt import (
    W3C_ALGORITHMS,
    check_binding,
    check_holder,
    claimed_signer,
    refuse_audience,
    refuse_binding,
    unsaid_dates,
    verify_by,
)

V1 = "https://www.w3.org/2018/credentials/v1"
CLAIMS = {Kind.CREDENTIAL: "vc", Kind.PRESENTATION: "vp"}
PROFILE = Profile(
    "a JWT with the document in a claim",
    frozenset({None, "JWT"}),
    W3C_ALGORITHMS | {RS256, PS256},
    allows_jwk=True,
)
# Beside the claim they would be a second document (attack 33).
_DOCUMENT = (
    *("@context", "type", "issuer", "credentialSubject", "holder", "verifiableCredential"),
    *("credentialStatus", "expirationDate", "validUntil"),  # whoever looks for them there is to find them
)


@dataclass(frozen=True)
class WrappedToken:
    """As Token. document: the claim, with what stands in the registered claims alone put in its place."""

    kind: Kind
    jws: Jws
    claims: dict[str, Any]
    document: dict[str, Any]

    @property
    def mechanism(self) -> str:
        return f"VC Data Model 1.1, 6.3.1; JWT, {self.jws.algorithm}"

    @property
    def claimed_signer(self) -> str | None:
        return claimed_signer(self.jws, self.claims)

    def verify(self, controller: str, circumstances: Circumstances) -> str:
        """The method that signed it. As `Token.verify`."""
        now, skew = circumstances.now, circumstances.clock_skew_seconds
        check_issued(read_issued_at(self.claims), now=now, clock_skew_seconds=skew)
        check_holder(self.claims, controller)
        if self.kind is Kind.PRESENTATION:
            check_time(self.claims, now=now, clock_skew_seconds=skew)
            check_binding(self.claims, circumstances.binding)
        else:
            refuse_audience(self.claims)
            refuse_binding(circumstances)
            check_agreement(self.claims, self.document)
            own = unsaid_dates(self.claims, self.document)
            check_time(own, now=now, clock_skew_seconds=skew)
        return verify_by(self.jws, controller, circumstances)


def wraps_presentation(token: str) -> bool:
    """Whether it says that it holds a presentation; nothing is judged, and nothing unreadable says so."""
    try:
        return CLAIMS[Kind.PRESENTATION] in parse_json_object(payload_of(token))
    except (InputError, ProofError):
        return False


def parse_wrapped(token: str, kind: Kind) -> WrappedToken | None:
    """None for a JWT without the claim. Raises MalformedProofError, UnsupportedProofError for a document of
    data model 2.0 and unknown algorithms, and the errors of strict_json."""
    claims = parse_json_object(payload_of(token))
    if not claims.keys() & set(CLAIMS.values()):
        return None
    jws = parse_jws(token, PROFILE)
    document = claims.get(CLAIMS[kind])
    if not isinstance(document, dict) or claims.keys() >= set(CLAIMS.values()):
        raise MalformedProofError(f"the claim {CLAIMS[kind]} holds the document, alone")
    beside = next((name for name in _DOCUMENT if name in claims), None)
    if beside is not None:
        raise MalformedProofError(f"{beside} stands beside the document, as if it were another one's")
    contexts = document.get("@context")
    if V1 not in (contexts if isinstance(contexts, list) else [contexts])[:1]:
        raise UnsupportedProofError(
            f"the claim {CLAIMS[kind]} is of data model 1.1, its document is of another"
        )
    return WrappedToken(kind, jws, claims, _completed(document, claims, kind))


def _completed(document: JsonObject, claims: JsonObject, kind: Kind) -> dict[str, Any]:
    """Section 6.3.1, JWT decoding: where the document has the member too, `verify` compares the two."""
    said = {"id": claims.get("jti")}
    begins, ends = read_date(claims, "nbf"), read_date(claims, "exp")
    read_issued_at(claims)
    if kind is Kind.PRESENTATION:
        said["holder"] = claims.get("iss")
    else:
        said |= {
            "issuer": claims.get("iss"),
            "issuanceDate": format_instant(begins) if begins else None,
            "expirationDate": format_instant(ends) if ends else None,
            "credentialSubject": _subject(document, claims),
        }
    own = {name: value for name, value in document.items() if name != "credentialSubject"}
    return {name: value for name, value in {**said, **own}.items() if value is not None or name in own}


def _subject(document: JsonObject, claims: JsonObject) -> object:
    subject = document.get("credentialSubject")
    return {"id": claims["sub"], **subject} if "sub" in claims and isinstance(subject, dict) else subject
