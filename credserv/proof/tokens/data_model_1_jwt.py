"""JWTs with the document in a claim `vc` or `vp`, as in data model 1.1 (section 6.3.1).

They have no type of their own: `typ` is JWT or absent, as in the Open Badges profile, and the claim makes the
difference. VC-JOSE-COSE 1.0 forbids both claims in a `vc+jwt`, but issuers also use them in a plain JWT of
data model 2.0, and with disclosures after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    ProofError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import is_absolute
from credserv.openbadges.structure import types_of
from credserv.proof.tokens.jws import KEY_ADDRESSES, Jws, Profile, parse_jws, payload_of
from credserv.proof.tokens.jwt_claims import (
    read_claims,
    read_date,
    read_issued_at,
    require_agreement,
    require_issued,
    require_time,
    with_status,
)
from credserv.proof.tokens.sd_jwt import Opened, open_sd_jwt, verify_holder
from credserv.proof.tokens.token import Circumstances, Kind
from credserv.proof.tokens.vc_jwt import (
    CREDENTIAL,
    PRESENTATION,
    claimed_signer,
    refuse_audience,
    refuse_binding,
    require_binding,
    require_holder,
    require_issuer,
    unsaid_dates,
    verify_by,
)

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
_DATES = {V1: ("issuanceDate", "expirationDate"), V2: ("validFrom", "validUntil")}
CLAIMS = {Kind.CREDENTIAL: "vc", Kind.PRESENTATION: "vp"}
PROFILE = Profile(
    "a JWT with the document in a claim",
    frozenset({None, "JWT"}),
    CREDENTIAL.algorithms,
    content_types=CREDENTIAL.content_types | PRESENTATION.content_types,
    allows_jwk=True,
    ignored=KEY_ADDRESSES,
)
# Beside the claim these would be a second document, where they say something else (attack 33).
_DOCUMENT = (
    *("@context", "type", "issuer", "credentialSubject", "holder", "verifiableCredential"),
    *("credentialStatus", "expirationDate", "validUntil"),  # readers who look for them there must find them
)


@dataclass(frozen=True)
class WrappedToken:
    """A token (see Token). `document` is the claim, completed from the registered claims."""

    kind: Kind
    jws: Jws
    claims: dict[str, Any]
    document: dict[str, Any]
    opened: Opened | None = None  # where it has disclosures

    @property
    def mechanism(self) -> str:
        return f"VC Data Model 1.1, 6.3.1; JWT, {self.jws.algorithm}"

    @property
    def claimed_signer(self) -> str | None:
        return claimed_signer(self.jws, self.claims)

    def verify(self, controller: str, circumstances: Circumstances) -> str:
        """Verify the token; returns the method that signed it. See `Token.verify`."""
        now, skew = circumstances.now, circumstances.clock_skew_seconds
        own: JsonObject = self.claims
        if self.kind is Kind.PRESENTATION:
            require_holder(self.claims, controller)
            require_binding(self.claims, circumstances.binding)
        else:
            require_issuer(self.claims, controller)
            refuse_audience(self.claims)
            if self.opened is None:
                refuse_binding(circumstances)
            require_agreement(self.claims, self.document)
            own = unsaid_dates(self.claims, self.document)
        method = verify_by(self.jws, controller, circumstances)
        require_issued(read_issued_at(self.claims), now=now, clock_skew_seconds=skew)
        require_time(own, now=now, clock_skew_seconds=skew)
        if self.opened is not None:
            verify_holder(self.opened, circumstances)
        return method


def holds_presentation(token: str) -> bool:
    """Return whether an untyped token claims to hold or to be a presentation.

    Verifies nothing; an unreadable one does not.
    """
    try:
        claims = read_claims(payload_of(token))
    except (InputError, ProofError):
        return False
    return CLAIMS[Kind.PRESENTATION] in claims or "VerifiablePresentation" in types_of(claims)


def read_wrapped(token: str, kind: Kind) -> WrappedToken | None:
    """Parse a JWT with the claim; None for a JWT without it.

    Raises:
        MalformedProofError: the token is malformed.
        UnsupportedProofError: a document of data model 2.0, or an unknown algorithm.
        InputError: the errors of strict_json.
    """
    claims = read_claims(payload_of(token))
    if not claims.keys() & set(CLAIMS.values()):
        return None
    return _wrapped(parse_jws(token, PROFILE), claims, kind)


def read_wrapped_sd(token: str, kind: Kind) -> WrappedToken:
    """Parse a JWT with the claim and disclosures after it. Raises as `read_wrapped`."""
    opened = open_sd_jwt(token, PROFILE)
    if opened.claims.keys().isdisjoint(CLAIMS.values()):
        raise UnsupportedProofError("an SD-JWT that is of no type of credential that is known here")
    return replace(_wrapped(opened.jws, opened.claims, kind), opened=opened)


def _wrapped(jws: Jws, claims: dict[str, Any], kind: Kind) -> WrappedToken:
    document = claims.get(CLAIMS[kind])
    if not isinstance(document, dict) or claims.keys() >= set(CLAIMS.values()):
        raise MalformedProofError(f"the claim {CLAIMS[kind]} holds the document, alone")
    issuer = _issuer_beside(document, claims)
    beside = claims if issuer is None else {**claims, "issuer": issuer}
    document = document if issuer is None else {**document, "issuer": issuer}
    for name in _DOCUMENT:
        if name in beside and beside[name] != document.get(name):
            raise MalformedProofError(f"{name} stands beside the document, and says something else than it")
    contexts = document.get("@context")
    if next(iter(contexts if isinstance(contexts, list) else [contexts]), None) not in (V1, V2):
        raise UnsupportedProofError(
            f"the claim {CLAIMS[kind]} holds a document of neither data model 1.1 nor 2.0"
        )
    return WrappedToken(kind, jws, claims, _completed(document, claims, kind))


def _issuer_beside(document: JsonObject, claims: JsonObject) -> JsonObject | None:
    """Return the whole issuer that did-jwt-vc moved beside the document, all but the id, which is `iss`."""
    issuer = claims.get("issuer")
    if "issuer" in document or "iss" not in claims or not isinstance(issuer, dict):
        return None
    whole = {"id": claims["iss"], **issuer}
    return whole if whole["id"] == claims["iss"] else None


def _completed(document: JsonObject, claims: JsonObject, kind: Kind) -> dict[str, Any]:
    """Complete the document from the claims (section 6.3.1, JWT decoding).

    `verify` compares members it has too. An empty text for what a claim says is no member, and neither `jti`
    nor `sub` is an id if it is no URL: RFC 7519 lets both be any text (sections 4.1.2 and 4.1.7).
    """
    said: dict[str, Any] = {"id": claims.get("jti") if is_absolute(claims.get("jti")) else None}
    begins, ends = read_date(claims, "nbf"), read_date(claims, "exp")
    read_issued_at(claims)
    if kind is Kind.PRESENTATION:
        said["holder"] = claims.get("iss")
    else:
        first, last = _DATES[_model(document)]
        said |= {
            "issuer": claims.get("iss"),
            first: format_instant(begins) if begins else None,
            last: format_instant(ends) if ends else None,
            "credentialSubject": _subject(document, claims),
        }
    dates = {name for names in _DATES.values() for name in names}
    own = {
        name: value
        for name, value in document.items()
        if name != "credentialSubject"
        and not (value is None and name in dates)
        and not (value == "" and (name in dates or name in said))
    }
    if isinstance(own.get("issuer"), dict) and not own["issuer"].get("id") and "iss" in claims:
        own["issuer"] = {**own["issuer"], "id": claims["iss"]}
    whole = {name: value for name, value in {**said, **own}.items() if value is not None or name in own}
    return with_status(whole, claims) if kind is Kind.CREDENTIAL else whole


def _model(document: JsonObject) -> str:
    contexts = document["@context"]
    return str(contexts[0] if isinstance(contexts, list) else contexts)


def _subject(document: JsonObject, claims: JsonObject) -> object:
    subject = document.get("credentialSubject")
    if isinstance(subject, list) and len(subject) == 1:
        return [_subject({"credentialSubject": subject[0]}, claims)]
    if not isinstance(subject, dict) or subject.get("id", "") != "" or not is_absolute(claims.get("sub")):
        return subject
    return {**subject, "id": claims["sub"]}
