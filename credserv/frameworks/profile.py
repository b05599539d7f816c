"""A role profile: the skills a role needs, each with a level where one is required.

    {"name": "learning mentor", "uri": "…", "skills": [{"uri": "…", "label": "…", "level": "proficient",
     "scale": ["developing", "proficient", "expert"], "essential": true}]}

Also accepted: `essential` and `optional` instead of `skills` (role profiles from ESCO), an occupation as
ESCO's API returns it, a list of skills, and a list of profiles, of which one is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from credserv.frameworks.framework import Item
from credserv.frameworks.gathering import is_absolute, same
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.reading import FaultList, pointer
from credserv.openbadges.lenient import read_list, read_text

MAX_SKILLS = 2_000
_MAX_ENTRIES = 5 * MAX_SKILLS  # a skill may stand in several lists
_MAX_LEVELS = 100
_URIS = ("uri", "skill", "id", "@id", "conceptUri", "targetUrl")
_LEVELS = ("level", "level_at_least", "levelAtLeast", "minimum_level")
_LISTS = ("skills", "essential", "optional", "skill", "profile", "hasEssentialSkill", "hasOptionalSkill")
_OPTIONAL = ("optional", "hasOptionalSkill")
_WRAPPERS = ("profile", "profiles", "_links")
_NO = (False, "false", "no", "0", 0)


@dataclass(frozen=True)
class WantedSkill:
    """A skill. `level` is the minimum, "" for any; `scale` has all levels, lowest first."""

    uri: str
    label: str = ""
    level: str = ""
    scale: tuple[str, ...] = ()
    essential: bool = True


@dataclass(frozen=True)
class RoleProfile:
    name: str
    skills: tuple[WantedSkill, ...]
    uri: str = ""


def parse_profile(value: Any, *, role: str = "") -> RoleProfile:
    """Parse a profile. `role` selects one of several by name, URI or code; "" where there is one.

    Raises InputError where none or several match, SchemaFaultsError with every fault.
    """
    chosen, place = _choose(value, role)
    faults, scale = FaultList(), _scale(chosen)
    skills: dict[str, WantedSkill] = {}
    entries = tuple(islice(_entries(chosen, place), _MAX_ENTRIES + 1))
    if len(entries) > _MAX_ENTRIES:
        raise InputError(f"a role profile has at most {_MAX_ENTRIES} entries")
    for entry, where, essential in entries:
        skill = _read_skill(entry, where, essential, scale, faults)
        if skill is None:
            continue
        known = skills.get(same(skill.uri))
        if known is not None and known.level != skill.level:
            faults.add(where, f"the skill stands twice, at “{known.level[:80]}” and “{skill.level[:80]}”")
        if known is None or skill.essential > known.essential:
            skills[same(skill.uri)] = skill
    if not skills and not faults.faults:
        faults.add(place, "a profile has at least one skill")
    if len(skills) > MAX_SKILLS:
        faults.add(place, f"at most {MAX_SKILLS} skills are read")
    faults.require("the role profile")
    return RoleProfile(_name_of(chosen) or "role profile", tuple(skills.values()), _text(chosen, "uri", "id"))


def profile_of(occupation: Item) -> RoleProfile:
    """Return the profile of a framework's occupation. Raises InputError if it names no skills."""
    skills = tuple(WantedSkill(need.uri, essential=need.essential) for need in occupation.needs)
    if not skills:
        raise InputError(f"“{occupation.label}” names no skills; it is no occupation with a profile")
    return RoleProfile(occupation.label, skills, occupation.uri)


# --- which --------------------------------------------------------------------------------------


def _choose(value: Any, role: str) -> tuple[Any, str]:
    entries, place = (value, "") if isinstance(value, list) else ([], "")
    for name in _WRAPPERS:
        inner = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(inner, Mapping) and _is_profile(inner):
            around = {member: one for member, one in value.items() if member != name}
            return {**around, **inner}, pointer("", name)
        if isinstance(inner, list) and any(_is_profile(entry) for entry in inner):
            entries, place = inner, pointer("", name)
    profiles = [(entry, pointer(place, at)) for at, entry in enumerate(entries) if _is_profile(entry)]
    if not profiles:
        return value, ""
    named = [one for one in profiles if not role or role.casefold() in _names(one[0])]
    if len(named) == 1:
        return named[0]
    known = ", ".join(_name_of(one) or "without a name" for one, _ in profiles[:20])
    said = (
        f"there is no role “{role}” in it" if role else f"it holds {len(profiles)} role profiles: say which"
    )
    raise InputError(f"{said}; there are {known}")


def _is_profile(entry: object) -> bool:
    return isinstance(entry, Mapping) and any(isinstance(entry.get(name), list) for name in _LISTS)


def _names(profile: JsonObject) -> set[str]:
    names = ("name", "label", "uri", "id", "iscoCode", "code")
    return {read_text(profile.get(name)).casefold() for name in names} - {""}


def _name_of(profile: Any) -> str:
    return _text(profile, "name", "label", "title")


def _text(value: Any, *names: str) -> str:
    if not isinstance(value, Mapping):
        return ""
    return next((text for name in names if (text := read_text(value.get(name)))), "")


# --- its skills ---------------------------------------------------------------------------------


def _entries(profile: Any, place: str) -> Iterator[tuple[Any, str, bool]]:
    """Yield each entry with its place, and whether its list is of essential skills."""
    if isinstance(profile, list):
        yield from ((entry, pointer(place, index), True) for index, entry in enumerate(profile))
    elif isinstance(profile, Mapping):
        for name in _LISTS:
            for index, entry in enumerate(read_list(profile.get(name))):
                yield entry, pointer(place, name, index), name not in _OPTIONAL


def _scale(profile: Any) -> tuple[str, ...]:
    value = profile.get("scale") if isinstance(profile, Mapping) else None
    return tuple(read_text(level) for level in read_list(value) if read_text(level))


def _read_skill(
    entry: Any, place: str, essential: bool, scale: tuple[str, ...], faults: FaultList
) -> WantedSkill | None:
    described: JsonObject = entry if isinstance(entry, Mapping) else {}
    uri = entry.strip() if isinstance(entry, str) else _text(described, *_URIS)
    if not is_absolute(uri):
        named = uri or _text(described, "label", "name")
        faults.add(place, f"a skill is named by its URI; “{named[:80]}” could be several")
        return None
    level, scale = _text(described, *_LEVELS), _scale(described) or scale
    if len(scale) > _MAX_LEVELS:
        faults.add(place, f"a scale has at most {_MAX_LEVELS} levels")
        return None
    if level and scale and level.casefold() not in {name.casefold() for name in scale}:
        faults.add(place, f"the level “{level[:80]}” is none of its scale")
        return None
    label = _text(described, "label", "name", "preferredLabel", "targetName", "title")
    return WantedSkill(uri, label, level, scale, essential and not _is_optional(described))


def _is_optional(skill: JsonObject) -> bool:
    if _text(skill, "relationType").lower() == "optional" or skill.get("optional") in (True, "true", "yes"):
        return True
    return any(_plain(skill.get(name)) in _NO for name in ("essential", "required"))


def _plain(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value
