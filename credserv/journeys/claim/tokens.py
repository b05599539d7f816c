"""OpenID4VCI 1.0: access tokens for an offer's code, each bound to the one award.

A code works once and is dead after five wrong numbers (attack 87). If the app sends a DPoP proof, the token
is bound to its key and useless without it (RFC 9449).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.exchange.oid4vci import PRE_AUTHORIZED, ROOM
from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import InputError, ProofError, WalletRequestError
from credserv.journeys.claim.offers import hash_tx
from credserv.journeys.proving import spend_dpop
from credserv.journeys.services import Services
from credserv.records.offers import OfferRecord

TOKEN_LIFE = timedelta(minutes=15)
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Presented:
    """An access token as received: its scheme in lower case, and the DPoP proof ("" if none)."""

    scheme: str
    token: str
    proof: str = ""


def redeem(services: Services, asked: Mapping[str, str], dpop: str, now: datetime) -> dict[str, Any]:
    """Return the token response (section 6.2).

    Args:
        asked: The parameters, each once. Unknown ones are ignored.
        dpop: The DPoP proof; "" if none.

    Raises:
        WalletRequestError: The code or number is wrong, used or expired.
    """
    if asked.get("grant_type", PRE_AUTHORIZED) != PRE_AUTHORIZED:
        raise WalletRequestError(f"grant_type is {PRE_AUTHORIZED}", error="unsupported_grant_type")
    if "grant_type" not in asked or not asked.get("pre-authorized_code"):
        raise WalletRequestError("grant_type and pre-authorized_code have to be there")
    code, tx_code = asked["pre-authorized_code"], asked.get("tx_code", "")
    if not tx_code:
        offer = services.store.offers.by_code(hash_token(code))
        if offer is not None and offer.is_open(now):
            raise WalletRequestError("tx_code is missing: ask the person for the number")
    token = random_token(_TOKEN_BYTES)
    thumbprint = _proven_key(services, dpop, f"{ROOM}/token", now) if dpop else None
    is_redeemed = services.store.offers.redeem(
        hash_token(code),
        hash_tx(code, tx_code),
        token_sha256=hash_token(token),
        token_ends_at=now + TOKEN_LIFE,
        key_thumbprint=thumbprint,
        now=now,
    )
    if not is_redeemed:
        raise WalletRequestError("the code or the number is wrong, used, or has ended", error="invalid_grant")
    return {
        "access_token": token,
        "token_type": "bearer" if thumbprint is None else "DPoP",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
    }


def require_offer(services: Services, presented: Presented, path: str, now: datetime) -> OfferRecord:
    """Return the offer of a live token.

    Args:
        path: The endpoint's path.

    Raises:
        WalletRequestError: The token is not valid, or not proved by its key.
    """
    offer = services.store.offers.by_token(hash_token(presented.token))
    if offer is None or offer.token_ends_at is None or now >= offer.token_ends_at:
        raise WalletRequestError("the access token is unknown, or has ended", error="invalid_token")
    if offer.key_thumbprint is None and presented.scheme == "bearer":
        return offer
    if offer.key_thumbprint is None or presented.scheme != "dpop" or not presented.proof:
        raise WalletRequestError(
            "the token goes with the scheme that it was issued for", error="invalid_token"
        )
    proven = _proven_key(services, presented.proof, path, now, presented.token)
    if proven != offer.key_thumbprint:
        raise WalletRequestError("the token is bound to another key", error="invalid_token")
    return offer


def _proven_key(
    services: Services, proof: str, path: str, now: datetime, access_token: str | None = None
) -> str:
    try:
        return spend_dpop(services, proof, method="POST", path=path, now=now, access_token=access_token)
    except (ProofError, InputError) as error:
        raise WalletRequestError(error.detail, error="invalid_dpop_proof") from error
