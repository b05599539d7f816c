"""The achievements of an organisation: every version stays, and each change makes a new one."""

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

_KEY_CHARS = 56  # of 64, leaving room for a number
_MOST_ALIKE = 100


def newest_of_each(
    services: Services, *, after: str = "", limit: int | None = None
) -> tuple[AchievementVersion, ...]:
    """Return the newest version of each achievement by key, after `after`, at most `limit`."""
    return services.store.achievements.list_newest(after=after, limit=limit)


def find_newest(
    services: Services, text: str, *, after: str = "", limit: int | None = None
) -> tuple[AchievementVersion, ...]:
    """Return those whose key or name contains every word of `text`, by key, after `after`, at most
    `limit`.
    """
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
    """Return the versions of an achievement; none for an unknown key."""
    return services.store.achievements.versions(key)


def version_or_none(services: Services, key: str, version: int) -> AchievementVersion | None:
    """Return a version, or None."""
    return services.store.achievements.get(key, version)


def picture(services: Services, sha256: str, media_type: str) -> ImageRecord:
    """Return a picture by the hash of its bytes; in a sandbox with a banner that says so.

    Raises:
        NotFoundError: There is no such picture.
    """
    found = services.store.achievements.image(sha256)
    if found is None or found.media_type != media_type:
        raise NotFoundError("there is no such image")
    if services.issuer.sandbox:
        return replace(found, content=mark_picture(found.content, media_type))
    return found


def card(services: Services, version: AchievementVersion) -> bytes:
    """Return the preview image for links to the achievement.

    Raises:
        UnavailableError: It cannot be drawn now.
    """
    shown, brand = picture(services, version.png_sha256, "image/png"), services.store.brands.get()
    name, issuer = str(version.achievement["name"]), str(services.issuer.profile.get("name") or "")
    return make_card(name, issuer, "", shown.content, colour=brand.colour, logo=brand.logo)


def definition_from_form(services: Services, form: Mapping[str, str]) -> dict[str, Any]:
    """Build the definition of a new achievement from the form fields `name`, `description`,
    `criteria` and `validity_months`.

    Raises:
        InputError: A value is not valid.
    """
    name, months = form.get("name", "").strip(), form.get("validity_months", "").strip()
    if not name:
        raise InputError("an achievement needs a name")
    if months and not (months.isascii() and months.isdigit()):
        raise InputError("enter for how many months it is good as a whole number, or leave it empty")
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
    """Return an unused key derived from a name. A second achievement of the same name is a different one.

    Raises:
        InputError: Too many achievements have this name.
    """
    stem = slug(name)[:_KEY_CHARS].strip("-") or "achievement"
    keys = (stem, *(f"{stem}-{number}" for number in range(2, _MOST_ALIKE)))
    found = next((key for key in keys if services.store.achievements.newest(key) is None), None)
    if found is None:
        raise InputError("there are many achievements of this name already: give it another")
    return found
