"""Translations of an achievement, shown next to what is signed and never in its place.

A translation belongs to one version, whose words it translates. It is not signed, so it can be corrected
without a new version. The audit trail records which languages changed, with a hash of the text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.reading import FaultList
from credserv.journeys.services import Services
from credserv.journeys.translations import translations_of
from credserv.openbadges.translations import (
    MAX_TRANSLATIONS,
    Translation,
    edition,
    parse_translations,
    with_related,
    written,
)
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord


def set_translation(
    services: Services,
    key: str,
    number: int,
    language: str,
    form: Mapping[str, str],
    *,
    actor: str,
    now: datetime,
) -> AchievementVersion:
    """Add or correct a translation of a version.

    Args:
        number: The version.
        form: `name`, `description`, `criteria`.

    Raises:
        NotFoundError: There is no such version.
        SchemaFaultsError: A value is not valid. The faults name every place.
        InputError: There are too many translations.
    """
    version = _version(services, key, number)
    said: dict[str, Any] = {name: form.get(name, "").strip() or None for name in ("name", "description")}
    if criteria := form.get("criteria", "").strip():
        said["criteria"] = {"narrative": criteria}
    faults = FaultList()
    given = parse_translations({language.strip(): said}, version.achievement, faults)
    faults.require("the translation")
    with services.store.transaction():
        known = {one.language: one for one in translations_of(services, version)}
        if given[0].language not in known and len(known) >= MAX_TRANSLATIONS:
            raise InputError(f"at most {MAX_TRANSLATIONS} translations are kept")
        if known.get(given[0].language) != given[0]:
            _change(services, version, given, (), actor=actor, now=now)
    return version


def remove_translation(
    services: Services, key: str, number: int, language: str, *, actor: str, now: datetime
) -> None:
    """Remove a translation.

    Raises:
        NotFoundError: There is none in this language.
    """
    version = _version(services, key, number)
    with services.store.transaction():
        if language not in {one.language for one in translations_of(services, version)}:
            raise NotFoundError("there is no translation in that language")
        _change(services, version, (), (language,), actor=actor, now=now)


def keep_translations(
    services: Services,
    version: AchievementVersion,
    translations: Sequence[Translation],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Make these the translations of a version, writing only what changes."""
    with services.store.transaction():
        before = {one.language: one for one in translations_of(services, version)}
        changed = [one for one in translations if before.get(one.language) != one]
        gone = sorted(set(before) - {one.language for one in translations})
        if changed or gone:
            _change(services, version, changed, gone, actor=actor, now=now)


def _change(
    services: Services,
    version: AchievementVersion,
    changed: Sequence[Translation],
    gone: Sequence[str],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Change these languages only, so that concurrent changes of other languages stay."""
    store = services.store
    store.translations.put(version.key, version.version, changed, now)
    store.translations.remove(version.key, version.version, gone)
    details = {**{one.language: _hash(one) for one in changed}, **dict.fromkeys(gone, "removed")}
    subject = f"{version.key}/{version.version}"
    store.audit.add(AuditRecord(now, actor, Action.ACHIEVEMENT_TRANSLATED, subject, details))


def published(services: Services, version: AchievementVersion, language: str | None) -> dict[str, Any]:
    """Return the achievement as programs read it, with links to its translations.

    Args:
        language: Return this translation; None for the original.

    Raises:
        NotFoundError: There is no translation in this language.
    """
    known = translations_of(services, version)
    if language in (None, version.achievement.get("inLanguage")):
        return with_related(version.achievement, known)
    found = edition(version.achievement, known, str(language))
    if found is None:
        raise NotFoundError("there is no translation in that language")
    return found


def _version(services: Services, key: str, number: int) -> AchievementVersion:
    found = services.store.achievements.get(key, number)
    if found is None:
        raise NotFoundError("there is no such achievement")
    return found


def _hash(one: Translation) -> str:
    return hashlib.sha256(json.dumps(written((one,)), sort_keys=True).encode()).hexdigest()
