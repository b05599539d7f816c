"""Rich Skill Descriptors and collections of them, as OSMT returns them in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Strength
from credserv.frameworks.gathering import Gathered, is_absolute
from credserv.frameworks.texts import shorten
from credserv.ground.json_types import JsonObject
from credserv.openbadges.lenient import read_identifier, read_list, read_objects, read_text

FORMAT = "rsd-json"
_DESCRIPTOR, _COLLECTION = "RichSkillDescriptor", "RichSkillCollection"
_RETIRED = ("archived", "deleted")


def is_rsd_json(value: object) -> bool:
    """Return whether it is a skill, a list of skills or a collection."""
    if isinstance(value, list):
        return bool(value) and all(is_rsd_json(entry) for entry in value)
    if not isinstance(value, Mapping):
        return False
    kinds = read_list(value.get("type", value.get("@type")))
    is_skill = "skillStatement" in value and ("skillName" in value or "id" in value)
    skills = read_objects(value.get("skills"))
    return (
        is_skill
        or _DESCRIPTOR in kinds
        or _COLLECTION in kinds
        or any("skillStatement" in one for one in skills)
    )


def read_rsd_json(value: Any, asked: Asked) -> Framework:
    gathered = Gathered(asked)
    collection: JsonObject = value if isinstance(value, Mapping) and "skills" in value else {}
    entries = read_list(collection.get("skills")) if collection else read_list(value)
    for index, entry in enumerate(entries):
        _read_skill(gathered, entry, ("skills", index) if collection else (index,))
    first = next(iter(read_objects(entries)), {})
    name = read_text(collection.get("name")) or (
        read_text(first.get("skillName")) if len(entries) == 1 else ""
    )
    return gathered.framework(
        FORMAT,
        uri=read_identifier(collection) or (read_identifier(first) if len(entries) == 1 else ""),
        name=name or "Rich skill descriptors",
        publisher=read_text(collection.get("author")) or _publisher(first),
        description=read_text(collection.get("description")),
    )


def _publisher(skill: JsonObject) -> str:
    authors = [read_text(author) for author in read_list(skill.get("authors", skill.get("author")))]
    return ", ".join(author for author in authors if author) or read_text(skill.get("creator"))


def _read_skill(gathered: Gathered, entry: object, place: tuple[str | int, ...]) -> None:
    skill: JsonObject = entry if isinstance(entry, Mapping) else {}
    name, statement = read_text(skill.get("skillName")), read_text(skill.get("skillStatement"))
    identifier = read_identifier(skill) or read_text(skill.get("uuid"))
    if not identifier or not (name or statement):
        gathered.fault("a skill with an id, a name and a statement is expected", *place)
        return
    draft = gathered.draft(gathered.address(identifier))
    draft.label(name or shorten(statement), gathered.language)
    draft.define(statement, gathered.language)
    draft.type = _DESCRIPTOR
    words = (*_names(skill, "keywords"), *_names(skill, "categories"), *_names(skill, "category"))
    draft.keywords.update(dict.fromkeys(words))
    is_archived = bool(read_text(skill.get("archiveDate")))
    draft.deprecated = is_archived or read_text(skill.get("status")).lower() in _RETIRED
    for alignment in read_list(skill.get("alignments")):
        uri = read_identifier(alignment)
        if is_absolute(uri):
            draft.match(uri, Strength.RELATED)


def _names(skill: JsonObject, member: str) -> list[str]:
    """Return names: keywords are texts in one version and objects with a name in another."""
    found = []
    for entry in read_list(skill.get(member)):
        named = entry.get("skillName", entry.get("name")) if isinstance(entry, Mapping) else entry
        if read_text(named):
            found.append(read_text(named))
    return found
