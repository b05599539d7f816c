"""Result types of our own, as the standard allows (Open Badges 3.0, ResultType: `ext:...`)."""

from __future__ import annotations

from collections.abc import Mapping

from credserv.ground.json_types import JsonObject
from credserv.openbadges.data_model import listed

RENEWAL_DATE = "ext:RenewalDate"  # value: the day on which the term ends and renewal is due
RENEWAL_OPENS = "ext:RenewalOpens"  # value: the first day on which it can be renewed
ACCREDITED_FOR = "ext:AccreditedFor"  # value: the competencies that an accreditation covers


def described_as(achievement: JsonObject, kind: str) -> str | None:
    """Return the id of the achievement's description for results of this kind; None where it has none."""
    for description in listed(achievement.get("resultDescription")):
        if isinstance(description, Mapping) and description.get("resultType") == kind:
            identifier = description.get("id")
            return identifier if isinstance(identifier, str) else None
    return None


def result_of(subject: JsonObject, kind: str) -> str | None:
    """Return the value of a subject's first result of this kind."""
    for achievement in listed(subject.get("achievement")):
        described = described_as(achievement, kind) if isinstance(achievement, Mapping) else None
        for result in listed(subject.get("result")):
            if described and isinstance(result, Mapping) and result.get("resultDescription") == described:
                value = result.get("value")
                return value if isinstance(value, str) else None
    return None
