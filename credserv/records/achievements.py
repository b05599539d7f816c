"""What can be earned: achievement versions and their images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from credserv.ground.json_types import JsonObject
from credserv.ground.validity import add_months


class AchievementKind(StrEnum):
    COMPETENCY_MASTERY = "competency-mastery"
    MENTOR_ACCREDITATION = "mentor-accreditation"
    EMPLOYMENT = "employment"  # what an employer confirms of somebody's work there


class AwardRule(StrEnum):
    """How often one person can be awarded an achievement. A revoked award never counts."""

    ONCE = "once"
    PER_VALIDITY = "per-validity"  # again once the earlier award has ended
    PER_LEVEL = "per-level"  # once for each level
    PER_EVENT = "per-event"  # with each event or order


@dataclass(frozen=True)
class ImageRecord:
    """sha256: hex of `content`, also its name in URLs. media_type: image/png or image/svg+xml."""

    sha256: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class AchievementVersion:
    """One immutable version.

    key: the administrator's short name (`[a-z0-9-]`), stable over versions. version: 1, 2, ...
    achievement: the complete OB `Achievement` as it goes into credentials, absolute ids and all.
    source_sha256: of the definition that was loaded (loading the same again makes no new version).
    png_sha256, svg_sha256: its images; PNG always, SVG where one was given.
    validity_days, validity_months: how long a credential is valid from its award; one of them, or neither
    for no end. A year is twelve calendar months. award: None where the definition does not say.
    learning: what the definition says beside the achievement (openbadges/studies.py).
    """

    key: str
    version: int
    kind: AchievementKind
    achievement: JsonObject
    source_sha256: str
    created_at: datetime
    png_sha256: str
    svg_sha256: str | None = None
    validity_days: int | None = None
    validity_months: int | None = None
    award: AwardRule | None = None
    learning: JsonObject | None = None

    @property
    def award_rule(self) -> AwardRule:
        """By default once; where credentials end, again when they have ended."""
        lasts_for_good = self.validity_days is None and self.validity_months is None
        return self.award or (AwardRule.ONCE if lasts_for_good else AwardRule.PER_VALIDITY)

    def ends(self, awarded_at: datetime) -> datetime | None:
        """When a credential awarded then ends, None for never."""
        if self.validity_months is not None:
            return add_months(awarded_at, self.validity_months)
        if self.validity_days is None:
            return None
        try:
            return awarded_at + timedelta(days=self.validity_days)
        except OverflowError:
            return datetime.max.replace(microsecond=0, tzinfo=UTC)

    @property
    def lasts(self) -> str:
        """In words: `2 years`, `6 months`, `90 days`; "" for no end."""
        if self.validity_months is not None and self.validity_months % 12 == 0:
            return _count(self.validity_months // 12, "year")
        if self.validity_months is not None:
            return _count(self.validity_months, "month")
        return "" if self.validity_days is None else _count(self.validity_days, "day")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
