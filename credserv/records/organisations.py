"""Organisations: who issues, under which keys and address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject

MAIN = "main"  # the first organisation of an installation, whose URLs do not contain its name


def own_option(slug: str) -> str:
    """Return what a command needs to be for this organisation: "" for the first one."""
    return "" if slug == MAIN else f" --organisation {slug}"


class KeyState(StrEnum):
    PENDING = "pending"  # made and published, signs nothing yet
    ACTIVE = "active"
    RETIRED = "retired"  # still published, so that what it signed keeps verifying
    COMPROMISED = "compromised"  # no longer published; nothing that it signed verifies any more


@dataclass(frozen=True)
class SigningKeyRecord:
    """A signing key.

    Attributes:
        verification_method: Absolute DID URL.
        signer_uri: `file:NAME.pem` (in the keys folder) or other.
        activated_at: Since when it signs.
        ended_at: When it was retired, or known to be compromised.
        activates_at: When a pending one is to sign; for an active one, when another replaces it.
    """

    verification_method: str
    public_key_multibase: str
    signer_uri: str
    state: KeyState
    created_at: datetime
    activated_at: datetime | None = None
    ended_at: datetime | None = None
    activates_at: datetime | None = None


class KeyPlace(StrEnum):
    """Where a key comes from; the comment says what its name there is."""

    FILE = "file"  # made here; none
    NEW_IN_TOKEN = "new-in-token"  # noqa: S105 - made in the token of the settings (PKCS#11); its label
    TOKEN = "token"  # noqa: S105 - in that token already; its label
    KMS = "kms"  # in AWS KMS already; its ARN
    PENDING = "pending"  # published by command and not scheduled; its verification method


@dataclass(frozen=True)
class WantedKey:
    """A key to be made or used.

    Attributes:
        kind: `ed25519`, `p256` or `p384`, for a key that is made.
        name: See KeyPlace.
    """

    kind: str = "ed25519"
    place: KeyPlace = KeyPlace.FILE
    name: str = ""


@dataclass(frozen=True)
class OrganisationRecord:
    """An organisation.

    Attributes:
        did: did:key or did:web.
        profile: The OB Profile members besides `id` and `type` (name, url, ...).
        id: A slug.
        address: Its own origin; None for the installation's (MAIN) or a path under it (all others).
        first_weekday: 0 for Monday.
        closed_at: Since when nothing new is issued; what was issued keeps verifying.
        moved_at: Since when another installation signs for it, and this one nothing.
        sandbox: For trying out, for good: what it issues is marked and proves nothing, and it sends no
            letters.
    """

    did: str
    profile: JsonObject
    keys: tuple[SigningKeyRecord, ...] = ()
    id: str = MAIN
    name: str = ""
    address: str | None = None
    time_zone: str = "UTC"
    first_weekday: int = 0
    created_at: datetime | None = None
    closed_at: datetime | None = None
    moved_at: datetime | None = None
    sandbox: bool = False

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and self.moved_at is None


@dataclass(frozen=True)
class Founding:
    """What an organisation is created with.

    Attributes:
        address: An origin of its own; None for `/o/<slug>`.
        sandbox: For trying out; cannot be changed later.
    """

    slug: str
    name: str
    url: str | None = None
    email: str | None = None
    address: str | None = None
    sandbox: bool = False
