"""The values that the store gives and takes. Frozen; instants are aware UTC; tables never leave the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

JsonObject = Mapping[str, Any]


# --- who issues ---------------------------------------------------------------------------------


class KeyState(StrEnum):
    ACTIVE = "active"
    RETIRED = "retired"  # still published: what it signed before keeps verifying


@dataclass(frozen=True)
class SigningKeyRecord:
    """verification_method: absolute DID URL. signer_uri: `file:NAME.pem` (under the keys folder) or other."""

    verification_method: str
    public_key_multibase: str
    signer_uri: str
    state: KeyState
    created_at: datetime


@dataclass(frozen=True)
class IssuerRecord:
    """did: did:key or did:web. profile: the OB Profile members besides `id` and `type` (name, url, ...)."""

    did: str
    profile: JsonObject
    keys: tuple[SigningKeyRecord, ...] = ()


# --- achievements -------------------------------------------------------------------------------


class AchievementKind(StrEnum):
    COMPETENCY_MASTERY = "competency-mastery"
    MENTOR_ACCREDITATION = "mentor-accreditation"


@dataclass(frozen=True)
class ImageRecord:
    """sha256: hex of `content`, also its name in URLs. media_type: image/png or image/svg+xml."""

    sha256: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class AchievementVersion:
    """One immutable version.

    key: the administrator's short name (`[a-z0-9-]`), stable over versions. version: 1, 2, ...
    achievement: the complete OB `Achievement` as it goes into credentials, absolute ids and all.
    source_sha256: of the definition that was loaded (loading the same again makes no new version).
    png_sha256, svg_sha256: its images; PNG always, SVG where one was given.
    validity_days: length of validity of a credential, None for no end.
    """

    key: str
    version: int
    kind: AchievementKind
    achievement: JsonObject
    source_sha256: str
    created_at: datetime
    png_sha256: str
    svg_sha256: str | None = None
    validity_days: int | None = None


# --- sources and events -------------------------------------------------------------------------


@dataclass(frozen=True)
class SourceRecord:
    """name: `[a-z0-9-]`, as in /hooks/{name}. secrets: `whsec_...`, newest first, all accepted (rotation).

    mapping: {"rules": [...]}, see credserv/sources/mapping.py.
    """

    name: str
    dialect: str
    secrets: tuple[str, ...]
    mapping: JsonObject
    created_at: datetime
    enabled: bool = True


class EventState(StrEnum):
    RECEIVED = "received"  # accepted, not finished: a retry or the worker's sweep finishes it
    ISSUED = "issued"
    IGNORED = "ignored"  # understood, and no credential is due (not passed, say)
    QUARANTINED = "quarantined"  # nothing could be done with it; kept for an administrator


@dataclass(frozen=True)
class EventRecord:
    """One inbound event, unique by (source, event_id). `note`: why it was ignored or quarantined."""

    source: str
    event_id: str
    body_sha256: str
    body: bytes
    received_at: datetime
    state: EventState
    credential_id: str | None = None
    note: str = ""


# --- credentials --------------------------------------------------------------------------------


class IssuanceStep(StrEnum):
    """The steps of the issuing recipe that leave a trace, in order (house.md, head of issue.py)."""

    RESERVED = "reserved"
    BUILT = "built"
    LINTED = "linted"
    INTENDED = "intended"
    SIGNED = "signed"
    VERIFIED = "verified"
    STORED = "stored"
    DELIVERED = "delivered"


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
    (`hook:<source>` and the event id; `api:<key id>` and the Idempotency-Key).
    order_sha256: of the request; the same key with another order is a ConflictError.
    results: OB `Result` objects, `resultDescription` and `achievedLevel` as absolute ids.
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


@dataclass(frozen=True)
class CredentialRecord:
    """One credential from reservation on.

    id: 128 random bits, base64url; the credential's own `id` is {public_url}/credentials/{id}.
    issued_at: the one `now` of the recipe (validFrom, proof.created). salt: for the identity hash.
    signed: the exact bytes, None until stored. reason: of revocation or suspension, never public.
    """

    id: str
    order: IssueOrder
    holder_id: str
    salt: str
    issued_at: datetime
    status_list_id: str
    status_index: int
    state: CredentialState
    step: IssuanceStep
    signed: bytes | None = None
    changed_at: datetime | None = None
    reason: str = ""
    note: str = ""


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


# --- whom verifiers trust -----------------------------------------------------------------------


class TrustedListKind(StrEnum):
    OWN = "own"  # kept here, entry by entry
    URL = "url"  # fetched, in the form of schemas/credserv/trusted-issuers.json
    DCC_REGISTRY = "dcc-registry"  # fetched, in the form of the Digital Credentials Consortium's registries


@dataclass(frozen=True)
class TrustedListRecord:
    """One list of issuers that an organisation trusts to be who the list says.

    organisation: a slug, "" for this service. name: unique within the organisation. tried_at: of the newest
    attempt to fetch it, fetched_at: of the one whose entries are here. last_error: of the newest attempt, ""
    when it went well.
    """

    id: str
    organisation: str
    name: str
    kind: TrustedListKind
    created_at: datetime
    url: str | None = None
    tried_at: datetime | None = None
    fetched_at: datetime | None = None
    last_error: str = ""


@dataclass(frozen=True)
class TrustedIssuerRecord:
    """issuer: DID or https URL, normalised (trust_list.py). name: as the list gives it.

    valid_from, valid_until: when the entry counts, the first instant included, the last not. added_at: since
    when it says so here, for people to look at.
    """

    issuer: str
    name: str
    url: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    added_at: datetime | None = field(default=None, compare=False)

    def counts_at(self, instant: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= instant
        return begun and (self.valid_until is None or instant < self.valid_until)


# --- people and access --------------------------------------------------------------------------


@dataclass(frozen=True)
class HolderRecord:
    """A person with a wallet. Found by normalised e-mail address, or by DID where there is no address."""

    id: str
    email: str | None
    did: str | None
    name: str | None
    created_at: datetime


@dataclass(frozen=True)
class ShareRecord:
    """A link by which a holder shows one credential. `ended_at` set: the link answers 410."""

    token_sha256: str
    credential_id: str
    holder_id: str
    created_at: datetime
    label: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True)
class ApiKeyRecord:
    """id: public part (`csk_<id>_<secret>` as a whole is the key; only its SHA-256 is stored)."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    ended_at: datetime | None = None


class LinkPurpose(StrEnum):
    CONSOLE = "console"  # 15 minutes, one use, printed at start or by `credserv console-link`
    WALLET = "wallet"  # 7 days, one use, by mail


class SessionKind(StrEnum):
    ADMINISTRATOR = "administrator"
    HOLDER = "holder"


@dataclass(frozen=True)
class SessionRecord:
    """A signed-in browser; the cookie holds the token, the store its SHA-256. subject: holder id or ''."""

    token_sha256: str
    kind: SessionKind
    subject: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class AuditRecord:
    """One line of the append-only audit trail.

    actor: `hook:<source>`, `api:<key>`, `console`, `worker`, ...
    """

    at: datetime
    actor: str
    action: str
    subject: str
    detail: JsonObject = field(default_factory=dict)
