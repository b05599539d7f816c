"""Offers of an award to a wallet app (OpenID4VCI 1.0), and what came of them. Of secrets the hash alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.records.copies import CopyForm

MOST_TRIES = 5  # of the code that the person types in; then the offer is dead


@dataclass(frozen=True)
class OfferRecord:
    """id_sha256: of the name that stands in its link. code_sha256: of the pre-authorized code.

    tx_sha256: of that code with what the person types in. tries: of it that were wrong. token_sha256: of
    the access token, from its redemption on; key_thumbprint: of the key that it is bound to, None for none.
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
    """One credential request. id_sha256: of its transaction and its notification. holders: DIDs of the keys.

    delivered_at: None while it is deferred. event: what the wallet said became of it, "" before.
    """

    id_sha256: str
    offer_sha256: str
    form: CopyForm
    holders: tuple[str, ...]
    created_at: datetime
    delivered_at: datetime | None = None
    event: str = ""
