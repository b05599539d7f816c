"""People: who they are, what an organisation says of them, what they have proved, and what they show.

A person is nobody's property. What an organisation asserts of a member addresses that organisation's awards
and nothing else; only what the person has proved signs in and joins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from credserv.records.observations import PersonKind

AssertedKind = PersonKind


class ProvedKind(StrEnum):
    EMAIL = "email"  # by a mailed link
    DID = "did"
    PASSKEY = "passkey"
    OIDC = "oidc"  # issuer and subject, never an address that an identity provider tells


@dataclass(frozen=True)
class PersonRecord:
    """Somebody with a wallet. name: as first told, or as the person says it.

    frozen_until: before then nobody changes how they sign in. language: in which they are written to.
    """

    id: str
    name: str | None
    created_at: datetime
    frozen_until: datetime | None = None
    language: str | None = None


@dataclass(frozen=True)
class MembershipRecord:
    """What one organisation knows of a person. name: as it calls them. starts_on, ends_on: of employment.
    declines_since: since when they want to be awarded nothing by it; None for those who do not mind.
    family_name: which part of `name` it is, as the person said; None where they did not."""

    id: str
    person_id: str
    created_at: datetime
    name: str | None = None
    unit: str | None = None
    site: str | None = None
    language: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    declines_since: datetime | None = None
    family_name: str | None = None

    def has_left(self, today: date) -> bool:
        return self.ends_on is not None and self.ends_on < today


@dataclass(frozen=True)
class MemberFacts:
    """What an organisation says of a member's employment. The last day is one of it."""

    name: str | None = None
    unit: str | None = None
    site: str | None = None
    language: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class RosterRecord:
    """addresses: by which the organisation reaches the member, oldest first."""

    member: MembershipRecord
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class AssertedIdentifierRecord:
    """What an organisation addresses a member's awards by. ended_at set: later orders make a new person.

    value: as it is compared. written: as letters are sent to it. namespace: the installation of a learning
    system within which it names them; "" where it does everywhere.
    """

    id: str
    membership_id: str
    kind: AssertedKind
    value: str
    written: str
    created_at: datetime
    ended_at: datetime | None = None
    namespace: str = ""


@dataclass(frozen=True)
class ProvedIdentifierRecord:
    """What a person has shown to be theirs. added_by: by what act.

    verified_at: for the first time. signs_in, receives: what it is good for.
    """

    id: str
    person_id: str
    kind: ProvedKind
    value: str
    verified_at: datetime
    added_by: str
    signs_in: bool = True
    receives: bool = True
    ended_at: datetime | None = None


class Visitor(StrEnum):
    """Who opened a share, as far as it is looked at."""

    BROWSER = "browser"
    PREVIEW = "preview"  # a messenger or network that makes a preview of the link


@dataclass(frozen=True)
class PasskeyRecord:
    """A live passkey. credential_id: base64url, as authenticators give it. public_key: COSE (RFC 9052).

    sign_count: as the device last told it, 0 where it does not count.
    """

    identifier_id: str
    person_id: str
    credential_id: str
    public_key: bytes
    sign_count: int
    name: str
    added_at: datetime
    last_used_at: datetime | None
    signs_in: bool


@dataclass(frozen=True)
class ShareRecord:
    """What a person shows: some of their credentials, under a link or at an address of their choice.

    credential_ids, import_ids: of what was issued here and of what they brought along, in their order.
    ended_at: set when they ended it; ends_at: when it ends by itself.
    max_openings: how often it opens, None for no bound; openings: how often it did of these.
    passcode: what checks it, "" for none; wrong_passcodes: given in a row. shows_name, address: what it tells
    of the person beside the credentials. slug: of its address `/people/<slug>`, "" for a link.
    """

    token_sha256: str
    credential_ids: tuple[str, ...]
    person_id: str
    created_at: datetime
    label: str = ""
    ended_at: datetime | None = None
    ends_at: datetime | None = None
    max_openings: int | None = None
    openings: int = 0
    passcode: str = ""
    wrong_passcodes: int = 0
    shows_name: bool = False
    address: str = ""
    slug: str = ""
    import_ids: tuple[str, ...] = ()

    @property
    def is_gated(self) -> bool:
        """Whether it asks something first: looking at the link alone opens nothing."""
        return bool(self.passcode) or self.max_openings is not None

    def has_ended(self, now: datetime) -> bool:
        return self.ended_at is not None or (self.ends_at is not None and self.ends_at <= now)


@dataclass(frozen=True)
class ShareOpening:
    at: datetime
    visitor: Visitor
