"""The achievements that there are: every version stays, and each change made a new one."""

from __future__ import annotations

from credserv.ground.errors import NotFoundError
from credserv.journeys.services import Services
from credserv.records.achievements import AchievementVersion, ImageRecord


def newest_of_each(
    services: Services, *, after: str = "", limit: int | None = None
) -> tuple[AchievementVersion, ...]:
    """By key; those that come after one, so many."""
    return services.store.achievements.list_newest(after=after, limit=limit)


def all_versions(services: Services, key: str) -> tuple[AchievementVersion, ...]:
    """Of one achievement; none for an unknown key."""
    return services.store.achievements.versions(key)


def version_or_none(services: Services, key: str, version: int) -> AchievementVersion | None:
    return services.store.achievements.get(key, version)


def picture(services: Services, sha256: str, media_type: str) -> ImageRecord:
    """By the hash of its bytes. Raises NotFoundError."""
    found = services.store.achievements.image(sha256)
    if found is None or found.media_type != media_type:
        raise NotFoundError("there is no such image")
    return found
