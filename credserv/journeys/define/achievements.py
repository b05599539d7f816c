"""Define: turn an administrator's file into an immutable version of an achievement.

1. read the definition and report every fault at once
2. if the content equals the newest version, there is nothing to do
3. try it: build a sample credential as it would be issued, check it against the official schema and
   canonicalize it, so that whatever could never be signed is refused here and not when somebody earns it
4. store the next version with its pictures; issued credentials keep naming their own version. Translations
   carry over as long as the words they translate stay the same
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from credserv.ground.errors import ConflictError, Fault, InputError, SchemaFaultsError, SettingsError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.define.translations import keep_translations
from credserv.journeys.services import Services
from credserv.journeys.translations import translations_of
from credserv.openbadges.achievement import (
    AchievementDefinition,
    ReadImage,
    build_achievement,
    parse_definition,
)
from credserv.openbadges.badge_image import (
    MAX_PNG_BYTES,
    BadgeImage,
    require_png,
    require_svg,
)
from credserv.openbadges.credential import StatusPlace, build_credential, build_subject
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.openbadges.profile import build_profile
from credserv.openbadges.translations import still_true
from credserv.proof.rdf.canonize import Canonizer
from credserv.records.achievements import AchievementKind, AchievementVersion, AwardRule, ImageRecord
from credserv.records.audit import Action, AuditRecord

SAMPLE_URL = "https://issuer.example"
_SAMPLE_DID = "did:web:issuer.example"
_SAMPLE_INSTANT = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
_RETRIES = 10  # of n concurrent definitions of one achievement, one succeeds per round
_DEFAULT_CAPTION = "A round badge with a star in a laurel wreath."


def define(
    services: Services, document: JsonObject, *, read_image: ReadImage, actor: str, now: datetime
) -> tuple[AchievementVersion, bool]:
    """Store a definition as a version. A change of translations alone makes no new version.

    Args:
        read_image: Reads a picture that the definition names.

    Returns:
        The version that holds the definition, and whether it is new.

    Raises:
        SchemaFaultsError: The definition is not valid. Its faults name every place.
        ConflictError: Others keep changing the same achievement right now.
    """
    definition = parse_definition(
        document,
        read_image=read_image,
        schemas=services.schemas,
        default_image=services.default_image,
    )
    faults = _try_out(definition, services.schemas, services.canonizer)
    if faults:
        raise SchemaFaultsError("the achievement could not be issued as it is", faults=faults)
    for _ in range(_RETRIES):
        try:
            return _store(services, definition, actor=actor, now=now)
        except ConflictError:  # another version came in between
            continue
    return _store(services, definition, actor=actor, now=now)


def check_definition(
    document: JsonObject,
    *,
    read_image: ReadImage,
    schemas: CredentialSchemas,
    canonizer: Canonizer,
    default_image: BadgeImage | None = None,
) -> tuple[Fault, ...]:
    """Return every fault for which `define` would refuse the definition. Needs no store."""
    try:
        definition = parse_definition(
            document, read_image=read_image, schemas=schemas, default_image=default_image
        )
    except SchemaFaultsError as error:
        return error.faults
    return _try_out(definition, schemas, canonizer)


def load_starters(services: Services, schemas_dir: Path, now: datetime) -> tuple[AchievementVersion, ...]:
    """Load the achievements that ship with the service, except for keys that exist already.

    Returns:
        The new versions.

    Raises:
        SettingsError: A shipped file is not valid.
    """
    added = []
    for path in starter_files(schemas_dir):
        document = _read_file(path)
        if services.store.achievements.newest(str(document.get("key"))) is not None:
            continue
        reader = image_files(path.parent, within=schemas_dir)
        version, _ = define(services, document, read_image=reader, actor="starters", now=now)
        added.append(version)
    return tuple(added)


def starter_files(schemas_dir: Path) -> tuple[Path, ...]:
    """Return the shipped definitions."""
    return tuple(sorted((schemas_dir / "achievements").glob("*.json")))


def load_default_image(schemas_dir: Path) -> BadgeImage:
    """Return the picture for achievements that bring none.

    Raises:
        SettingsError: It cannot be used.
    """
    folder = schemas_dir / "images"
    try:
        image = BadgeImage(
            (folder / "default.png").read_bytes(), (folder / "default.svg").read_bytes(), _DEFAULT_CAPTION
        )
        require_png(image.png)
        require_svg(image.svg or b"")
    except (OSError, InputError) as error:
        raise SettingsError(f"the default picture in {folder} cannot be used: {error}") from error
    return image


def image_files(folder: Path, *, within: Path | None = None) -> ReadImage:
    """Return a reader of pictures named relative to `folder`. The reader raises InputError for a file that it
    cannot use.

    Args:
        within: A folder that no picture may be outside of.
    """

    def read(name: str) -> bytes:
        try:
            path = (folder / name).resolve()
            if within is not None and not path.is_relative_to(within.resolve()):
                raise InputError("the file is outside the folder of the schemas")
            if not path.is_file():
                raise InputError(f"there is no file {name[:200]!r} beside the definition")
            if path.stat().st_size > MAX_PNG_BYTES:
                raise InputError(f"the file is larger than {MAX_PNG_BYTES} bytes")
            return path.read_bytes()
        except (OSError, ValueError) as error:
            raise InputError(f"the file {name[:200]!r} cannot be read") from error

    return read


def no_image_files(name: str) -> bytes:
    """Refuse a picture by name, for callers whose definitions come without files, such as the API.

    Raises:
        InputError: always.
    """
    raise InputError(f"{name[:60]!r} cannot be read here: give a data URI, data:image/png;base64,...")


def _read_file(path: Path) -> JsonObject:
    try:
        return parse_json_object(path.read_bytes())
    except (OSError, InputError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error


# --- 3 ------------------------------------------------------------------------------------------


def _try_out(
    definition: AchievementDefinition, schemas: CredentialSchemas, canonizer: Canonizer
) -> tuple[Fault, ...]:
    sample = build_sample(definition)
    faults = schemas.check_credential(sample)
    if faults:
        return tuple(_placed(fault) for fault in faults)
    try:
        canonizer.canonize(sample)
    except InputError as error:
        return (Fault("/achievement", error.detail),)
    return ()


def build_sample(definition: AchievementDefinition) -> dict[str, Any]:
    """Build a credential as it would be issued, without a person, with a result of every kind."""
    achievement = build_achievement(definition, base_url=SAMPLE_URL, version=1)
    ends = definition.validity_days or definition.validity_months
    return build_credential(
        credential_url=f"{SAMPLE_URL}/credentials/sample",
        issuer=build_profile(_SAMPLE_DID, {"name": "Sample", "url": SAMPLE_URL}),
        subject=build_subject(
            achievement,
            email="sample@issuer.example",
            did=None,
            salt="sample",
            results=_sample_results(achievement),
        ),
        valid_from=_SAMPLE_INSTANT,
        valid_until=_SAMPLE_INSTANT + timedelta(days=1) if ends else None,
        awarded_at=_SAMPLE_INSTANT,
        status=StatusPlace(f"{SAMPLE_URL}/status/sample", 0, "revocation"),
    )


def _sample_results(achievement: JsonObject) -> list[JsonObject]:
    results: list[JsonObject] = []
    for description in achievement.get("resultDescription", ()):
        result = {"type": ["Result"], "resultDescription": description["id"], "value": "1"}
        for level in description.get("rubricCriterionLevel", ())[:1]:
            result["achievedLevel"] = level["id"]
        results.append(result)
    return results


def _placed(fault: Fault) -> Fault:
    """Turn a place in the sample into the place in the definition that it comes from."""
    prefix = "/credentialSubject/achievement"
    inside = fault.place.startswith(prefix)
    return Fault("/achievement" + fault.place.removeprefix(prefix) if inside else "", fault.message)


# --- 2 and 4 ------------------------------------------------------------------------------------


def _store(
    services: Services, definition: AchievementDefinition, *, actor: str, now: datetime
) -> tuple[AchievementVersion, bool]:
    store = services.store
    with store.transaction():
        newest = store.achievements.newest(definition.key)
        if newest is not None and newest.source_sha256 == definition.sha256:
            if definition.translations is not None:
                keep_translations(services, newest, definition.translations, actor=actor, now=now)
            return newest, False
        number = 1 if newest is None else newest.version + 1
        images = _images(definition)
        version = AchievementVersion(
            key=definition.key,
            version=number,
            kind=AchievementKind(definition.kind),
            achievement=build_achievement(definition, base_url=services.public_url, version=number),
            source_sha256=definition.sha256,
            created_at=now,
            png_sha256=images["image/png"].sha256,
            svg_sha256=images["image/svg+xml"].sha256 if "image/svg+xml" in images else None,
            validity_days=definition.validity_days,
            validity_months=definition.validity_months,
            award=None if definition.award is None else AwardRule(definition.award),
            learning=definition.learning,
        )
        stored = store.achievements.add(version, tuple(images.values()))
        subject = f"{version.key}/{version.version}"
        store.audit.add(AuditRecord(at=now, actor=actor, action=Action.ACHIEVEMENT_DEFINE, subject=subject))
        said = definition.translations
        if said is None and newest is not None:
            known = translations_of(services, newest)
            said = still_true(known, newest.achievement, version.achievement)
        if said:
            keep_translations(services, version, said, actor=actor, now=now)
    return stored, True


def _images(definition: AchievementDefinition) -> Mapping[str, ImageRecord]:
    contents = {"image/png": definition.png}
    if definition.svg is not None:
        contents["image/svg+xml"] = definition.svg
    return {
        media_type: ImageRecord(hashlib.sha256(content).hexdigest(), media_type, content)
        for media_type, content in contents.items()
    }
