"""Offers of an award to a wallet app (OpenID4VCI 1.0), and their outcome. Of secrets, only hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.records.copies import CopyForm

MOST_TRIES = 5  # of the number that the person types in; after that the offer is dead


@dataclass(frozen=True)
class OfferRecord:
    """An offer.

    Attributes:
        id_sha256: Of the name in its link.
        code_sha256: Of the pre-authorized code.
        tx_sha256: Of that code together with the number that the person types in.
        tries: How many wrong numbers were typed in.
        token_sha256: Of the access token, once redeemed.
        key_thumbprint: Of the key that the token is bound to; None for none.
    """

    id_sha256: str
    credential_id: str
    person_id: str
    code_sha256: str
    tx_sha256: str
    created_at: datetime
    ends_at: datetime
    tries: int = 0
    redeemed_at: datetime | None = None
    token_sha256: str | None = None
    token_ends_at: datetime | None = None
    key_thumbprint: str | None = None

    def is_open(self, now: datetime) -> bool:
        return self.redeemed_at is None and now < self.ends_at and self.tries < MOST_TRIES


@dataclass(frozen=True)
class IssuanceRecord:
    """A credential request.

    Attributes:
        id_sha256: Of its transaction and its notification.
        holders: DIDs of the keys.
        delivered_at: None while it is deferred.
        event: What the wallet reported; "" before.
    """

    id_sha256: str
    offer_sha256: str
    form: CopyForm
    holders: tuple[str, ...]
    created_at: datetime
    delivered_at: datetime | None = None
    event: str = ""
