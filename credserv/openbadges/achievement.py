"""Achievement definitions: the file an administrator writes, and the `Achievement` built from it.

    {"key": "active-listening", "kind": "competency-mastery", "validity_days": 1095, "award": "per-validity",
     "image": {"png": "active-listening.png", "svg": "active-listening.svg", "caption": "An ear ..."},
     "achievement": {"name": "...", "description": "...", "criteria": {"narrative": "..."},
                     "resultDescription": [{"id": "#mastery", "resultType": "RubricCriterionLevel", ...}]}}

`achievement` is the Open Badges 3.0 `Achievement` without `id`, `image` and `version`, which the service
adds; `type` is optional. `learning`: see studies.py; `translations`: see translations.py. `png` and `svg` are
file names or data URIs. Without `image` the achievement gets the default picture. All faults of a file are
reported together, each with its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from credserv.ground.errors import Fault, InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_slug
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.openbadges.achievement_rules import ACHIEVEMENT, check_achievement_rules, complete_types, spread
from credserv.openbadges.badge_image import BadgeImage, clean_png, clean_svg, decode_data_uri
from credserv.openbadges.studies import kept_learning
from credserv.openbadges.translations import Translation, parse_translations

ReadImage = Callable[[str], bytes]

KINDS = ("competency-mastery", "mentor-accreditation", "employment")
AWARDS = ("once", "per-validity", "per-level", "per-event")
MAX_VALIDITY_DAYS = 36_525  # a hundred years
_VALIDITY = ("validity_days", "validity_months", "validity_years")
_MEMBERS = ("key", "kind", *_VALIDITY, "award", "image", "achievement", "learning", "translations")
_SAMPLE_ID = "https://issuer.example/achievements/sample/versions/1"


class AchievementCheck(Protocol):
    """The part of CredentialSchemas used here."""

    def check_achievement(self, achievement: JsonObject) -> tuple[Fault, ...]: ...


@dataclass(frozen=True)
class AchievementDefinition:
    """A definition without faults.

    Attributes:
        kind: one of KINDS.
        award: one of AWARDS, or None.
        learning: as in studies.py.
        achievement: types complete, lists where several values are allowed; no `id` yet, and ids within it as
            `#name`.
        sha256: hex, over everything whose change makes a new version, pictures included.
        translations: unsigned, so they make no new version; None where the definition has none.
    """

    key: str
    kind: str
    achievement: JsonObject
    png: bytes
    svg: bytes | None
    caption: str
    validity_days: int | None
    validity_months: int | None
    sha256: str
    award: str | None = None
    learning: JsonObject | None = None
    translations: tuple[Translation, ...] | None = None


def parse_definition(
    document: JsonObject,
    *,
    read_image: ReadImage,
    schemas: AchievementCheck,
    default_image: BadgeImage | None = None,
) -> AchievementDefinition:
    """Parse a definition.

    Args:
        read_image: returns the bytes of a named file; raises InputError for an unknown name.

    Raises:
        SchemaFaultsError: with every fault and its place.
    """
    faults = FaultList()
    reader = ObjectReader(document, "", faults, members=_MEMBERS)
    key = _read_key(reader)
    kind = _read_kind(reader)
    validity_days, validity_months = _read_validity(reader)
    award = _read_award(reader)
    image = _read_image(reader, read_image, default_image)
    achievement = _read_achievement(reader, schemas)
    learning = kept_learning(reader)
    translated = reader.read("translations")
    translations = None if translated is None else parse_translations(translated, achievement, faults)
    faults.require("the achievement definition")
    achievement = spread(achievement)
    return AchievementDefinition(
        key=key,
        kind=kind,
        achievement=achievement,
        png=image.png,
        svg=image.svg,
        caption=image.caption,
        validity_days=validity_days,
        validity_months=validity_months,
        sha256=_hash(
            key,
            kind,
            achievement,
            image,
            validity_months=validity_months,
            validity_days=validity_days,
            award=award,
            learning=learning,
        ),
        award=award,
        learning=learning,
        translations=translations,
    )


def build_achievement(definition: AchievementDefinition, *, base_url: str, version: int) -> dict[str, Any]:
    """Build the `Achievement` of one version with absolute ids.

    `base_url` is an origin without trailing slash.
    """
    identifier = achievement_url(base_url, definition.key, version)
    built: dict[str, Any] = {"id": identifier, **definition.achievement}
    if "resultDescription" in built:
        built["resultDescription"] = [_absolute(item, identifier) for item in built["resultDescription"]]
    built["image"] = {
        "id": image_url(base_url, hashlib.sha256(definition.png).hexdigest(), "png"),
        "type": "Image",
        "caption": definition.caption,
    }
    built["version"] = str(version)
    return built


def achievement_url(base_url: str, key: str, version: int) -> str:
    return f"{base_url}/achievements/{key}/versions/{version}"


def image_url(base_url: str, sha256: str, extension: str) -> str:
    return f"{base_url}/images/{sha256}.{extension}"


def _absolute(description: JsonObject, base: str) -> JsonObject:
    """Return a result description with absolute ids for itself, its levels and its required level."""
    whole = {**description, "id": base + description["id"]}
    if "requiredLevel" in whole:
        whole["requiredLevel"] = base + whole["requiredLevel"]
    if "rubricCriterionLevel" in whole:
        levels = whole["rubricCriterionLevel"]
        whole["rubricCriterionLevel"] = [{**level, "id": base + level["id"]} for level in levels]
    return whole


def _read_key(reader: ObjectReader) -> str:
    key = reader.read_text("key", required=True)
    if key is not None and not is_slug(key):
        reader.fault("key", "1 to 64 of a-z, 0-9 and -, with no - at either end")
    return key or ""


def _read_kind(reader: ObjectReader) -> str:
    kind = reader.read_text("kind", required=True)
    if kind is not None and kind not in KINDS:
        reader.fault("kind", f"must be {' or '.join(KINDS)}")
    return kind or ""


def _read_award(reader: ObjectReader) -> str | None:
    award = reader.read_text("award")
    if award is not None and award not in AWARDS:
        reader.fault("award", f"how often one person can be awarded this: {', '.join(AWARDS)}")
    return award


def _read_achievement(reader: ObjectReader, schemas: AchievementCheck) -> JsonObject:
    """Apply our own rules first; the official schema then adds faults at other places."""
    value = reader.read("achievement", required=True)
    if not isinstance(value, Mapping):
        if value is not None:
            reader.fault("achievement", "an object is expected here")
        return {}
    place = pointer("", "achievement")
    check_achievement_rules(value, place, reader.faults)
    told = {fault.place for fault in reader.faults.faults}
    achievement: JsonObject = complete_types(value)
    known = {name: member for name, member in achievement.items() if name in ACHIEVEMENT.members}
    for fault in schemas.check_achievement({**known, "id": _SAMPLE_ID}):
        if place + fault.place not in told:
            reader.faults.add(place + fault.place, fault.message)
    return achievement


def _read_image(reader: ObjectReader, read_image: ReadImage, default: BadgeImage | None) -> BadgeImage:
    image = reader.read_object("image", members=("png", "svg", "caption"))
    if image is None:
        if default is not None:
            return default
        reader.fault("image", "is required")
        return BadgeImage(b"", None, "")
    png = _read_picture(image, "png", read_image, required=True)
    svg = _read_picture(image, "svg", read_image, required=False)
    caption = image.read_text("caption", required=True, max_chars=500)
    return BadgeImage(png or b"", svg, caption or "")


_PICTURES: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "png": ("image/png", clean_png),
    "svg": ("image/svg+xml", clean_svg),
}


def _read_picture(image: ObjectReader, name: str, read_image: ReadImage, *, required: bool) -> bytes | None:
    text = image.read_text(name, required=required, max_chars=2_000_000)
    if text is None:
        return None
    media_type, clean = _PICTURES[name]
    try:
        data = decode_data_uri(text, media_type=media_type) if text.startswith("data:") else read_image(text)
        return clean(data)
    except InputError as error:
        image.fault(name, error.detail)
        return None


def _read_validity(reader: ObjectReader) -> tuple[int | None, int | None]:
    """Return days or calendar months; a year is twelve months."""
    days = reader.read_whole("validity_days", low=1, high=MAX_VALIDITY_DAYS)
    months = reader.read_whole("validity_months", low=1, high=MAX_VALIDITY_DAYS // 31)
    years = reader.read_whole("validity_years", low=1, high=MAX_VALIDITY_DAYS // 366)
    if sum(given is not None for given in (days, months, years)) > 1:
        reader.fault("validity_days", "give one of validity_days, validity_months and validity_years")
    return days, months if years is None else 12 * years


def _hash(
    key: str,
    kind: str,
    achievement: JsonObject,
    image: BadgeImage,
    *,
    validity_days: int | None,
    **later: Any,
) -> str:
    """Hash what was read, not the file, so that spacing and file names make no new version."""
    content = {
        "key": key,
        "kind": kind,
        "achievement": achievement,
        "png": hashlib.sha256(image.png).hexdigest(),
        "svg": image.svg and hashlib.sha256(image.svg).hexdigest(),
        "caption": image.caption,
        "validity_days": validity_days,
    }  # members added later are hashed only where given, so older hashes stay
    content |= {name: value for name, value in later.items() if value is not None}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
