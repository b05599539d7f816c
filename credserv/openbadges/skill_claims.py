"""The skills that a credential names, separate from roles and levels, each with the level reached.

Open Badges 3.0, Appendix B.1 (Alignment, Result, ResultDescription, RubricCriterionLevel). Read leniently,
adding nothing. A result gives the level of the skills its description is aligned to, or, where that names
none, of all the achievement is aligned to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from credserv.ground.json_types import JsonObject
from credserv.openbadges.lenient import read_identifier, read_list, read_objects, read_text
from credserv.openbadges.plain import plain_form
from credserv.openbadges.room import Room
from credserv.openbadges.skills import AlignmentDisplay, read_alignments

_LEVEL_TYPES = ("CFRubricCriterionLevel", "CFRubric", "ProgressionLevel")
_ROLE_TYPES = ("Occupation", "Job", "WorkRole")
_ROLE = re.compile(
    r"//data\.europa\.eu/esco/(?:occupation|isco)/|//(?:www\.)?onetonline\.org/link/|/isco/", re.IGNORECASE
)
_LEVEL = re.compile(r"//data\.europa\.eu/(?:snb/eqf|esco/EQF)|[/#](?:level|eqf)[-/]?\d$", re.IGNORECASE)
# Values of these types are measurements, not levels.
_MEASURES = (
    "GradePointAverage",
    "Percent",
    "PredictedScore",
    "RawScore",
    "RubricScore",
    "ScaledScore",
    "Status",
)
_MAX_LEVELS = 100  # of a rubric; a list of more is none
_CHARS_OF_NAME = 8  # what each costs besides its characters
_REACHED = ("", "Completed")  # ResultStatusType; a failed or ongoing result shows no level


class ClaimKind(StrEnum):
    """What an alignment names."""

    SKILL = "skill"
    ROLE = "role"
    LEVEL = "level"


@dataclass(frozen=True)
class SkillClaim:
    """One skill as a credential names it. Empty text means *the document does not say*.

    Attributes:
        uri: as written; check it before linking.
        level: the name of the level reached.
        level_names: every name the credential has for it.
        rubric: the names of its levels in order, where known.
    """

    name: str
    uri: str
    framework: str = ""
    code: str = ""
    kind: ClaimKind = ClaimKind.SKILL
    level: str = ""
    level_names: tuple[str, ...] = ()
    rubric: tuple[str, ...] = ()
    description: str = ""

    @property
    def sentence(self) -> str:
        """The claim in a plain sentence."""
        of = f" ({self.framework})" if self.framework else ""
        level = f", at the level “{self.level}”" if self.level else ""
        return f"{self.name or self.uri}{of}{level}."


@dataclass(frozen=True)
class _Described:
    """What the achievement says about results, read once for all of them.

    Attributes:
        levels: by their ids.
        about: the skills that it is aligned to; `order` has the same, sorted.
    """

    levels: Mapping[str, JsonObject]
    is_measure: bool
    rubric: tuple[str, ...]
    about: frozenset[str]
    order: tuple[str, ...]


@dataclass(frozen=True)
class _Reached:
    names: tuple[str, ...]
    of: _Described


def read_skill_claims(document: JsonObject) -> tuple[SkillClaim, ...]:
    """Return all skills, roles and levels of a credential, over all subjects and achievements."""
    plain = plain_form(document)
    return tuple(
        claim
        for subject in read_objects(plain.get("credentialSubject"))
        for achievement in read_objects(subject.get("achievement"))
        for claim in skill_claims(subject, achievement)
    )


def skill_claims(
    subject: JsonObject, achievement: JsonObject, alignments: Sequence[AlignmentDisplay] | None = None
) -> Iterator[SkillClaim]:
    """Yield those of one subject and one of its achievements, in plain form.

    Args:
        alignments: from `read_alignments`, where already read.
    """
    alignments = read_alignments(achievement) if alignments is None else alignments
    # The order of results is not signed (`first_object`), so two levels of one skill are sorted here.
    reached = sorted(_reached(subject, achievement), key=lambda one: (one.names, one.of.order))
    types = [read_text(item.get("targetType")) for item in read_objects(achievement.get("alignment"))]
    room = Room()
    for alignment, target_type in zip(alignments, types, strict=True):
        about = [one for one in reached if not one.of.about or alignment.url in one.of.about]
        exact = [one for one in about if one.of.about] or about
        names = tuple(dict.fromkeys(name for one in exact for name in one.names))
        if not room.take(sum(len(name) + _CHARS_OF_NAME for name in names)):
            exact, names = [], ()
        yield SkillClaim(
            name=alignment.name,
            uri=alignment.url,
            framework=alignment.framework or alignment.kind,
            code=alignment.code,
            kind=_kind(alignment, target_type),
            level=", ".join(dict.fromkeys(one.names[0] for one in exact)),
            level_names=names,
            rubric=exact[0].of.rubric if len(exact) == 1 else (),
            description=alignment.description,
        )


def _kind(alignment: AlignmentDisplay, target_type: str) -> ClaimKind:
    bare = target_type.removeprefix("ext:").rpartition(":")[2]
    if bare in _LEVEL_TYPES or _LEVEL.search(alignment.url):
        return ClaimKind.LEVEL
    if bare in _ROLE_TYPES or _ROLE.search(alignment.url):
        return ClaimKind.ROLE
    return ClaimKind.SKILL


def is_reached(result: JsonObject) -> bool:
    """Return whether the level that a result names was reached."""
    return read_text(result.get("status")) in _REACHED


def _reached(subject: JsonObject, achievement: JsonObject) -> Iterator[_Reached]:
    """Yield the levels that the results of a subject name."""
    described = {read_identifier(item): item for item in read_objects(achievement.get("resultDescription"))}
    known: dict[str, _Described] = {}
    for result in read_objects(subject.get("result")):
        name = read_text(result.get("resultDescription"))
        if name not in known:
            known[name] = _read_description(described.get(name, {}))
        names = _level_names(result, known[name])
        if names and is_reached(result):
            yield _Reached(names, known[name])


def _read_description(description: JsonObject) -> _Described:
    levels = read_objects(description.get("rubricCriterionLevel"))
    aligned = (read_text(one.get("targetUrl")) for one in read_objects(description.get("alignment")))
    about = frozenset(url for url in aligned if url)
    return _Described(
        levels={read_identifier(level): level for level in reversed(levels)},
        is_measure=read_text(description.get("resultType")) in _MEASURES,
        rubric=_rubric(levels, description),
        about=about,
        order=tuple(sorted(about)),
    )


def _level_names(result: JsonObject, of: _Described) -> tuple[str, ...]:
    """Return its name, its rank and the result's own value; of a URI described nowhere, its last part."""
    achieved = read_text(result.get("achievedLevel"))
    found = of.levels.get(achieved) if achieved else None
    named = (
        [read_text(found.get("name")), read_text(found.get("level"))]
        if found is not None
        else [achieved if ":" not in achieved else re.split(r"[#/:]", achieved)[-1]]
    )
    if not of.is_measure:
        named.append(read_text(result.get("value")))
    return tuple(dict.fromkeys(name for name in named if name))


def _rubric(levels: list[JsonObject], description: JsonObject) -> tuple[str, ...]:
    """Return the names by rank; without ranks, in the order of `allowedValue`.

    That order is from low to high (Open Badges 3.0, B.1.21).
    """
    try:
        ranked = sorted(levels, key=lambda level: float(read_text(level.get("level"))))
    except ValueError:
        ranked = []
    names = [read_text(level.get("name")) for level in ranked]
    if not names:
        names = [read_text(value) for value in read_list(description.get("allowedValue"))]
    return tuple(name for name in names if name) if len(names) <= _MAX_LEVELS else ()
