"""`vc+sd-jwt`: a JWT whose holder chooses which parts to show (RFC 9901; VC-JOSE-COSE 1.0, section 3.2).

    <issuer's JWT>~<disclosure>~...~<disclosure>~<key binding JWT, or nothing>

Verification follows RFC 9901, section 7: each disclosure is used exactly once, where its digest is; nothing
is overwritten; what a reader must always see is never disclosable (attack 36). sd_jwt_issue.py creates them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from credserv.ground.encoding import encode_base64url
from credserv.ground.errors import (
    InputError,
    MalformedProofError,
    ProofError,
    TooLargeError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.did_keys import public_jwk
from credserv.proof.keys.jwk import JoseKey, read_jwk
from credserv.proof.tokens.jws import MAX_TOKEN_CHARS, Jws, Profile, parse_jws
from credserv.proof.tokens.jwt_claims import read_claims, read_date, read_issued_at, require_issued
from credserv.proof.tokens.sd_disclosures import Disclosure, apply_disclosures, parse_disclosure
from credserv.proof.tokens.token import Binding, Circumstances, Kind
from credserv.proof.tokens.vc_jwt import (
    CREDENTIAL,
    ENVELOPE,
    PRESENTATION,
    W3C_ALGORITHMS,
    claimed_signer,
    document_of,
    require_binding,
    require_claims,
    require_claims_time,
    require_form,
    require_holder,
    verify_by,
)

SPEC = "VC-JOSE-COSE 1.0, 3.2; RFC 9901"
KB_TYPE = "kb+jwt"
MAX_DISCLOSURES = 512
DEFAULT_HASH = "sha-256"
HASHES: Mapping[str, Callable[[bytes], Any]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}
_PROFILES = {
    Kind.CREDENTIAL: replace(CREDENTIAL, name="a vc+sd-jwt", types=frozenset({"vc+sd-jwt"})),
    Kind.PRESENTATION: replace(PRESENTATION, name="a vp+sd-jwt", types=frozenset({"vp+sd-jwt"})),
}
_KEY_BINDING = Profile("a key binding JWT", frozenset({KB_TYPE}), W3C_ALGORITHMS)
_KB_SECONDS = 300  # maximum age of a key binding


@dataclass(frozen=True)
class SdJwtToken:
    """A token as read.

    Attributes:
        claims: with all disclosures in place.
        signed: as the issuer signed them.
        presented: the text that the key binding covers.
        key_binding: the last part; "" for none.
    """

    kind: Kind
    jws: Jws
    claims: dict[str, Any]
    signed: dict[str, Any]
    presented: str
    key_binding: str

    @property
    def mechanism(self) -> str:
        return f"{SPEC}; {self.jws.header['typ']}, {self.jws.algorithm}"

    @property
    def document(self) -> dict[str, Any]:
        return document_of(self.claims, ENVELOPE | {"cnf"})

    @property
    def claimed_signer(self) -> str | None:
        return claimed_signer(self.jws, self.claims)

    def verify(self, controller: str, circumstances: Circumstances) -> str:
        """Verify the token; returns the issuer's method.

        With `circumstances.binding`, the holder must have signed for that reader. A key binding that is
        present must hold in any case. See `Token.verify`.
        """
        require_claims(self.claims, self.kind)
        if self.kind is Kind.PRESENTATION:
            require_holder(self.claims, controller)
            require_binding(self.claims, circumstances.binding)
            circumstances = replace(circumstances, binding=None)  # the holder's own key signed everything
        method = verify_by(self.jws, controller, circumstances)
        require_claims_time(self.claims, self.kind, circumstances)
        verify_holder(self, circumstances)
        return method


@dataclass(frozen=True)
class Opened:
    """An SD-JWT of any profile; see `SdJwtToken`."""

    jws: Jws
    claims: dict[str, Any]
    signed: dict[str, Any]
    presented: str
    key_binding: str


class Bound(Protocol):
    """What a key binding covers."""

    @property
    def signed(self) -> dict[str, Any]: ...

    @property
    def presented(self) -> str: ...

    @property
    def key_binding(self) -> str: ...


def verify_holder(token: Bound, circumstances: Circumstances) -> None:
    """Verify the key binding (RFC 9901, section 7.3). Raises as `Token.verify`."""
    binding = circumstances.binding
    if not token.key_binding:
        if binding is not None:
            raise ProofError("the holder did not sign for this reader: the key binding is missing")
        return
    jws = parse_jws(token.key_binding, _KEY_BINDING)
    if binding is None and token.signed.get("cnf") is None:
        # Whether it counts is up to the reader, and never to its being there (RFC 9901, section 7.3).
        raise UnsupportedProofError(
            "somebody signed for its holder, but its issuer bound it to no key: without that last part, what "
            "follows the last ~, it can be verified"
        )
    jws.verify(_holder_key(token.signed))
    claims = parse_json_object(jws.payload)
    if claims.get("sd_hash") != digest(token.presented, token.signed):
        raise ProofError("the key binding is of other disclosures than these")
    _require_key_binding(claims, binding, circumstances)


def _holder_key(signed: JsonObject) -> JoseKey:
    """Return the holder's key from what the issuer signed openly, so no disclosure can bring one (RFC
    7800).

    A name counts if it is a DID that is its own key.

    Raises UnsupportedProofError where the key is only named, or in another form.
    """
    confirmation = signed.get("cnf")
    if not isinstance(confirmation, Mapping) or not confirmation:
        raise MalformedProofError("there is a key binding, but the issuer bound it to no key")
    if "jwk" not in confirmation:
        named = confirmation.get("kid")
        try:
            return read_jwk(public_jwk(named.partition("#")[0] if isinstance(named, str) else ""))
        except InputError as error:
            said = ", ".join(sorted(confirmation))
            raise UnsupportedProofError(
                f"the key of its holder is given in a way not read here: {said[:80]}"
            ) from error
    return read_jwk(confirmation["jwk"])


def parse_sd_jwt(token: str, kind: Kind = Kind.CREDENTIAL) -> SdJwtToken:
    """Parse a token.

    Raises MalformedProofError, UnsupportedProofError, TooLargeError, and the errors of strict_json.
    """
    opened = open_sd_jwt(token, _PROFILES[kind])
    require_form(opened.claims)
    return SdJwtToken(kind, opened.jws, opened.claims, opened.signed, opened.presented, opened.key_binding)


def open_sd_jwt(token: str, profile: Profile, *, is_document: bool = True) -> Opened:
    """Return the token with every disclosure in place; see `apply_disclosures`. Raises as `parse_sd_jwt`."""
    issued, disclosures, key_binding = split_sd_jwt(token)
    jws = parse_jws(issued, profile)
    signed = read_claims(jws.payload)
    found: dict[str, Disclosure] = {}
    for encoded in disclosures:
        key = digest(encoded, signed)
        if key in found:
            raise MalformedProofError("a disclosure is there twice")
        found[key] = parse_disclosure(encoded)
    claims = apply_disclosures(signed, found, is_document=is_document)
    for name in ("exp", "nbf"):
        read_date(claims, name)
    read_issued_at(claims)
    return Opened(jws, claims, signed, token[: len(token) - len(key_binding)], key_binding)


def split_sd_jwt(token: str) -> tuple[str, list[str], str]:
    """Return issuer's JWT, disclosures and key binding. Raises MalformedProofError and TooLargeError."""
    if len(token) > MAX_TOKEN_CHARS:
        raise TooLargeError("a larger SD-JWT than is read")
    issued, *disclosures = token.split("~")
    if not disclosures:
        raise MalformedProofError("not an SD-JWT: it has no ~ after the token of its issuer")
    if len(disclosures) > MAX_DISCLOSURES + 1:
        raise TooLargeError(f"an SD-JWT with more than {MAX_DISCLOSURES} disclosures")
    return issued, disclosures[:-1], disclosures[-1]


def digest(text: str, signed: JsonObject) -> str:
    """Return the digest of a text as sent, with the hash the issuer named (RFC 9901, sections 4.1.1,
    4.2.3)."""
    name = signed.get("_sd_alg", DEFAULT_HASH)
    if not isinstance(name, str):
        raise MalformedProofError("_sd_alg is not the name of a hash")
    if name not in HASHES:  # others are registered too, and some issuers spell one their own way
        raise UnsupportedProofError(f"digests by {name[:40]!r} are not read here")
    try:
        return encode_base64url(HASHES[name](text.encode("ascii")).digest())
    except UnicodeEncodeError as error:
        raise MalformedProofError("a disclosure is not base64url") from error


def _require_key_binding(claims: JsonObject, binding: Binding | None, circumstances: Circumstances) -> None:
    issued_at = read_date(claims, "iat")
    if issued_at is None or "aud" not in claims or "nonce" not in claims:
        raise MalformedProofError("a key binding has iat, aud and nonce")
    skew = circumstances.clock_skew_seconds
    require_issued(issued_at, now=circumstances.now, clock_skew_seconds=skew)
    if not isinstance(claims["aud"], str):
        raise MalformedProofError("aud of a key binding is one string")
    require_binding(claims, binding)
    if binding is not None and circumstances.now - issued_at > timedelta(seconds=_KB_SECONDS + skew):
        raise ProofError(f"the key binding is older than {_KB_SECONDS} seconds")
