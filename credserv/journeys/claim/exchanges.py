"""Exchange: a person takes a badge into a wallet app, which proves its key and gets a copy bound to it.

W3C VCALM 1.0. Whoever has the link is the first to complete it or nobody: it lives for 15 minutes, one key
can complete it, and the same key may ask again when an answer was lost.
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
    """A new exchange for a badge of this person, with an offer by OpenID4VCI; those before it end.

    by_letter: whether the number of the offer is mailed, and in no answer. Raises NotFoundError,
    ConflictError.
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
    return wallet_links(f"{services.public_url}/interactions/{token}?iuv=1", exchange_url(services, token))


def exchange_url(services: Services, token: str) -> str:
    return f"{services.public_url}/workflows/claim/exchanges/{token}"


def other_protocols(
    services: Services, exchange: ExchangeRecord, token: str, now: datetime
) -> dict[str, str]:
    """What an interaction URL offers beside the exchange; under the name of before, too."""
    link = open_link(services, exchange.person_id, exchange.credential_id, _offer_name(token), now)
    return {"oid4vci-1.0": link, "OID4VCI": link} if link else {}


def _offer_name(token: str) -> str:
    """It follows from the exchange's own, so that whoever has that link finds the offer, and nobody else."""
    return hash_token(f"offer {token}")


def open_exchange(services: Services, token: str, now: datetime) -> ExchangeRecord:
    """Raises NotFoundError for one that never was or has ended."""
    found = services.store.exchanges.find(token, now)
    if found is None:
        raise NotFoundError("there is no such exchange, or its time is over: begin anew in your wallet")
    return found


def complete(services: Services, token: str, presentation: JsonObject, now: datetime) -> JsonObject:
    """The badge, bound to the DID that signed; for the same DID again the same.

    Raises NotFoundError, ConflictError for another DID than the first, InputError for what does not prove
    one; and as `make_copy`.
    """
    exchange = open_exchange(services, token, now)
    did = proven_did(services, presentation, exchange.challenge, now)
    public_jwk(did)  # before it is theirs alone: a key that no badge can be bound to completes nothing
    if services.store.exchanges.complete(token, did, now) != did:
        raise ConflictError("another wallet has this badge already: begin anew in your wallet here")
    holder = Holder(exchange.person_id, did)
    copy = make_copy(services, exchange.credential_id, CopyForm.LDP_VC, holder, now)
    _keep_did(services, exchange.person_id, did, now)
    return parse_json_object(copy.signed or b"")


def _keep_did(services: Services, person_id: str, did: str, now: datetime) -> None:
    """What was proven is the person's from now on, to be addressed by; it signs nobody in here. Where it is
    somebody else's, who may be the same human being, it stays theirs; while nothing of a person may be
    changed, it is kept another time."""
    try:
        prove_did(services, person_id, did, now)
    except (ConflictError, ForbiddenError):
        return
