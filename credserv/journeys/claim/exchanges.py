"""Exchanges: a person takes a badge into a wallet app, which proves its key and gets a copy bound to it.

W3C VCALM 1.0. The first to use the link completes it: it lives for 15 minutes, one key can complete it, and
the same key may ask again if an answer was lost.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from credserv.exchange.vcalm import WalletLinks, wallet_links
from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import ConflictError, ForbiddenError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.admit.identities import prove_did
from credserv.journeys.claim.copies import make_copy
from credserv.journeys.claim.offers import make_offer, open_link
from credserv.journeys.proving import proven_did
from credserv.journeys.services import Services
from credserv.proof.keys.did_keys import public_jwk
from credserv.records.copies import CopyForm, Holder
from credserv.records.exchanges import ExchangeRecord

LIFE = timedelta(minutes=15)


def begin(
    services: Services, person_id: str, credential_id: str, now: datetime, *, by_letter: bool = False
) -> WalletLinks:
    """Begin an exchange for a badge of this person, with an OpenID4VCI offer, and end earlier ones.

    Args:
        by_letter: Whether the offer's number is mailed and left out of every answer.

    Raises:
        NotFoundError: The person holds no such badge.
        ConflictError: The badge was revoked, or no letter reaches the person.
    """
    if services.store.holdings.get(person_id, credential_id) is None:
        raise NotFoundError("no such credential")
    token = random_token(16)
    record = ExchangeRecord(person_id, credential_id, random_token(24), now, now + LIFE)
    services.store.exchanges.add(record, token)
    name = _offer_name(token)
    offered = make_offer(services, person_id, credential_id, now, name=name, by_letter=by_letter)
    return replace(links(services, token), offer=offered.link, tx_code=offered.tx_code)


def links(services: Services, token: str) -> WalletLinks:
    """Return the links of an exchange."""
    return wallet_links(f"{services.public_url}/interactions/{token}?iuv=1", exchange_url(services, token))


def exchange_url(services: Services, token: str) -> str:
    """Return the URL of an exchange."""
    return f"{services.public_url}/workflows/claim/exchanges/{token}"


def other_protocols(
    services: Services, exchange: ExchangeRecord, token: str, now: datetime
) -> dict[str, str]:
    """Return what an interaction URL offers besides the exchange, also under the former name."""
    link = open_link(services, exchange.person_id, exchange.credential_id, _offer_name(token), now)
    return {"oid4vci-1.0": link, "OID4VCI": link} if link else {}


def _offer_name(token: str) -> str:
    """Derive the offer's name from the exchange's token, so that only those with the link can find the
    offer.
    """
    return hash_token(f"offer {token}")


def open_exchange(services: Services, token: str, now: datetime) -> ExchangeRecord:
    """Return an open exchange.

    Raises:
        NotFoundError: There is none, or it has ended.
    """
    found = services.store.exchanges.find(token, now)
    if found is None:
        raise NotFoundError("there is no such exchange, or its time is over: start again in your wallet")
    return found


def complete(services: Services, token: str, presentation: JsonObject, now: datetime) -> JsonObject:
    """Return the badge bound to the DID that signed. The same DID gets the same badge again.

    Raises:
        NotFoundError: There is no such exchange, or it has ended.
        ConflictError: Another DID completed it.
        InputError: The presentation proves no DID.
        CredservError: As `make_copy`.
    """
    exchange = open_exchange(services, token, now)
    did = proven_did(services, presentation, exchange.challenge, now)
    public_jwk(did)  # first, because a key that no badge can be bound to must not complete it
    if services.store.exchanges.complete(token, did, now) != did:
        raise ConflictError("another wallet has this badge already: start again in your wallet here")
    holder = Holder(exchange.person_id, did)
    copy = make_copy(services, exchange.credential_id, CopyForm.LDP_VC, holder, now)
    _keep_did(services, exchange.person_id, did, now)
    return parse_json_object(copy.signed or b"")


def _keep_did(services: Services, person_id: str, did: str, now: datetime) -> None:
    """Record the proven DID as the person's, to address them by; it does not sign them in.

    If it is somebody else's (perhaps the same human being), it stays theirs. While changes are frozen, it is
    recorded another time.
    """
    try:
        prove_did(services, person_id, did, now)
    except (ConflictError, ForbiddenError):
        return
