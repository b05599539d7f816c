"""The signed token around a Token Status List (IETF draft-ietf-oauth-status-list, section 5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.errors import MalformedProofError, ProofTimeError
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.signer import Signer
from credserv.proof.tokens.certified import certified_by, with_certified_key
from credserv.proof.tokens.jws import Jws, Profile, parse_jws, sign_jws
from credserv.proof.tokens.jwt_claims import read_date, read_issued_at, require_issued, to_date
from credserv.proof.tokens.sd_jwt_vc import document_name
from credserv.proof.tokens.token import Circumstances
from credserv.proof.tokens.vc_jwt import W3C_ALGORITHMS, verify_by

ACCEPT = "application/statuslist+jwt"
_PROFILE = Profile("a status list token", frozenset({"statuslist+jwt"}), W3C_ALGORITHMS)


@dataclass(frozen=True)
class StatusListToken:
    """A list token. `issued_at`, `ends`: when it says it was made, and until when it counts; None for no
    end."""

    jws: Jws
    claims: dict[str, Any]
    issued_at: datetime
    ends: datetime | None

    def issuer(self, usual: str) -> str:
        """Return who it says signed it; `usual` where it does not say."""
        issuer = self.claims.get("iss", usual)
        return issuer if isinstance(issuer, str) else ""

    def verify(self, controller: str, circumstances: Circumstances) -> None:
        """Verify the token; dates are judged after the signature. Raises ProofError, UnavailableError."""
        certified = certified_by(self.jws, controller, circumstances)
        if certified is not None:
            circumstances = with_certified_key(circumstances, controller, certified)
        verify_by(self.jws, controller, circumstances, document_of=document_name(controller))
        if certified is not None:
            circumstances.unrevoked(certified.chain)
        skew = circumstances.clock_skew_seconds
        require_issued(self.issued_at, now=circumstances.now, clock_skew_seconds=skew)
        if self.ends is not None and self.ends <= circumstances.now:
            raise ProofTimeError("the status list token has expired")


def parse_status_list_token(token: str, url: str) -> StatusListToken:
    """Parse a token fetched from `url`, which it has to name. Raises ProofError, InputError."""
    jws = parse_jws(token, _PROFILE)
    claims = parse_json_object(jws.payload)
    if claims.get("sub") != url:
        raise MalformedProofError("the status list token is that of another address")
    issued_at = read_issued_at(claims)
    ends = read_date(claims, "exp")
    if issued_at is None:
        raise MalformedProofError("the status list token does not say when it was made")
    return StatusListToken(jws, claims, issued_at, ends)


def sign_status_list_token(
    packed: str,
    *,
    url: str,
    issuer: str,
    valid: tuple[datetime, datetime],
    ttl_seconds: int,
    signer: Signer,
    verification_method: str,
) -> str:
    """Sign a list with one bit for each entry.

    Args:
        valid: when it was made, and until when it counts.

    Raises SigningKeyError.
    """
    made, ends = valid
    claims = {
        "iss": issuer,
        "sub": url,
        "iat": to_date(made),
        "exp": to_date(ends),
        "ttl": ttl_seconds,
        "status_list": {"bits": 1, "lst": packed},
    }
    header = {"kid": verification_method, "typ": "statuslist+jwt"}
    return sign_jws(claims, header=header, signer=signer)
