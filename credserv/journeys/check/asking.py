"""Ask: a verifier asks for somebody's badges, and their wallet fetches the request (OpenID4VP 1.0).

Each request can be answered once, within its time, and is stored no longer than needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from credserv.exchange.dcql import Query, ask_for_badges
from credserv.exchange.oid4vp import (
    DID_PREFIX,
    REDIRECT_PREFIX,
    REQUEST_TYPE,
    Ask,
    link_to_request,
    link_with_request,
    request_claims,
)
from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, GoneError, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut, one_line
from credserv.journeys.services import Services
from credserv.proof.tokens.jwe import create_encryption_key, public_half
from credserv.proof.tokens.jws import sign_jws
from credserv.records.presentations import PresentationRequest

ANSWERED_WITHIN = timedelta(minutes=15)
KEPT_FOR = timedelta(hours=1)  # after the answer
_MAX_TITLE_CHARS, _MAX_RECIPIENT_CHARS, _MAX_WALLET_NONCE_CHARS = 200, 320, 512


@dataclass(frozen=True)
class Wanted:
    """What a verifier asks for.

    Attributes:
        title: The badge or role in words; "" for any badge.
        achievements: Achievement ids, one of which is enough.
        profile: A role profile, as `parse_profile` reads it.
        crosswalk: The links that count for the profile, as `parse_crosswalk` reads them.
        recipient: The address or DID the badges should be about; "" for anybody.
        is_bound: Whether the holder has to sign with the key that the badges are bound to.
        is_plain: For wallets that cannot read signed requests.
    """

    title: str = ""
    achievements: tuple[str, ...] = ()
    profile: JsonObject | None = None
    crosswalk: tuple[JsonObject, ...] = ()
    recipient: str = ""
    is_bound: bool = True
    is_plain: bool = False

    @property
    def query(self) -> Query:
        return ask_for_badges(achievements=self.achievements, is_bound=self.is_bound)


def ask(services: Services, wanted: Wanted, now: datetime) -> str:
    """Make a request.

    Returns:
        The token by which the verifier watches it.

    Raises:
        InputError: The recipient is too long.
    """
    if len(wanted.recipient) > _MAX_RECIPIENT_CHARS:
        raise InputError("the address or DID of a person is shorter")
    wanted = replace(wanted, title=cut(one_line(wanted.title), _MAX_TITLE_CHARS))
    request_id, watch = random_token(16), random_token(24)
    uri = response_uri(services, request_id)
    request = PresentationRequest(
        request_id,
        write_wanted(wanted),
        REDIRECT_PREFIX + uri if wanted.is_plain else DID_PREFIX + services.issuer.did,
        nonce=random_token(24),
        state=random_token(16),
        created_at=now,
        ends_at=now + ANSWERED_WITHIN,
        decryption_key="" if wanted.is_plain else create_encryption_key()[0],
    )
    services.store.presentation_requests.add(request, watch)
    return watch


def watch(services: Services, token: str, now: datetime) -> PresentationRequest:
    """Return the state of a request.

    Raises:
        GoneError: It has ended or never existed; the answer is the same.
    """
    found = services.store.presentation_requests.watched(token, now)
    if found is None:
        raise GoneError("this request has ended")
    return found


def end(services: Services, token: str) -> None:
    """Delete a request. An unknown token is no error."""
    services.store.presentation_requests.end(token)


# --- for wallets ----------------------------------------------------------------------------------


def open_request(services: Services, request_id: str, now: datetime) -> PresentationRequest:
    """Return a request that can be answered.

    Raises:
        NotFoundError: There is none, or its time is over.
        ConflictError: It was answered.
    """
    found = services.store.presentation_requests.get(request_id, now)
    if found is None:
        raise NotFoundError("there is no such request, or its time is over: ask for a new one")
    if found.answered_at is not None:
        raise ConflictError("this request was answered already: ask for a new one")
    return found


def request_link(services: Services, request: PresentationRequest) -> str:
    """Return the link for a wallet app."""
    if read_wanted(request.wanted).is_plain:
        return link_with_request(_ask(services, request))
    return link_to_request(request.client_id, request_uri(services, request.id))


def request_object(services: Services, request: PresentationRequest, wallet_nonce: str = "") -> str:
    """Return the signed request (RFC 9101), signed by a key of our DID document.

    Args:
        wallet_nonce: The wallet's own nonce; "" if it sent none.

    Raises:
        NotFoundError: The request is not a signed one.
        InputError: The nonce is too long.
        SigningKeyError: The key cannot sign now.
    """
    if read_wanted(request.wanted).is_plain:
        raise NotFoundError("this request is not signed: it is in its link as a whole")
    if len(wallet_nonce) > _MAX_WALLET_NONCE_CHARS:
        raise InputError("wallet_nonce is shorter")
    claims = request_claims(
        _ask(services, request),
        issued_at=request.created_at,
        ends_at=request.ends_at,
        wallet_nonce=wallet_nonce,
    )
    own = services.issuing
    header = {"typ": REQUEST_TYPE, "kid": own.verification_method}
    return sign_jws(claims, header=header, signer=own.unstopped_signer)


def request_uri(services: Services, request_id: str) -> str:
    """Return the URL where the wallet fetches the request."""
    return f"{services.public_url}/openid4vp/{request_id}/request"


def response_uri(services: Services, request_id: str) -> str:
    """Return the URL where the wallet posts its answer."""
    return f"{services.public_url}/openid4vp/{request_id}/response"


def _ask(services: Services, request: PresentationRequest) -> Ask:
    key = public_half(request.decryption_key) if request.decryption_key else None
    return Ask(
        client_id=request.client_id,
        client_name=str(services.issuer.profile.get("name") or services.issuer.did),
        response_uri=response_uri(services, request.id),
        nonce=request.nonce,
        state=request.state,
        query=read_wanted(request.wanted).query,
        key=key,
    )


# --- storage ----------------------------------------------------------------------------------------


def write_wanted(wanted: Wanted) -> dict[str, Any]:
    """Return the JSON to store."""
    told = asdict(wanted)
    return told | {"achievements": list(wanted.achievements), "crosswalk": list(wanted.crosswalk)}


def read_wanted(told: Mapping[str, Any]) -> Wanted:
    """Return what was stored."""
    tuples = {name: tuple(told.get(name, ())) for name in ("achievements", "crosswalk")}
    return Wanted(**{**told, **tuples})
