"""Who had which part in one case: an application, and the accreditation that came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class CaseRole(StrEnum):
    """In the order in which they are told."""

    APPLICANT = "applicant"
    ENDORSER = "endorser"
    ASSESSOR = "assessor"
    DECIDER = "decider"
    APPEAL = "appeal"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Case:
    """people: by part, the memberships that had it; also of who was erased."""

    people: Mapping[CaseRole, Collection[str]]
