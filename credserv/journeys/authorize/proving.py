"""The key that an app proves to have, to which its tokens are then bound (DPoP, RFC 9449)."""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import AppRequestError, InputError, ProofError
from credserv.journeys.proving import spend_dpop
from credserv.journeys.services import Services
from credserv.proof.tokens.key_proof import ALGORITHMS as _OF_KEYS

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
    """Return the thumbprint of the key that a proof shows for one request; each
    proof counts once (section 11.1).

    Args:
        proof: The DPoP header; None if there is none, and then nothing is proven.
        path: The endpoint's path under our public URL.
        access_token: The token sent with it, if any.

    Raises:
        AppRequestError: `invalid_dpop_proof`.
    """
    if proof is None:
        return None
    try:
        return spend_dpop(services, proof, method=method, path=path, now=now, access_token=access_token)
    except (ProofError, InputError) as error:
        raise AppRequestError(error.detail, error="invalid_dpop_proof") from error
