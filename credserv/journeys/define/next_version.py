"""Make the next version of an achievement with one thing changed. Issued credentials keep theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.define.achievements import define
from credserv.journeys.services import Services
from credserv.openbadges.lenient import read_text
from credserv.records.achievements import AchievementVersion

_GIVEN = ("id", "image", "version")  # members that a version has and a definition has not


def change_definition(
    services: Services,
    key: str,
    change: Callable[[dict[str, Any]], None],
    *,
    pictures: Mapping[str, bytes] | None = None,
    actor: str,
    now: datetime,
) -> AchievementVersion:
    """Make the next version, unless nothing changes.

    Args:
        change: Changes the definition in place.
        pictures: `png` and `svg`, if the definition gets other pictures.

    Raises:
        NotFoundError: There is no such achievement.
        CredservError: As `define`.
    """
    newest = services.store.achievements.newest(key)
    if newest is None:
        raise NotFoundError("there is no such achievement")
    document = _definition(newest)
    change(document)
    kept = {"png": newest.png_sha256, "svg": newest.svg_sha256}

    def read_image(name: str) -> bytes:
        if pictures is not None:
            return pictures[name]
        sha256 = kept.get(name)
        image = services.store.achievements.image(sha256) if sha256 else None
        if image is None:
            raise InputError("the picture of the achievement is not there")
        return image.content

    return define(services, document, read_image=read_image, actor=actor, now=now)[0]


def _definition(version: AchievementVersion) -> dict[str, Any]:
    """Return the definition that a version was made from, with internal ids as `#name`."""
    identifier = str(version.achievement["id"])
    kept = {name: value for name, value in version.achievement.items() if name not in _GIVEN}
    names = ["png", *(["svg"] if version.svg_sha256 else [])]
    caption = read_text(version.achievement["image"].get("caption"))
    told = {
        "key": version.key,
        "kind": version.kind.value,
        "validity_days": version.validity_days,
        "validity_months": version.validity_months,
        "award": version.award.value if version.award else None,
        "learning": version.learning,
    }
    return {
        **{name: value for name, value in told.items() if value is not None},
        "image": {**{name: name for name in names}, "caption": caption},
        "achievement": _relative(kept, identifier),
    }


def _relative(value: Any, base: str) -> Any:
    if isinstance(value, dict):
        return {name: _relative(member, base) for name, member in value.items()}
    if isinstance(value, list):
        return [_relative(entry, base) for entry in value]
    return value.removeprefix(base) if isinstance(value, str) and value.startswith(f"{base}#") else value
