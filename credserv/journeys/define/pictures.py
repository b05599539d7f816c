"""The picture of an achievement: designed here, or drawn elsewhere. Another picture is another version, and
badges that were issued keep theirs."""

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
    """What its picture was made of, if it was designed here."""
    image = None if version.svg_sha256 is None else services.store.achievements.image(version.svg_sha256)
    return None if image is None else design_in(image.content)


def set_design(
    services: Services, key: str, design: Design, *, actor: str, now: datetime
) -> AchievementVersion:
    """Raises as `draw_badge` and `set_picture`."""
    return set_picture(services, key, draw_badge(design), actor=actor, now=now)


def set_picture(
    services: Services, key: str, image: BadgeImage, *, actor: str, now: datetime
) -> AchievementVersion:
    """The next version, unless it is the picture that the newest has. Raises NotFoundError, and
    SchemaFaultsError for a picture that no badge can have."""
    if not image.png:
        raise InputError("choose a PNG: wallets and letters show that one")
    pictures = {"png": image.png, **({"svg": image.svg} if image.svg else {})}

    def show(document: dict[str, Any]) -> None:
        document["image"] = {**{name: name for name in pictures}, "caption": image.caption}

    return change_definition(services, key, show, pictures=pictures, actor=actor, now=now)
