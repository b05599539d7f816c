"""OpenID4VCI 1.0: credential requests, deferred credentials, and notifications from wallets.

A nonce counts once. It is used up only when every proof that names it holds and the credential is reserved,
in the same transaction, so a mistake does not cost another call to the nonce endpoint. A second transaction
stores what was signed and notes it as delivered. A copy that cannot be signed now is deferred: it is
reserved, and the sweep finishes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.exchange.oid4vci import EVENTS, CredentialRequest, read_credential_request
from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    ProofError,
    SigningKeyError,
    UnavailableError,
    WalletRequestError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import read_own_json
from credserv.journeys.claim.copies import Reserved, forms, keep_copies, reserve_copies, sign_copies
from credserv.journeys.services import Services
from credserv.openbadges.data_model import listed
from credserv.proof.tokens.key_proof import KeyProof, read_key_proof
from credserv.records.copies import CopyRecord, Holder
from credserv.records.offers import IssuanceRecord, OfferRecord
from credserv.verifying.presentation import verify_presentation

NONCE_LIFE = timedelta(minutes=5)
ASK_AGAIN_SECONDS = 5
_ID_BYTES = 24


@dataclass(frozen=True)
class Answer:
    """An answer to the wallet.

    Attributes:
        body: The JSON body.
        is_deferred: Whether the wallet has to ask again at the deferred endpoint.
    """

    body: dict[str, Any]
    is_deferred: bool = False


def new_nonce(services: Services, now: datetime) -> str:
    """Return a new nonce (section 7)."""
    return services.store.offers.new_nonce(now)


def request_credentials(services: Services, offer: OfferRecord, body: JsonObject, now: datetime) -> Answer:
    """Return one credential for each proof (section 8).

    Raises:
        WalletRequestError: The request or a proof is not valid.
        RateLimitedError: The person made too many copies in the last hour.
    """
    possible = forms(services, offer.credential_id)
    wanted = read_credential_request(body, possible, offer.credential_id)
    proofs = [*_jwt_proofs(services, wanted, now), *_presentations(services, wanted, now)]
    name = random_token(_ID_BYTES)
    holders = tuple(dict.fromkeys(proof.did for proof in proofs))
    record = IssuanceRecord(hash_token(name), offer.id_sha256, wanted.form, holders, now)
    with services.store.transaction(savepoints=False):
        _spend_nonces(services, proofs, now)
        reserved = _reserve(services, offer, record, now)
        services.store.offers.add_issuance(record)
    made = _finish(services, reserved, record, now)
    if made is None:
        return _deferred(name)
    return Answer({"credentials": _credentials(made), "notification_id": name})


def deferred_credentials(services: Services, offer: OfferRecord, body: JsonObject, now: datetime) -> Answer:
    """Return deferred credentials (section 9).

    The answer has no `notification_id`, because a widely used client refuses it here (@openid4vc/openid4vci
    0.4.6). The id of the credential request serves instead.

    Raises:
        WalletRequestError: There is no such transaction, or it was answered.
    """
    name = body.get("transaction_id")
    record = services.store.offers.issuance(offer.id_sha256, hash_token(str(name)))
    if not isinstance(name, str) or record is None or record.delivered_at is not None:
        raise WalletRequestError(
            "there is no such transaction, or it was answered", error="invalid_transaction_id"
        )
    with services.store.transaction(savepoints=False):
        reserved = _reserve(services, offer, record, now)
    made = _finish(services, reserved, record, now)
    if made is None:
        return _deferred(name)
    return Answer({"credentials": _credentials(made)})


def note_event(services: Services, offer: OfferRecord, body: JsonObject) -> None:
    """Record what the wallet says became of a credential (section 11). Safe to repeat.

    Raises:
        WalletRequestError: The notification is not valid or not known.
    """
    name, event = body.get("notification_id"), body.get("event")
    if not isinstance(name, str) or event not in EVENTS:
        raise WalletRequestError(
            f"notification_id is a text, and event one of {', '.join(EVENTS)}",
            error="invalid_notification_request",
        )
    record = services.store.offers.issuance(offer.id_sha256, hash_token(name))
    if record is None:
        raise WalletRequestError("there is no such notification", error="invalid_notification_id")
    services.store.offers.note_event(record.id_sha256, str(event))


# --- proofs -------------------------------------------------------------------------------------


def _jwt_proofs(services: Services, wanted: CredentialRequest, now: datetime) -> list[KeyProof]:
    skew = services.verifier.clock_skew_seconds
    try:
        return [
            read_key_proof(token, audience=services.public_url, now=now, clock_skew_seconds=skew)
            for token in wanted.jwts
        ]
    except (ProofError, InputError) as error:
        raise WalletRequestError(error.detail, error="invalid_proof") from error


def _presentations(services: Services, wanted: CredentialRequest, now: datetime) -> list[KeyProof]:
    """Return the proofs: empty presentations signed for this issuer and a nonce (appendix F.2)."""
    return [_presented(services, presentation, now) for presentation in wanted.presentations]


def _presented(services: Services, presentation: JsonObject, now: datetime) -> KeyProof:
    proofs = [proof for proof in listed(presentation.get("proof")) if isinstance(proof, dict)]
    nonce = proofs[0].get("challenge") if len(proofs) == 1 else None
    if not isinstance(nonce, str):
        raise WalletRequestError(
            "a presentation has one proof, with the nonce as challenge", error="invalid_proof"
        )
    verified = verify_presentation(
        services.verifier,
        presentation,
        now=now,
        resolvers=services.resolvers,
        challenge=nonce,
        domain=services.public_url,
        proof_only=True,
    )
    proof = verified.result.check("proof")
    if proof is None or not verified.holder:
        said = "the presentation cannot be read" if proof is None else proof.reason
        raise WalletRequestError(said, error="invalid_proof")
    return KeyProof(verified.holder, nonce)


def _spend_nonces(services: Services, proofs: Sequence[KeyProof], now: datetime) -> None:
    """Use nonces up in the caller's transaction; all proofs of a request may share one.

    Raises WalletRequestError.
    """
    nonces = {proof.nonce for proof in proofs}
    offers, skew = services.store.offers, timedelta(seconds=services.verifier.clock_skew_seconds)
    for nonce in nonces:
        made_at = offers.nonce_made_at(nonce)
        if made_at is None or not -skew <= now - made_at < NONCE_LIFE:
            raise _bad_nonce()
    for nonce in sorted(nonces):
        if not offers.spend(f"c_nonce {nonce}", now + NONCE_LIFE + skew):
            raise _bad_nonce()


def _bad_nonce() -> WalletRequestError:
    return WalletRequestError(
        "the nonce is unknown, used, or has ended: ask for a new one", error="invalid_nonce"
    )


# --- making credentials -----------------------------------------------------------------------------


def _reserve(services: Services, offer: OfferRecord, record: IssuanceRecord, now: datetime) -> Reserved:
    """Reserve the copies in the caller's transaction. Raises WalletRequestError, RateLimitedError."""
    holders = [Holder(offer.person_id, did) for did in record.holders]
    with _as_told_to_wallets():
        return reserve_copies(services, offer.credential_id, record.form, holders, now)


def _finish(
    services: Services, reserved: Reserved, record: IssuanceRecord, now: datetime
) -> list[CopyRecord] | None:
    """Sign, store and note as delivered; None if it cannot be signed now. Raises WalletRequestError."""
    try:
        with _as_told_to_wallets():
            signed = sign_copies(reserved)
            with services.store.transaction(savepoints=False):
                made = keep_copies(reserved, signed, now)
                services.store.offers.note_delivered(record.id_sha256, now)
            return made
    except (SigningKeyError, ProofError, UnavailableError):
        return None


@contextmanager
def _as_told_to_wallets() -> Iterator[None]:
    try:
        yield
    except (ConflictError, NotFoundError) as error:
        raise WalletRequestError(error.detail, error="credential_request_denied") from error
    except InputError as error:
        raise WalletRequestError(error.detail, error="invalid_proof") from error


def _credentials(made: Sequence[CopyRecord]) -> list[dict[str, Any]]:
    """Return the credentials: a token as a string, one with a proof inside as an object (appendix A)."""
    signed = [(one.form, one.signed or b"") for one in made]
    return [
        {"credential": data.decode("ascii") if form.is_token else read_own_json(data)}
        for form, data in signed
    ]


def _deferred(name: str) -> Answer:
    return Answer({"transaction_id": name, "interval": ASK_AGAIN_SECONDS}, is_deferred=True)
