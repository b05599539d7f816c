"""What was ordered, issued and listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject

LIVING_SCOPE = "accreditation"  # orders whose credential has a version for each term
# Precedes a badge's id in the key of its replacement. No client's key contains a space.
IN_PLACE_OF = "in place of "


class IssuanceStep(StrEnum):
    """How far a credential came, in order (docs/issuing.md).

    MADE exists in memory only and is not recorded.
    """

    RESERVED = "reserved"  # with the intention to sign it
    MADE = "made"  # built, checked, signed, and the signature checked
    STORED = "stored"
    DELIVERED = "delivered"  # a mail server accepted the letter


class CredentialState(StrEnum):
    PENDING = "pending"  # reserved; not visible to anyone outside
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    FAILED = "failed"  # could not be issued; `note` says why. Its status index stays used


ISSUED = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


@dataclass(frozen=True)
class Recipient:
    """Whom a credential is for: an e-mail address (included salted and hashed), a DID, or both."""

    email: str | None = None
    did: str | None = None
    name: str | None = None  # for letters and the wallet; never in the credential


@dataclass(frozen=True)
class IssueOrder:
    """Everything that decides a credential's content, fixed at reservation.

    Attributes:
        scope: With `idempotency_key`, the pair by which a repeat finds this credential: `hook:<source>` and
            the event id, or `api` and the Idempotency-Key.
        idempotency_key: See `scope`.
        order_sha256: Of the request. The same key with another order is a ConflictError.
        results: OB `Result` objects; `resultDescription` and `achievedLevel` are absolute ids.
        grounds: The rule and observations behind it (docs/adr/0019); None if somebody ordered it.
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
    """A credential from its reservation on.

    Attributes:
        id: 128 random bits, base64url. The credential's own `id` is {public_url}/credentials/{id}.
        identifier_id: What it was ordered for, as the organisation asserts it.
        person_id: Who holds it.
        issued_at: When it was reserved, the one `now` of the recipe (validFrom, proof.created).
        salt: For the identity hash.
        signed: The exact bytes; None until stored.
        delivered_at: When a mail server accepted the letter; None also if there is none.
        reason: Of revocation or suspension; never public.
        hidden_at: Since when its holder has hidden its public page.
        erased_sha256: Replaces the signed bytes of a person who was erased (openbadges/content.py).
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
        """Return the last recorded step."""
        if self.delivered_at is not None:
            return IssuanceStep.DELIVERED
        return IssuanceStep.RESERVED if self.stored_at is None else IssuanceStep.STORED


@dataclass(frozen=True)
class CredentialFilter:
    """Which credentials to find: those that match every given criterion.

    Attributes:
        recipient: An e-mail address or DID, exactly.
        issued_from: The start of the time span, included.
        issued_before: The end of the time span, excluded.
    """

    state: CredentialState | None = None
    recipient: str = ""
    achievement_key: str = ""
    issued_from: datetime | None = None
    issued_before: datetime | None = None


@dataclass(frozen=True)
class StatusListRecord:
    """A published Bitstring Status List. `signed` is the last published credential, exact bytes."""

    id: str
    purpose: str
    length: int  # entries
    changed_at: datetime  # of the newest change to one of its bits
    revision: int = 0  # counts changes of bits, in the transaction of each change
    published_at: datetime | None = None
    published_revision: int = -1  # the revision read before the bits in `signed`
    version: int = 0  # counts publications
    signed: bytes | None = None
