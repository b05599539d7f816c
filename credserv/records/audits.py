"""Audits of accreditations: a sample of those in force, drawn so that anyone can recompute it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from credserv.records.accreditation import HoldRecord


class Outcome(StrEnum):
    """An auditor's finding. What is to be remedied is remedied within 30 days, or has failed."""

    PASSED = "passed"
    TO_REMEDY = "to-remedy"
    REMEDIED = "remedied"
    FAILED = "failed"


@dataclass(frozen=True)
class AuditPeriod:
    """An audit.

    Attributes:
        sha256: The commitment to the seed, public from `committed_at` on.
        seed: Once revealed.
        begins_on: The first day of the period, if given.
        population_at: The sample is drawn from those in force at this instant, as known then.
        is_ours: Whether the service made the seed and keeps it encrypted until it is revealed.
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
    """An accreditation of the population.

    Attributes:
        drawn_as: The id that the draw hashes and that is published.
        remedy_until: The deadline, if something is to be remedied.
        note: From the auditor to the person.
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
        """Return whether a finding is still missing."""
        return self.is_drawn and self.outcome in (None, Outcome.TO_REMEDY)

    def suspended(self, hold: HoldRecord) -> bool:
        """Return whether a suspension comes from this finding: by the same auditor, from the same second
        on.
        """
        at = None if self.decided_at is None else self.decided_at.replace(microsecond=0)
        is_theirs = (at, self.decided_by) == (hold.begins_at, hold.begun_by)
        return self.outcome is Outcome.FAILED and is_theirs
