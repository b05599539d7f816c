"""Who had which part in a case: an application, and the accreditation that came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class CaseRole(StrEnum):
    """Parts in a case, in the order of display."""

    APPLICANT = "applicant"
    ENDORSER = "endorser"
    ASSESSOR = "assessor"
    DECIDER = "decider"
    APPEAL = "appeal"
    AUDITOR = "auditor"


@dataclass(frozen=True)
class Case:
    """A case.

    Attributes:
        people: The memberships that had each part, erased people included.
    """

    people: Mapping[CaseRole, Collection[str]]
