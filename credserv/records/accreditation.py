"""Programmes, applications for their badge, and what is known of each accreditation.

People are members of the organisation, by `membership_id`. Actors are stored by the id of a membership (or
`api:<key>`), which leads to nobody once they are erased. `reference` is the client's own id of a thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class ProgrammeVersion:
    """A version of a programme; it never changes.

    Attributes:
        document: The rule set as loaded.
        owner: Who answers for it.
        retires_on: From this day on nobody can apply under it.
    """

    key: str
    version: int
    document: JsonObject
    sha256: str
    owner: str
    loaded_at: datetime
    loaded_by: str
    retires_on: date | None = None


@dataclass(frozen=True)
class FounderRecord:
    """Somebody who may endorse and assess without an accreditation, in [appointed_at, until)."""

    id: str
    programme_key: str
    membership_id: str
    competencies: tuple[str, ...]
    appointed_at: datetime
    until: datetime
    appointed_by: str
    reason: str = ""
    reference: str | None = None


class ApplicationState(StrEnum):
    """The state of an application. Whether it is complete is computed and not stored."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ApplicationRecord:
    """An application.

    Attributes:
        credential_id: Reserved for its badge, so that endorsements can name it; never used if none is
            granted.
        ends_at: The end of the sprint; None for none.
        anew_of: The application that this one replaces after a revocation was overturned. Evidence for that
            one counts for this one too.
    """

    id: str
    programme_key: str
    programme_version: int
    membership_id: str
    competencies: tuple[str, ...]
    credential_id: str
    applied_at: datetime
    ends_at: datetime | None
    state: ApplicationState = ApplicationState.OPEN
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    reference: str | None = None
    anew_of: str | None = None


@dataclass(frozen=True)
class EvidenceRecord:
    """Evidence for a requirement of an application.

    Attributes:
        kind: The kind of requirement.
        by: Who reports it.
        occurred_at: When it happened.
        received_at: When it was known here.
        data: By kind (score, level).
    """

    id: str
    application_id: str
    kind: str
    occurred_at: datetime
    received_at: datetime
    by: str
    competency: str | None
    data: JsonObject
    reference: str | None = None


@dataclass(frozen=True)
class PracticeRecord:
    """What a mentor did for their practice: development, supervision, a reflection, hours.

    Attributes:
        minutes: 0 if counted by the piece.
        category: A requirement's own category (`core-competencies`); "" for none.
    """

    id: str
    membership_id: str
    kind: str
    minutes: int
    occurred_at: datetime
    received_at: datetime
    by: str
    category: str = ""
    note: str = ""
    reference: str | None = None


@dataclass(frozen=True)
class EndorsementRecord:
    """An endorsement.

    Attributes:
        endorser_id: A membership; None for somebody outside.
        stated_at: The endorser's own date.
        is_witness: Whether it was given without any claim to be entitled.
        as_received: How it was judged on arrival: `counts` or a code.
        signed: The EndorsementCredential, exact bytes; None if its endorser was erased before it was in a
            badge.
    """

    id: str
    application_id: str
    endorser_id: str | None
    endorser_did: str
    competency: str
    stated_at: datetime
    received_at: datetime
    as_received: str
    is_witness: bool = False
    signed: bytes | None = None
    reference: str | None = None


@dataclass(frozen=True)
class AccreditationRecord:
    """A living badge: one credential id, with a version for each term.

    Attributes:
        to_review_since: Since when it no longer meets what it was granted for; a person decides.
    """

    credential_id: str
    application_id: str
    programme_key: str
    membership_id: str
    competencies: tuple[str, ...]
    level: int
    granted_at: datetime
    to_review_since: datetime | None = None
    reference: str | None = None


@dataclass(frozen=True)
class TermRecord:
    """A term.

    Attributes:
        notice_days: From the programme version under which it runs.
        stored_at: When the credential's version of this number was signed and stored; None until then.
    """

    credential_id: str
    number: int
    programme_version: int
    valid_from: datetime
    term_end: datetime
    grace_end: datetime
    notice_days: int
    decided_at: datetime
    decided_by: str
    reason: str = ""
    stored_at: datetime | None = None
    reference: str | None = None


@dataclass(frozen=True)
class HoldRecord:
    """A suspension.

    Attributes:
        review_on: The day by which somebody reviews it.
    """

    id: str
    credential_id: str
    begins_at: datetime
    reason: str
    review_on: date
    begun_by: str
    ends_at: datetime | None = None
    ended_by: str = ""
    reference: str | None = None
    ended_reference: str | None = None


@dataclass(frozen=True)
class RevocationRecord:
    """A revocation.

    Attributes:
        decided_by: One decider, or two if it takes effect retroactively.
        overturned_at: When an appeal against it was upheld. From then on it counts as having held from its
            decision on, not from earlier.
    """

    credential_id: str
    effective_from: datetime
    decided_at: datetime
    decided_by: tuple[str, ...]
    reason: str
    reference: str | None = None
    overturned_at: datetime | None = None


class AppealAbout(StrEnum):
    REFUSAL = "refusal"
    SUSPENSION = "suspension"
    AUDIT = "audit"
    REVOCATION = "revocation"  # the badge stays revoked; if upheld, another is granted


@dataclass(frozen=True)
class AppealRecord:
    """An appeal.

    Attributes:
        credential_id: The badge, or the id reserved for the refused application.
    """

    id: str
    credential_id: str
    about: AppealAbout
    words: str
    opened_at: datetime
    opened_by: str
    decided_at: datetime | None = None
    decided_by: str = ""
    is_upheld: bool | None = None
    reason: str = ""
    reference: str | None = None
