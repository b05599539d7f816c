"""The keys that somebody proves to have: that to which the tokens of a caller are bound (DPoP, RFC 9449), and
that of a DID."""

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


def proof_domain(services: Services) -> str:
    """For whom the key of a DID signs: our host, as one string."""
    return urlsplit(services.public_url).netloc


def proven_did(services: Services, presentation: JsonObject, challenge: str, now: datetime) -> str:
    """The DID whose key signed a presentation for this service and this challenge (attacks 84 to 86).

    Raises InputError for one that proves none, UnavailableError where its document cannot be had.
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
