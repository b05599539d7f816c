"""Turn the badges of another system (BadgeClass, Open Badges 2.0, 4.2) into definitions of our own.

Name, description, criteria, tags and alignments are taken over, and the image if it is a PNG in the file or
next to it. The former issuer's profile is not, because from now on the achievement is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json
from credserv.journeys.award.in_bulk.former import Ours
from credserv.journeys.award.in_bulk.old_badges import MAX_BYTES, old_things
from credserv.openbadges.baking import is_image, unbake
from credserv.openbadges.v2.assertion import identifier_of, is_assertion
from credserv.openbadges.v2.upgrade import as_credential

_TAKEN = ("name", "description", "criteria", "tag", "alignment")
_PNG = b"\x89PNG"
_DATA_PNG = "data:image/png;base64,"


@dataclass(frozen=True)
class OldClass:
    """A badge class read from an export.

    Attributes:
        id: The id by which awards refer to it.
        definition: Input for `define` without the key; `picture` is the image's file name.
        picture: The image's bytes; None if there is none.
    """

    id: str
    name: str
    definition: JsonObject
    picture: bytes | None = None


def read_classes(files: Sequence[tuple[str, bytes]], ours: Ours) -> tuple[OldClass, ...]:
    """Return each badge class once, except those that match one of our achievements."""
    pictures = {name.rpartition("/")[2]: data for name, data in files if data.startswith(_PNG)}
    found: dict[str, OldClass] = {}
    for thing in _classes(files):
        made = _old_class(thing, pictures)
        if made.name and ours.achievement(made.id, made.name) is None:
            found.setdefault(made.id or made.name, made)
    return tuple(found.values())


def _classes(files: Sequence[tuple[str, bytes]]) -> Iterator[JsonObject]:
    """Yield badge classes, alone or inside an assertion. Unreadable files are reported with the awards."""
    for _, data in files:
        try:
            text = unbake(data) if is_image(data) else data
            for thing in old_things(parse_json(text, max_bytes=MAX_BYTES)):
                badge = thing.get("badge") if is_assertion(thing) else thing
                if isinstance(badge, Mapping):
                    yield badge
        except InputError:
            continue


def _old_class(badge: JsonObject, pictures: Mapping[str, bytes]) -> OldClass:
    achievement = as_credential({"badge": badge})["credentialSubject"]["achievement"]
    told: dict[str, Any] = {name: achievement[name] for name in _TAKEN if achievement.get(name)}
    definition: dict[str, Any] = {"kind": "competency-mastery", "achievement": told}
    picture, image = None, badge.get("image")
    shown = image.get("id") if isinstance(image, Mapping) else image
    if isinstance(shown, str) and shown.startswith(_DATA_PNG):
        definition["image"] = {"png": shown}
    elif isinstance(shown, str):
        picture = pictures.get(shown.rpartition("/")[2])
    if picture is not None:
        definition["image"] = {"png": "picture"}
    if "image" in definition:
        caption = image.get("caption") if isinstance(image, Mapping) else None
        definition["image"]["caption"] = caption or f"The picture of the badge “{told.get('name', '')}”."
    return OldClass(identifier_of(badge), str(told.get("name", "")), definition, picture)
