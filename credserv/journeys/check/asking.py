"""Ask: a verifier asks for somebody's badges, and their wallet fetches the request (OpenID4VP 1.0).

Each request is answered once, within its time, and is not kept longer than it is needed.
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
    """title: of the badge or role, as people read it; "" for any badge. achievements: ids, of which one will
    do. profile: of a role, as `parse_profile` reads it; crosswalk: the links that count for it, likewise.
    recipient: whom the badges should be about, "" for anybody. is_bound: whether their holder has to sign
    with the key that they are bound to. is_plain: for wallets that read no signed requests."""

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
    """Make a request; returns the token by which whoever asks watches it. Raises InputError."""
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
    """Where the request stands. Raises GoneError for one that never was or has ended: told alike."""
    found = services.store.presentation_requests.watched(token, now)
    if found is None:
        raise GoneError("this request has ended")
    return found


def end(services: Services, token: str) -> None:
    """Nothing is left of it. An unknown token is no error."""
    services.store.presentation_requests.end(token)


# --- for wallets ----------------------------------------------------------------------------------


def open_request(services: Services, request_id: str, now: datetime) -> PresentationRequest:
    """One that can be answered. Raises NotFoundError, ConflictError once it was."""
    found = services.store.presentation_requests.get(request_id, now)
    if found is None:
        raise NotFoundError("there is no such request, or its time is over: ask for a new one")
    if found.answered_at is not None:
        raise ConflictError("this request was answered already: ask for a new one")
    return found


def request_link(services: Services, request: PresentationRequest) -> str:
    """What a wallet app opens."""
    if read_wanted(request.wanted).is_plain:
        return link_with_request(_ask(services, request))
    return link_to_request(request.client_id, request_uri(services, request.id))


def request_object(services: Services, request: PresentationRequest, wallet_nonce: str = "") -> str:
    """The signed request (RFC 9101), by a key of our DID document. Raises NotFoundError for one that is not
    signed, InputError, SigningKeyError."""
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
    own = services.desk
    header = {"typ": REQUEST_TYPE, "kid": own.verification_method}
    return sign_jws(claims, header=header, signer=own.unstopped_signer)


def request_uri(services: Services, request_id: str) -> str:
    return f"{services.public_url}/openid4vp/{request_id}/request"


def response_uri(services: Services, request_id: str) -> str:
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


# --- as it is kept --------------------------------------------------------------------------------


def write_wanted(wanted: Wanted) -> dict[str, Any]:
    told = asdict(wanted)
    return told | {"achievements": list(wanted.achievements), "crosswalk": list(wanted.crosswalk)}


def read_wanted(told: Mapping[str, Any]) -> Wanted:
    tuples = {name: tuple(told.get(name, ())) for name in ("achievements", "crosswalk")}
    return Wanted(**{**told, **tuples})
