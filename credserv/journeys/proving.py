"""Proof of keys: the key that a caller's tokens are bound to (DPoP, RFC 9449), and the key of a DID."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from credserv.ground.errors import InputError, MalformedProofError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Outcome
from credserv.journeys.services import Services
from credserv.proof.tokens.dpop import read_dpop
from credserv.proof.tokens.key_proof import FRESH
from credserv.verifying.presentation import is_presentation, verify_presentation


def spend_dpop(
    services: Services,
    proof: str,
    *,
    method: str,
    path: str,
    now: datetime,
    access_token: str | None = None,
) -> str:
    """Return the thumbprint of the key that a proof shows for one request; each
    proof counts once (section 11.1).

    Args:
        proof: The DPoP header.
        method: The HTTP method.
        path: The endpoint's path under our public URL.
        access_token: The token sent with it, if any.

    Raises:
        ProofError: The proof is not valid or was used before.
        InputError: It cannot be read.
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


def proof_domain(services: Services) -> str:
    """Return the domain for which a DID's key signs: our host as one string."""
    return urlsplit(services.public_url).netloc


def proven_did(services: Services, presentation: JsonObject, challenge: str, now: datetime) -> str:
    """Return the DID whose key signed a presentation for this service and this challenge (attacks 84 to 86).

    Raises:
        InputError: The presentation proves no DID for this service.
        UnavailableError: The DID document cannot be fetched now.
    """
    if not is_presentation(presentation):
        raise InputError("what was sent is no presentation: sign one with the key of your DID")
    verified = verify_presentation(
        services.verifier,
        presentation,
        now=now,
        resolvers=services.resolvers,
        challenge=challenge,
        domain=proof_domain(services),
        proof_only=True,
    )
    proof = verified.result.check("proof") or verified.result.checks[0]
    if proof.outcome is Outcome.UNKNOWN:
        raise UnavailableError(proof.reason)
    if proof.outcome is not Outcome.PASSED or not verified.holder:
        raise InputError(f"the presentation proves no DID for this service: {proof.reason}")
    return verified.holder
