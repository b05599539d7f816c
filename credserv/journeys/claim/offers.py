"""OpenID4VCI 1.0: offer one award to the wallet app of its holder.

The link names the offer, and fetching it returns the pre-authorized code. The app also needs a number that
appears on the person's own page or in a letter to them, but in no link. The store holds only hashes of both;
a number that waits in a letter is encrypted (attack 87).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from credserv.exchange import oid4vci
from credserv.exchange.oid4vci import ROOM, TX_CODE_LENGTH, Issuer
from credserv.ground.addresses import is_https_page
from credserv.ground.encoding import hash_token, random_token
from credserv.ground.errors import ConflictError, GoneError, NotFoundError
from credserv.issuing.copying import VCTS, forms_of
from credserv.journeys.admit.notifications import Notification, notify
from credserv.journeys.claim.copies import forms
from credserv.journeys.learning import country_of
from credserv.journeys.services import Services
from credserv.openbadges.credential import CREDENTIALS_V2, OPEN_BADGES_EXTENSIONS, OPEN_BADGES_V3
from credserv.proof.data_integrity.ecdsa_sd_2023 import EcdsaSd2023
from credserv.proof.tokens.jws import algorithm_of
from credserv.proof.tokens.key_proof import ALGORITHMS
from credserv.records.audit import Action, AuditRecord
from credserv.records.copies import CopyForm
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.offers import OfferRecord

OFFER_LIFE = timedelta(minutes=10)
_ID_BYTES = 24
_SUITES = ("eddsa-rdfc-2022", "ecdsa-rdfc-2019", "eddsa-jcs-2022", "ecdsa-jcs-2019", "Ed25519Signature2020")


@dataclass(frozen=True)
class MadeOffer:
    """A new offer. Link and number are shown once.

    Attributes:
        link: For the app, also as a QR code.
        tx_code: What the person types into the app; "" if it comes by letter.
    """

    link: str
    tx_code: str
    ends_at: datetime


def make_offer(
    services: Services,
    person_id: str,
    credential_id: str,
    now: datetime,
    *,
    actor: str = "holder",
    name: str = "",
    by_letter: bool = False,
) -> MadeOffer:
    """Offer an award of this person to their wallet app, and end earlier offers of it.

    Args:
        name: The offer's name, 128 random bits or more; "" for a new one.
        by_letter: Whether the number is mailed to the person, because somebody else may see the page.

    Raises:
        NotFoundError: The person holds no such award.
        ConflictError: It was revoked, or no letter reaches the person.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    own, award = _award(services, person_id, credential_id)
    if award.state is CredentialState.REVOKED:
        raise ConflictError("this badge was revoked: there is nothing to take into an app")
    own.require_open()
    name = name or random_token(_ID_BYTES)
    code = code_of(name)
    tx_code = f"{secrets.randbelow(10**TX_CODE_LENGTH):0{TX_CODE_LENGTH}}"
    record = OfferRecord(
        id_sha256=hash_token(name),
        credential_id=credential_id,
        person_id=person_id,
        code_sha256=hash_token(code),
        tx_sha256=hash_tx(code, tx_code),
        created_at=now,
        ends_at=now + OFFER_LIFE,
    )
    with own.store.transaction():
        own.store.offers.create(record)
        own.store.audit.add(AuditRecord(now, actor, Action.OFFER_MADE, credential_id))
        if by_letter:
            _mail_number(own, person_id, tx_code, now)
    return MadeOffer(_link(own, name), "" if by_letter else tx_code, now + OFFER_LIFE)


def _mail_number(own: Services, person_id: str, tx_code: str, now: datetime) -> None:
    sealed = own.store.offers.seal_number(tx_code)
    if not notify(own, person_id, Notification.OFFER_NUMBER, sealed, now, until=now + OFFER_LIFE):
        raise ConflictError("no letter reaches you: add an e-mail address, or use the number on the page")


def open_link(services: Services, person_id: str, credential_id: str, name: str, now: datetime) -> str:
    """Return the link of an offer that can still be used; "" if there is none.

    Raises:
        NotFoundError: The person holds no such award.
    """
    own, _ = _award(services, person_id, credential_id)
    record = own.store.offers.get(hash_token(name))
    return _link(own, name) if record is not None and record.is_open(now) else ""


def _link(own: Services, name: str) -> str:
    return oid4vci.offer_link(f"{own.public_url}{ROOM}/offers/{name}")


def _award(services: Services, person_id: str, credential_id: str) -> tuple[Services, CredentialRecord]:
    """Return the award with the services of its organisation. Raises NotFoundError."""
    found = services.store.holdings.get(person_id, credential_id)
    if found is None:
        raise NotFoundError("no such credential")
    organisation, award = found
    own = organisation == services.store.organisation_id
    return services if own else services.at_name(organisation), award


def offer_document(services: Services, name: str, now: datetime) -> dict[str, Any]:
    """Return the document that the app fetches by the link.

    Raises:
        NotFoundError: There is no such offer.
        GoneError: It was used or has ended.
    """
    record = services.store.offers.get(hash_token(name))
    if record is None:
        raise NotFoundError("there is no such offer")
    if not record.is_open(now):
        raise GoneError("this offer was used, or has ended: make a new one in your wallet here")
    possible = forms(services, record.credential_id)
    return oid4vci.offer(issuer_of(services), possible, code_of(name), record.credential_id)


def issuer_of(services: Services) -> Issuer:
    """Return the organisation as wallet apps know it."""
    issuing, profile = services.issuing, services.issuer.profile
    image = profile.get("image")
    logo = image.get("id", "") if isinstance(image, dict) else image or ""
    brand = services.store.brands.get()
    if not logo and brand.logo:
        logo = f"{services.public_url}/brand/logo.png?v={brand.version}"
    algorithm = algorithm_of(issuing.signer)
    suites = {CopyForm.LDP_VC: issuing.suite.identifier, CopyForm.LDP_VC_SD: EcdsaSd2023.identifier}
    return Issuer(
        url=services.public_url,
        name=str(profile.get("name") or issuing.issuer.did),
        logo=str(logo) if is_https_page(logo) else "",
        forms={
            form: suites.get(form, algorithm)
            for form in forms_of(issuing)
            if form is not CopyForm.LEARNING or country_of(services)
        },
        contexts=(CREDENTIALS_V2, OPEN_BADGES_V3, OPEN_BADGES_EXTENSIONS),
        vcts=VCTS,
        key_algorithms=ALGORITHMS,
        suites=_SUITES,
    )


def code_of(name: str) -> str:
    """Derive the pre-authorized code from the offer's name, which is not in the store."""
    return hash_token(f"pre-authorized {name}")


def hash_tx(code: str, tx_code: str) -> str:
    """Hash the number together with the code.

    A hash of six digits alone could be reversed; readers of the store do not have the code.
    """
    return hash_token(f"tx_code {code} {tx_code}")
