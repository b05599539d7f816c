"""The key that whoever calls proves it has, to which their tokens are bound (DPoP, RFC 9449)."""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.ground.errors import MalformedProofError
from credserv.journeys.services import Services
from credserv.proof.tokens.dpop import read_dpop
from credserv.proof.tokens.key_proof import FRESH


def spend_dpop(
    services: Services,
    proof: str,
    *,
    method: str,
    path: str,
    now: datetime,
    access_token: str | None = None,
) -> str:
    """The thumbprint of the key that a proof shows for one request; each proof counts once (section 11.1).

    path: of the endpoint, behind our public address. access_token: that comes with it. Raises ProofError,
    InputError.
    """
    skew = services.verifier.clock_skew_seconds
    read = read_dpop(
        proof,
        method=method,
        url=services.public_url + path,
        now=now,
        clock_skew_seconds=skew,
        access_token=access_token,
    )
    ends_at = now + FRESH + 2 * timedelta(seconds=skew)
    if not services.store.offers.spend(f"dpop {read.thumbprint} {read.id}", ends_at):
        raise MalformedProofError("this DPoP proof was used before")
    return read.thumbprint
