"""People: who they are, what an organisation says of them, what they have proved, and what they show.

A person belongs to nobody. What an organisation asserts of a member addresses that organisation's awards and
nothing else. Only what the person has proved signs in and joins.
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
    OIDC = "oidc"  # issuer and subject, never an address that an identity provider reports


@dataclass(frozen=True)
class PersonRecord:
    """Somebody with a wallet.

    Attributes:
        name: As first reported, or as the person says.
        frozen_until: Until when nobody can change how they sign in.
        language: For letters.
    """

    id: str
    name: str | None
    created_at: datetime
    frozen_until: datetime | None = None
    language: str | None = None


@dataclass(frozen=True)
class MembershipRecord:
    """What an organisation knows of a person.

    Attributes:
        name: As the organisation calls them.
        starts_on: First day of employment.
        ends_on: Last day of employment.
        declines_since: Since when they want to be awarded nothing by it; None if they do not mind.
        family_name: Which part of `name` it is, as the person said; None if they did not.
    """

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
    """What an organisation says of a member's employment. The last day belongs to it."""

    name: str | None = None
    unit: str | None = None
    site: str | None = None
    language: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class RosterRecord:
    """A member in the console's list.

    Attributes:
        addresses: By which the organisation reaches the member, oldest first.
    """

    member: MembershipRecord
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class AssertedIdentifierRecord:
    """The identifier by which an organisation addresses a member's awards.

    Once it has ended, later orders create a new person.

    Attributes:
        value: As compared.
        written: As letters use it.
        namespace: The installation of a learning system within which it names them; "" for everywhere.
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
    """What a person has proved to be theirs.

    Attributes:
        added_by: How.
        verified_at: When first.
        signs_in: Whether it signs them in.
        receives: Whether it receives letters.
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
    """Who opened a share, as far as that is examined."""

    BROWSER = "browser"
    PREVIEW = "preview"  # a messenger or network that makes a preview of the link


@dataclass(frozen=True)
class PasskeyRecord:
    """A live passkey.

    Attributes:
        credential_id: base64url, as authenticators return it.
        public_key: COSE (RFC 9052).
        sign_count: As the device last reported; 0 if it does not count.
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

    Attributes:
        credential_ids: Those issued here, in the person's order.
        import_ids: Those they brought along, in their order.
        ended_at: When they ended it.
        ends_at: When it ends by itself.
        max_openings: How often it can be opened; None for no limit.
        openings: How often that happened.
        passcode: What checks it; "" for none.
        wrong_passcodes: Given in a row.
        shows_name: Whether it shows the person's name.
        address: The address of theirs that it shows.
        slug: Of its page `/people/<slug>`; "" for a link.
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
        """Return whether it asks something first, so that visiting the link alone opens nothing."""
        return bool(self.passcode) or self.max_openings is not None

    def has_ended(self, now: datetime) -> bool:
        return self.ended_at is not None or (self.ends_at is not None and self.ends_at <= now)


@dataclass(frozen=True)
class ShareOpening:
    at: datetime
    visitor: Visitor
