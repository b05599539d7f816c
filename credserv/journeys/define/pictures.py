"""The picture of an achievement, designed here or drawn elsewhere.

Another picture makes another version; issued badges keep theirs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.carriers.badge_picture import draw_badge
from credserv.ground.errors import InputError
from credserv.journeys.define.next_version import change_definition
from credserv.journeys.services import Services
from credserv.openbadges.badge_design import Design, design_in
from credserv.openbadges.badge_image import BadgeImage
from credserv.records.achievements import AchievementVersion


def design_of(services: Services, version: AchievementVersion) -> Design | None:
    """Return the design of a picture that was made here."""
    image = None if version.svg_sha256 is None else services.store.achievements.image(version.svg_sha256)
    return None if image is None else design_in(image.content)


def set_design(
    services: Services, key: str, design: Design, *, actor: str, now: datetime
) -> AchievementVersion:
    """Draw a design and use it as the picture. Raises as `draw_badge` and `set_picture`."""
    return set_picture(services, key, draw_badge(design), actor=actor, now=now)


def set_picture(
    services: Services, key: str, image: BadgeImage, *, actor: str, now: datetime
) -> AchievementVersion:
    """Make the next version with this picture, unless the newest already has it.

    Raises:
        NotFoundError: There is no such achievement.
        SchemaFaultsError: Badges cannot have this picture.
        InputError: There is no PNG, which wallets and letters need.
    """
    if not image.png:
        raise InputError("choose a PNG: wallets and letters show that one")
    pictures = {"png": image.png, **({"svg": image.svg} if image.svg else {})}

    def show(document: dict[str, Any]) -> None:
        document["image"] = {**{name: name for name in pictures}, "caption": image.caption}

    return change_definition(services, key, show, pictures=pictures, actor=actor, now=now)
