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

    frozen_until: before then nobody changes how they sign in.
    """

    id: str
    name: str | None
    created_at: datetime
    frozen_until: datetime | None = None


@dataclass(frozen=True)
class MembershipRecord:
    """What one organisation knows of a person. name: as it calls them. starts_on, ends_on: of employment."""

    id: str
    person_id: str
    created_at: datetime
    name: str | None = None
    unit: str | None = None
    site: str | None = None
    language: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


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


@dataclass(frozen=True)
class ShareRecord:
    """A link by which a person shows one credential. `ended_at` set: the link answers 410."""

    token_sha256: str
    credential_id: str
    person_id: str
    created_at: datetime
    label: str = ""
    ended_at: datetime | None = None
