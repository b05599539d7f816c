"""An achievement in further languages, and the choice of one for a reader.

What is signed is one text, in the achievement's `inLanguage`: context 3.0.3 has no language maps.
Translations are editions of the same achievement, each at its own address and named by `related`, "to
identify alternate language editions" (Open Badges 3.0, section B.2 and B.13). Nobody signed them, so whoever
shows one says so (docs/adr/0035). In a definition they are beside `achievement`:

    "translations": {"de": {"name": "...", "description": "...", "criteria": {"narrative": "..."}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, ObjectReader, pointer
from credserv.openbadges.achievement_rules import check_achievement_rules
from credserv.openbadges.display import CredentialDisplay, SignedWords, achievement_display
from credserv.openbadges.lenient import first_object, read_objects, read_text

MEMBERS = ("name", "description", "criteria")
MAX_TRANSLATIONS = 40
# LanguageCode of Open Badges 3.0: a BCP 47 tag with language, script and region.
_TAG = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", re.ASCII)
_WRONG_TAG = "a language is a tag of BCP 47, such as de, pt-BR or zh-Hant"


@dataclass(frozen=True)
class Translation:
    """A translation. `language` is a BCP 47 tag; `narrative` is Markdown, "" where the achievement has
    none."""

    language: str
    name: str
    description: str
    narrative: str = ""


def parse_translations(value: object, achievement: JsonObject, faults: FaultList) -> tuple[Translation, ...]:
    """Parse `translations` of a definition; each must be complete. Notes faults."""
    reader = ObjectReader(value, pointer("", "translations"), faults, members=None)
    if len(reader.names) > MAX_TRANSLATIONS:
        faults.add(reader.place, f"at most {MAX_TRANSLATIONS} translations are kept")
        return ()
    signed = read_text(achievement.get("inLanguage"))
    found = []
    for language in reader.names:
        place = pointer(reader.place, language)
        if _TAG.fullmatch(language) is None:
            faults.add(place, _WRONG_TAG)
        elif language == signed:
            faults.add(place, "the achievement itself is in this language (inLanguage)")
        else:
            found.append(_parse_one(reader, language, achievement))
    return tuple(found)


def _parse_one(reader: ObjectReader, language: str, achievement: JsonObject) -> Translation:
    """Parse one translation by the rules for signed text."""
    told = reader.read_object(language, members=MEMBERS, required=True)
    if told is None:
        return Translation(language, "", "")
    name, description = (told.read("name", required=True), told.read("description", required=True))
    said: dict[str, Any] = {"name": name, "description": description, "criteria": told.read("criteria")}
    for member in ("name", "description"):
        if said[member] is not None and not isinstance(said[member], str):
            told.fault(member, "text is expected")
    narrative = _read_narrative(told, achievement)
    said["criteria"] = {"narrative": narrative or "-"}
    given = {member: text for member, text in said.items() if text is not None}
    check_achievement_rules(given, told.place, reader.faults)
    return Translation(language, read_text(name), read_text(description), narrative)


def _read_narrative(told: ObjectReader, achievement: JsonObject) -> str:
    """Read the narrative, required where the achievement has one and not allowed elsewhere."""
    wanted = bool(read_text(first_object(achievement.get("criteria")).get("narrative")))
    criteria = told.read_object("criteria", members=("narrative",), required=wanted)
    if criteria is None:
        return ""
    narrative = criteria.read("narrative", required=wanted)
    if narrative is None:
        return ""
    if not isinstance(narrative, str) or not wanted:
        criteria.fault("narrative", "text is expected" if wanted else "the achievement itself has none")
        return ""
    return narrative.strip()


def written(translations: Iterable[Translation]) -> dict[str, Any]:
    """Return the translations as a definition has them."""
    return {one.language: _texts(one) for one in translations}


def _texts(one: Translation) -> dict[str, Any]:
    said: dict[str, Any] = {"name": one.name, "description": one.description}
    return {**said, "criteria": {"narrative": one.narrative}} if one.narrative else said


def still_true(
    translations: Iterable[Translation], before: JsonObject, after: JsonObject
) -> tuple[Translation, ...]:
    """Return those that hold for a next version: none where its text changed."""
    if _words(before) != _words(after):
        return ()
    return tuple(one for one in translations if one.language != read_text(after.get("inLanguage")))


def _words(achievement: JsonObject) -> tuple[str, str, str]:
    display = achievement_display(achievement)
    return display.name, display.description, display.criteria


def choose(
    translations: Sequence[Translation], wanted: Sequence[str], signed_language: str
) -> Translation | None:
    """Return the translation for a reader; None where the signed text suits them, or nothing suits better.

    An exact match comes before another region of the same language (as RFC 4647, section 3.4). An achievement
    that does not state its language may be in any wanted language but the first.

    Args:
        wanted: BCP 47 tags, best first.
    """
    for tag in wanted if signed_language else wanted[:1]:
        primary = _primary(tag)
        exact = next((one for one in translations if one.language.lower() == tag.lower()), None)
        if exact is None and primary == _primary(signed_language):
            return None
        found = exact or next((one for one in translations if _primary(one.language) == primary), None)
        if found is not None:
            return found
    return None


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()


def in_language(
    display: CredentialDisplay,
    achievement: JsonObject,
    translations: Sequence[Translation],
    wanted: Sequence[str],
) -> CredentialDisplay:
    """Return what a page shows in a reader's language, with the signed text where it is translated.

    Unchanged where the credential's text is not exactly the achievement's: a translation of other text would
    attribute to it what nobody signed.
    """
    found = choose(translations, wanted, display.language)
    said = (display.name, display.description, display.criteria)
    if found is None or said != _words(achievement):
        return display
    return replace(
        display,
        name=found.name,
        description=found.description,
        criteria=found.narrative or display.criteria,
        language=found.language,
        signed=SignedWords(display.language, *said),
    )


def with_related(achievement: JsonObject, translations: Sequence[Translation]) -> dict[str, Any]:
    """Return the achievement as published, naming its editions in other languages."""
    editions = [_related(achievement, one.language) for one in translations]
    related = [*read_objects(achievement.get("related")), *editions]
    return {**achievement, "related": related} if related else dict(achievement)


def edition(
    achievement: JsonObject, translations: Sequence[Translation], language: str
) -> dict[str, Any] | None:
    """Return the achievement in another language, under its own address; None without such a translation."""
    one = next((one for one in translations if one.language == language), None)
    if one is None:
        return None
    said = _texts(one)
    criteria = {**first_object(achievement.get("criteria")), **said.pop("criteria", {})}
    others = [_related(achievement, other.language) for other in translations if other is not one]
    original = {
        "type": ["Related"],
        "id": achievement["id"],
        **{name: achievement[name] for name in ("inLanguage", "version") if name in achievement},
    }
    return {
        **achievement,
        **said,
        "id": edition_url(str(achievement["id"]), language),
        "criteria": criteria,
        "inLanguage": language,
        "related": [original, *others],
    }


def edition_url(achievement_id: str, language: str) -> str:
    return f"{achievement_id}?lang={language}"


def _related(achievement: JsonObject, language: str) -> Mapping[str, Any]:
    said = {"type": ["Related"], "id": edition_url(str(achievement["id"]), language), "inLanguage": language}
    return {**said, "version": achievement["version"]} if "version" in achievement else said
