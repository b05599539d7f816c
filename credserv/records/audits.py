"""Audits of accreditations: a sample of those in force, drawn so that anyone can recompute it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from credserv.records.accreditation import HoldRecord


class Outcome(StrEnum):
    """What an auditor found. What is to be remedied, is remedied within 30 days or has failed."""

    PASSED = "passed"
    TO_REMEDY = "to-remedy"
    REMEDIED = "remedied"
    FAILED = "failed"


@dataclass(frozen=True)
class AuditPeriod:
    """sha256: the commitment to the seed, public from `committed_at` on. seed: once it was revealed.

    begins_on: of the period, where it was told. population_at: who was in force then, as known then, is what
    the sample is drawn of. is_ours: the service made the seed, and keeps it sealed until it is revealed.
    """

    programme_key: str
    period: str
    sha256: str
    share: float
    minimum: int
    committed_at: datetime
    committed_by: str
    is_ours: bool = False
    begins_on: date | None = None
    population_at: datetime | None = None
    frozen_at: datetime | None = None
    seed: str | None = None
    revealed_at: datetime | None = None


@dataclass(frozen=True)
class AuditedCase:
    """One accreditation of the population. drawn_as: the id that the draw hashes, and that is published.

    remedy_until: of what is to be remedied. note: of the auditor, to the person.
    """

    programme_key: str
    period: str
    credential_id: str
    drawn_as: str
    is_drawn: bool = False
    outcome: Outcome | None = None
    remedy_until: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something is left to be found."""
        return self.is_drawn and self.outcome in (None, Outcome.TO_REMEDY)

    def suspended(self, hold: HoldRecord) -> bool:
        """Whether a suspension is that of this finding: by the same auditor, from the same second on."""
        at = None if self.decided_at is None else self.decided_at.replace(microsecond=0)
        is_theirs = (at, self.decided_by) == (hold.begins_at, hold.begun_by)
        return self.outcome is Outcome.FAILED and is_theirs
