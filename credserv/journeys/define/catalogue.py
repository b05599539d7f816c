"""The achievements that there are: every version stays, and each change made a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from credserv.carriers.certificate import make_card
from credserv.frameworks.texts import slug
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.words import fold_words
from credserv.journeys.services import Services
from credserv.openbadges.sandbox_picture import mark_picture
from credserv.records.achievements import AchievementVersion, ImageRecord

_KEY_CHARS = 56  # of 64, with a number behind
_MOST_ALIKE = 100


def newest_of_each(
    services: Services, *, after: str = "", limit: int | None = None
) -> tuple[AchievementVersion, ...]:
    """By key; those that come after one, so many."""
    return services.store.achievements.list_newest(after=after, limit=limit)


def find_newest(
    services: Services, text: str, *, after: str = "", limit: int | None = None
) -> tuple[AchievementVersion, ...]:
    """By key; those whose key or name has every word, that come after one, so many."""
    words = fold_words(text).split()
    if not words:
        return newest_of_each(services, after=after, limit=limit)
    found = (
        one
        for one in newest_of_each(services, after=after)
        if all(word in fold_words(f"{one.key} {one.achievement['name']}") for word in words)
    )
    return tuple(islice(found, limit))


def all_versions(services: Services, key: str) -> tuple[AchievementVersion, ...]:
    """Of one achievement; none for an unknown key."""
    return services.store.achievements.versions(key)


def version_or_none(services: Services, key: str, version: int) -> AchievementVersion | None:
    return services.store.achievements.get(key, version)


def picture(services: Services, sha256: str, media_type: str) -> ImageRecord:
    """By the hash of its bytes; in a sandbox with the band that says so. Raises NotFoundError."""
    found = services.store.achievements.image(sha256)
    if found is None or found.media_type != media_type:
        raise NotFoundError("there is no such image")
    if services.issuer.sandbox:
        return replace(found, content=mark_picture(found.content, media_type))
    return found


def card(services: Services, version: AchievementVersion) -> bytes:
    """What the preview of a link to it shows. Raises UnavailableError."""
    shown, brand = picture(services, version.png_sha256, "image/png"), services.store.brands.get()
    name, issuer = str(version.achievement["name"]), str(services.issuer.profile.get("name") or "")
    return make_card(name, issuer, "", shown.content, colour=brand.colour, logo=brand.logo)


def build_definition(services: Services, form: Mapping[str, str]) -> dict[str, Any]:
    """A definition of a new achievement, from the fields of a form: `name`, `description`, `criteria`,
    `validity_months`. Raises InputError."""
    name, months = form.get("name", "").strip(), form.get("validity_months", "").strip()
    if not name:
        raise InputError("an achievement needs a name")
    if months and not (months.isascii() and months.isdigit()):
        raise InputError("for how many months it is good: a whole number, or nothing")
    document: dict[str, Any] = {
        "key": free_key(services, name),
        "kind": "competency-mastery",
        "achievement": {
            "name": name,
            "description": form.get("description", "").strip(),
            "criteria": {"narrative": form.get("criteria", "").strip()},
        },
    }
    return document if not months else {**document, "validity_months": int(months)}


def free_key(services: Services, name: str) -> str:
    """Of a new achievement, after its name; a second of one name is another. Raises InputError."""
    stem = slug(name)[:_KEY_CHARS].strip("-") or "achievement"
    keys = (stem, *(f"{stem}-{number}" for number in range(2, _MOST_ALIKE)))
    found = next((key for key in keys if services.store.achievements.newest(key) is None), None)
    if found is None:
        raise InputError("there are many achievements of this name already: give it another")
    return found
