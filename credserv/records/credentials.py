"""What was ordered, issued and listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject

LIVING_SCOPE = "accreditation"  # of orders whose credential has a version for each term
# Before the id of a badge: the key of the one that was issued in its place. No client's key has a space.
IN_PLACE_OF = "in place of "


class IssuanceStep(StrEnum):
    """How far a credential came, in order (docs/issuing.md). MADE is in memory alone, not on record."""

    RESERVED = "reserved"  # with the intention to sign it
    MADE = "made"  # built, checked, signed, and the signature checked
    STORED = "stored"
    DELIVERED = "delivered"  # a mail server took the letter


class CredentialState(StrEnum):
    PENDING = "pending"  # reserved; not visible to anyone outside
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    FAILED = "failed"  # could not be issued; `note` says why. Its status index stays used


@dataclass(frozen=True)
class Recipient:
    """Whom a credential is for: an e-mail address (goes in salted and hashed), a DID, or both."""

    email: str | None = None
    did: str | None = None
    name: str | None = None  # for the mail and the wallet; never in the credential


@dataclass(frozen=True)
class IssueOrder:
    """All that decides one credential's content, fixed at reservation.

    scope and idempotency_key: the pair under which a repeat finds this credential again
    (`hook:<source>` and the event id; `api` and the Idempotency-Key).
    order_sha256: of the request; the same key with another order is a ConflictError.
    results: OB `Result` objects, `resultDescription` and `achievedLevel` as absolute ids.
    grounds: which rule and which observations it rests on (docs/adr/0019); None where somebody ordered it.
    """

    scope: str
    idempotency_key: str
    order_sha256: str
    achievement_key: str
    achievement_version: int
    recipient: Recipient
    awarded_at: datetime
    results: tuple[JsonObject, ...] = ()
    evidence: tuple[JsonObject, ...] = ()
    grounds: JsonObject | None = None


@dataclass(frozen=True)
class CredentialRecord:
    """One credential from reservation on.

    id: 128 random bits, base64url; the credential's own `id` is {public_url}/credentials/{id}.
    identifier_id: what it was ordered for, as the organisation asserts it. person_id: who holds it.
    issued_at: when it was reserved, the one `now` of the recipe (validFrom, proof.created).
    salt: for the identity hash. signed: the exact bytes, None until stored. delivered_at: when a mail server
    took the letter; None also where there is no letter. reason: of revocation or suspension, never public.
    hidden_at: since when its holder shows its public page to nobody. erased_sha256: stands for the signed
    bytes of somebody who was erased (openbadges/content.py).
    """

    id: str
    order: IssueOrder
    identifier_id: str
    person_id: str
    salt: str
    issued_at: datetime
    status_list_id: str
    status_index: int
    state: CredentialState
    signed: bytes | None = None
    stored_at: datetime | None = None
    delivered_at: datetime | None = None
    changed_at: datetime | None = None
    reason: str = ""
    note: str = ""
    hidden_at: datetime | None = None
    erased_sha256: str = ""

    @property
    def step(self) -> IssuanceStep:
        """The last one on record."""
        if self.delivered_at is not None:
            return IssuanceStep.DELIVERED
        return IssuanceStep.RESERVED if self.stored_at is None else IssuanceStep.STORED


@dataclass(frozen=True)
class CredentialFilter:
    """Which credentials are looked for: those that fit all that is given.

    recipient: an e-mail address or DID, exactly. issued_from, issued_before: a half-open span.
    """

    state: CredentialState | None = None
    recipient: str = ""
    achievement_key: str = ""
    issued_from: datetime | None = None
    issued_before: datetime | None = None


@dataclass(frozen=True)
class StatusListRecord:
    """One published Bitstring Status List. `signed` is the last published credential, exact bytes."""

    id: str
    purpose: str
    length: int  # entries
    changed_at: datetime  # of the newest change to one of its bits
    revision: int = 0  # counts changes of bits, in the transaction of the change
    published_at: datetime | None = None
    published_revision: int = -1  # the revision read before the bits that `signed` shows
    version: int = 0  # counts publications
    signed: bytes | None = None
