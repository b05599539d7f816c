"""Propose a pathway from a role profile: for each skill that the role requires, the badges that show it.

Nothing is stored. The resulting rule is reviewed, edited and set like any other. Skills without a badge are
listed, and become steps only if somebody wants that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credserv.frameworks.framework import Strength
from credserv.frameworks.gathering import same
from credserv.frameworks.profile import RoleProfile, WantedSkill
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut
from credserv.journeys.define.achievements import define, no_image_files
from credserv.journeys.define.catalogue import definition_from_form, newest_of_each
from credserv.journeys.define.frameworks import known_links
from credserv.journeys.define.role_profiles import require_profile, with_labels
from credserv.journeys.services import Services
from credserv.mastery.reading import MAX_STEPS
from credserv.mastery.targets import fragment_of
from credserv.openbadges.lenient import read_objects, read_text
from credserv.openbadges.skill_claims import ClaimKind, skill_claims
from credserv.records.achievements import AchievementVersion

_NO_BADGE = "no badge shows it"


@dataclass(frozen=True)
class Shows:
    """A badge that shows a skill.

    Attributes:
        through: The skill that the badge names, if a crosswalk calls it an exact match; "" if it is the same
            skill.
        level: The fragment of the required level in the badge's rubric; "" if no level is required.
        why_not: Why it is not enough; "" if it is.
    """

    key: str
    name: str
    through: str = ""
    level: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class SkillSteps:
    """One skill of the profile.

    Attributes:
        badges: The badges that show it.
        chosen: The key of the proposed one; "" for none.
        gap: Why no badge shows it; "" if one does.
    """

    skill: WantedSkill
    badges: tuple[Shows, ...]
    chosen: str = ""
    gap: str = ""


@dataclass(frozen=True)
class ProposedPathway:
    """A proposal.

    Attributes:
        without_room: Steps left out because a route has at most MAX_STEPS.
    """

    profile: RoleProfile
    skills: tuple[SkillSteps, ...]
    rule: JsonObject
    without_room: int = 0

    @property
    def gaps(self) -> tuple[SkillSteps, ...]:
        """Return the essential skills that no badge shows."""
        return tuple(one for one in self.skills if one.gap and one.skill.essential)


def propose_profile_pathway(
    services: Services, key: str, *, toward: str = "", steps_for_gaps: bool = False
) -> ProposedPathway:
    """Propose as few badges as possible for the essential skills of a role profile, in the profile's order.

    Args:
        toward: The key of the achievement at the end of the pathway, which is not a step.
        steps_for_gaps: Whether a skill without a badge becomes a step too, which any badge for it meets.

    Raises:
        NotFoundError: There is no such role profile or achievement.
    """
    profile = with_labels(services, require_profile(services, key))
    shown = _shown(services, profile, toward)
    skills = tuple(_answer(skill, tuple(shown.get(same(skill.uri), ()))) for skill in profile.skills)
    skills = _choose(skills)
    steps = list(_steps(skills, steps_for_gaps))
    route: dict[str, Any] = {"name": cut(profile.name, 200), "steps": steps[:MAX_STEPS]}
    return ProposedPathway(
        profile, skills, {"pathway": {"routes": [route]}}, without_room=max(0, len(steps) - MAX_STEPS)
    )


def tell_profile_pathway(proposed: ProposedPathway) -> dict[str, Any]:
    """Return a proposal as JSON, as the API answers it."""
    return {
        "profile": proposed.profile.name,
        "skills": [_tell(one) for one in proposed.skills],
        "gaps": [one.skill.uri for one in proposed.gaps],
        "without_room": proposed.without_room,
        "rule": dict(proposed.rule),
    }


def _tell(one: SkillSteps) -> dict[str, Any]:
    return {
        "uri": one.skill.uri,
        "label": one.skill.label,
        "level": one.skill.level,
        "essential": one.skill.essential,
        "chosen": one.chosen,
        "gap": one.gap,
        "badges": [
            {
                "achievement": badge.key,
                "name": badge.name,
                "through": badge.through,
                "level": badge.level,
                "why_not": badge.why_not,
            }
            for badge in one.badges
        ],
    }


# --- which badges show what -------------------------------------------------------------------------


def _shown(services: Services, profile: RoleProfile, toward: str) -> dict[str, list[Shows]]:
    """Return the badges that name a skill, or an exact match of it, by skill."""
    wanted = {same(skill.uri): skill for skill in profile.skills}
    exact: dict[str, list[str]] = {}
    for link in known_links(services, [skill.uri for skill in profile.skills]):
        if link.strength is Strength.EXACT and same(link.target) in wanted:
            exact.setdefault(same(link.origin), []).append(same(link.target))
    found: dict[str, list[Shows]] = {}
    for version in newest_of_each(services):
        if version.key == toward:
            continue
        named = {same(uri): uri for uri in _named(version)}
        for address, uri in named.items():
            if address in wanted:
                found.setdefault(address, []).append(_shows(version, uri, wanted[address], ""))
            for target in exact.get(address, ()):
                if target not in named:
                    found.setdefault(target, []).append(_shows(version, uri, wanted[target], uri))
    return found


def _named(version: AchievementVersion) -> Iterator[str]:
    """Yield the skills among a version's alignments, without roles and levels."""
    claims = skill_claims({}, version.achievement)
    return (claim.uri for claim in claims if claim.kind is ClaimKind.SKILL and claim.uri)


def _shows(version: AchievementVersion, uri: str, wanted: WantedSkill, through: str) -> Shows:
    name = str(version.achievement["name"])
    if not wanted.level:
        return Shows(version.key, name, through)
    level = _level_of(version.achievement, uri, wanted.level)
    why_not = "" if level else f"it knows no level “{wanted.level}”"
    return Shows(version.key, name, through, level, why_not)


def _level_of(achievement: JsonObject, uri: str, level: str) -> str:
    """Return the level from the skill's rubric, or else from a rubric for no particular skill."""
    described = read_objects(achievement.get("resultDescription"))
    about = [one for one in described if uri in _targets(one)]
    for one in about or [one for one in described if not _targets(one)]:
        for known in read_objects(one.get("rubricCriterionLevel")):
            words = (read_text(known.get("name")), read_text(known.get("level")))
            if level.casefold() in {word.casefold() for word in words if word}:
                return fragment_of(known)
    return ""


def _targets(description: JsonObject) -> set[str]:
    return {read_text(one.get("targetUrl")) for one in read_objects(description.get("alignment"))}


# --- which of them are proposed -----------------------------------------------------------------------


def _answer(skill: WantedSkill, badges: tuple[Shows, ...]) -> SkillSteps:
    if any(not badge.why_not for badge in badges):
        return SkillSteps(skill, badges)
    told = "; ".join(f"{badge.name}: {badge.why_not}" for badge in badges)
    return SkillSteps(skill, badges, gap=told or _NO_BADGE)


def _choose(skills: tuple[SkillSteps, ...]) -> tuple[SkillSteps, ...]:
    """Choose the badge that shows most of what is left, repeatedly; ties go to the first by key."""
    fit = [{badge.key for badge in one.badges if not badge.why_not} for one in skills]
    left = {at for at, one in enumerate(skills) if one.skill.essential and fit[at]}
    chosen: dict[int, str] = {}
    while left:
        counts: dict[str, int] = {}
        for at in left:
            for key in fit[at]:
                counts[key] = counts.get(key, 0) + 1
        best = min(counts, key=lambda key: (-counts[key], key))
        chosen |= {at: best for at in left if best in fit[at]}
        left = {at for at in left if best not in fit[at]}
    return tuple(replace(one, chosen=chosen.get(at, "")) for at, one in enumerate(skills))


def _steps(skills: tuple[SkillSteps, ...], steps_for_gaps: bool) -> Iterator[dict[str, str]]:
    """Yield a step for each badge and required level."""
    taken = set()
    for one in skills:
        if one.chosen:
            level = next(badge.level for badge in one.badges if badge.key == one.chosen)
            step = {"achievement": one.chosen, **({"level_at_least": level} if level else {})}
            if (one.chosen, level) not in taken:
                taken.add((one.chosen, level))
                yield step
        elif one.gap and one.skill.essential and steps_for_gaps:
            yield {
                "alignment": one.skill.uri,
                **({"name": cut(one.skill.label, 200)} if one.skill.label else {}),
            }


# --- what it leads to -----------------------------------------------------------------------------------


def make_target(services: Services, key: str, name: str, *, actor: str, now: datetime) -> str:
    """Create a badge for whoever completes the pathway to a role.

    Returns:
        Its key.

    Raises:
        NotFoundError: There is no such role profile.
        InputError: The name is not valid.
    """
    profile = require_profile(services, key)
    fields = {
        "name": name.strip(),
        "description": f"What the role “{profile.name}” asks for, badge by badge.",
        "criteria": f"Hold every badge of the pathway to the role “{profile.name}”.",
    }
    document = definition_from_form(services, fields)
    return define(services, document, read_image=no_image_files, actor=actor, now=now)[0].key
