"""Programmes, applications for their badge, and what is known of each accreditation.

Persons are members of the organisation, by `membership_id`. Who acted is kept by the id of a membership (or
`api:<key>`), which leads to nobody once they are erased. `reference`: the client's own id of a thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class ProgrammeVersion:
    """Never changed. document: the rule set as loaded. owner: who answers for it.

    retires_on: from this day on nobody applies under it.
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
    """May endorse and assess without an accreditation, in [appointed_at, until)."""

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
    """That one is complete is computed, and kept nowhere."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ApplicationRecord:
    """credential_id: reserved for its badge, so that endorsements can name it; burnt where none is granted.

    ends_at: of the sprint, None for none. anew_of: the application in whose place it was granted, since a
    revocation was overturned: what was handed in for that speaks for it, too.
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
    """What stands for a requirement of an application. kind: of the requirement. by: who says so.

    occurred_at: when it happened; received_at: when it was known here. data: by kind (score, level).
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
    """What a mentor did for their practice: cpd, supervision, a reflection, hours. minutes: 0 where it is
    counted by the piece. category: of a requirement's own (`core-competencies`), "" for none."""

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
    """endorser_id: a membership, None for somebody outside. stated_at: the endorser's own date.

    is_witness: given without any claim to be entitled. as_received: how it was judged then: `counts` or a
    code. signed: the EndorsementCredential, exact bytes; None once who gave it was erased
    before it stood in a badge.
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
    """A badge that lives: one credential id, a version for each term.

    to_review_since: what it was granted on does not suffice any more; a person decides.
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
    """notice_days: of the programme version under which it runs. stored_at: when the credential's version of
    this number was signed and kept, None until then."""

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
    """A suspension. review_on: the day by which somebody looks at it again."""

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
    """decided_by: one, or two where it takes effect from earlier. overturned_at: when an appeal against it
    was upheld: from then on it is known to have held from its decision on, and not from earlier."""

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
    REVOCATION = "revocation"  # the badge stays revoked: where it is upheld, another is granted


@dataclass(frozen=True)
class AppealRecord:
    """credential_id: of the badge, or the one reserved for the application that was refused."""

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
