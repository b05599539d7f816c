"""The key that an app proves it has, to which its tokens are bound then (DPoP, RFC 9449)."""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.ground.errors import AppRequestError, InputError, ProofError
from credserv.journeys.services import Services
from credserv.proof.tokens.dpop import read_dpop
from credserv.proof.tokens.key_proof import ALGORITHMS as _OF_KEYS
from credserv.proof.tokens.key_proof import FRESH

ALGORITHMS = tuple(sorted({*_OF_KEYS, "Ed25519"}))


def proven_key(
    services: Services,
    proof: str | None,
    *,
    method: str,
    path: str,
    now: datetime,
    access_token: str | None = None,
) -> str | None:
    """The thumbprint of the key that a proof shows for one request; each proof counts once (section 11.1).

    Args:
        proof: the header DPoP; None where there is none, and then nothing is proven.
        path: of the endpoint, behind our public address.
        access_token: that comes with it.

    Raises:
        AppRequestError: `invalid_dpop_proof`.
    """
    if proof is None:
        return None
    skew = services.verifier.clock_skew_seconds
    try:
        read = read_dpop(
            proof,
            method=method,
            url=services.public_url + path,
            now=now,
            clock_skew_seconds=skew,
            access_token=access_token,
        )
    except (ProofError, InputError) as error:
        raise AppRequestError("invalid_dpop_proof", error.detail) from error
    ends_at = now + FRESH + 2 * timedelta(seconds=skew)
    if not services.store.offers.spend(f"dpop {read.thumbprint} {read.id}", ends_at):
        raise AppRequestError("invalid_dpop_proof", "this proof was used before")
    return read.thumbprint
