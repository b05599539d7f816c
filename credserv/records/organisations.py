"""Organisations: who issues, under which keys and address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject

MAIN = "main"  # the first organisation of an installation, whose addresses carry no word of it


class KeyState(StrEnum):
    PENDING = "pending"  # made and published, signs nothing yet
    ACTIVE = "active"
    RETIRED = "retired"  # still published: what it signed before keeps verifying
    COMPROMISED = "compromised"  # no longer published: nothing that it signed verifies any more


@dataclass(frozen=True)
class SigningKeyRecord:
    """verification_method: absolute DID URL. signer_uri: `file:NAME.pem` (under the keys folder) or other.

    activated_at: since when it signs. ended_at: when it was retired, or known to be compromised.
    activates_at: when a pending one is to sign; of an active one, when another is to take its place.
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
    """Where a key is to come from, and what it is named by there."""

    FILE = "file"  # made here; nothing
    NEW_IN_TOKEN = "new-in-token"  # noqa: S105 - made in the token of the settings (PKCS#11); its label
    TOKEN = "token"  # noqa: S105 - in that token already; its label
    KMS = "kms"  # in AWS KMS already; its ARN
    PENDING = "pending"  # published by command, with nothing planned for it; its verification method


@dataclass(frozen=True)
class WantedKey:
    """kind: `ed25519`, `p256` or `p384`, of one that is made. name: see KeyPlace."""

    kind: str = "ed25519"
    place: KeyPlace = KeyPlace.FILE
    name: str = ""


@dataclass(frozen=True)
class OrganisationRecord:
    """did: did:key or did:web. profile: the OB Profile members besides `id` and `type` (name, url, ...).

    id: a slug. address: its own origin; None for the installation's (MAIN) or a path under it (all others).
    first_weekday: 0 for Monday. closed_at: since then nothing new is issued; what was keeps verifying.
    moved_at: since then another installation signs for it, and this one nothing.
    sandbox: for trying out, for good: what it issues is marked and proves nothing, and no letter leaves it.
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
    """What an organisation is founded with. address: an origin of its own, None for `/o/<slug>`. sandbox: for
    trying out, which cannot be changed later."""

    slug: str
    name: str
    url: str | None = None
    email: str | None = None
    address: str | None = None
    sandbox: bool = False
