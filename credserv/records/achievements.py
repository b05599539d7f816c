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
    EMPLOYMENT = "employment"  # an employer's confirmation of somebody's work there


class AwardRule(StrEnum):
    """How often one person can be awarded an achievement. A revoked award never counts."""

    ONCE = "once"
    PER_VALIDITY = "per-validity"  # again once the earlier award has expired
    PER_LEVEL = "per-level"  # once for each level
    PER_EVENT = "per-event"  # with each event or order


@dataclass(frozen=True)
class ImageRecord:
    """An image.

    Attributes:
        sha256: Hex of `content`, also its name in URLs.
        media_type: image/png or image/svg+xml.
    """

    sha256: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class AchievementVersion:
    """An immutable version of an achievement.

    Attributes:
        key: The administrator's short name (`[a-z0-9-]`), the same for all versions.
        version: 1, 2, ...
        achievement: The complete OB `Achievement` as it goes into credentials, with absolute ids.
        source_sha256: Of the definition that was loaded; loading the same again makes no new version.
        png_sha256: Its PNG, always present.
        svg_sha256: Its SVG, if one was given.
        validity_days: How long a credential is valid from its award; None if `validity_months` is used or it
            never expires.
        validity_months: The same in calendar months; a year is twelve.
        award: None if the definition does not say.
        learning: What the definition says besides the achievement (openbadges/studies.py).
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
        """Return the award rule: by default once, or once per validity if credentials expire."""
        lasts_for_good = self.validity_days is None and self.validity_months is None
        return self.award or (AwardRule.ONCE if lasts_for_good else AwardRule.PER_VALIDITY)

    def ends(self, awarded_at: datetime) -> datetime | None:
        """Return when a credential awarded then expires; None for never."""
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
        """Return the validity in words: `2 years`, `6 months`, `90 days`; "" for no end."""
        if self.validity_months is not None and self.validity_months % 12 == 0:
            return _count(self.validity_months // 12, "year")
        if self.validity_months is not None:
            return _count(self.validity_months, "month")
        return "" if self.validity_days is None else _count(self.validity_days, "day")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
