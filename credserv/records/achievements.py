"""What can be earned: achievement versions and their images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


class AchievementKind(StrEnum):
    COMPETENCY_MASTERY = "competency-mastery"
    MENTOR_ACCREDITATION = "mentor-accreditation"


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
    validity_days: length of validity of a credential, None for no end.
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
