"""Eligibility: how verified credentials meet a role profile, skill by skill.

Nothing is combined: a broader or narrower skill, a skill at a lower level, or a credential that is not valid
is reported, and does not meet the skill.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from credserv.frameworks.crosswalk import Link
from credserv.frameworks.framework import Strength
from credserv.frameworks.gathering import same
from credserv.frameworks.profile import RoleProfile, WantedSkill
from credserv.ground.names import cut
from credserv.openbadges.skill_claims import SkillClaim

_MAX_LEVEL_CHARS = 80


class Answer(StrEnum):
    """The answers, most decisive first: what one credential leaves open, another may settle."""

    MET = "met"
    CROSSWALK = "met through a crosswalk"
    UNKNOWN = "unknown"
    LEVEL = "level too low"
    EXPIRED = "expired"
    MISSING = "missing"


class Standing(StrEnum):
    """The state of a credential after verification."""

    COUNTS = "counts"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    NOT_COUNTED = "not counted"


@dataclass(frozen=True)
class Shown:
    """A credential after verification.

    Attributes:
        why: the reason for its state; "" if there is nothing to say.
        given_as: what the person who submitted it called it.
    """

    id: str
    standing: Standing
    skills: tuple[SkillClaim, ...]
    why: str = ""
    ends: datetime | None = None
    given_as: str = ""


@dataclass(frozen=True)
class SkillAnswer:
    """The answer for one skill.

    Attributes:
        by: the credentials it rests on.
        near: those with a linked skill that does not meet it.
        strength: of the link, for `by` or `near`.
        not_counted: why, by credential.
        ends: until when it is met.
    """

    skill: WantedSkill
    answer: Answer
    by: tuple[str, ...]
    reason: str
    strength: Strength | None = None
    near: tuple[str, ...] = ()
    not_counted: dict[str, str] = field(default_factory=dict)
    ends: datetime | None = None


@dataclass(frozen=True)
class Eligibility:
    profile: RoleProfile
    answers: tuple[SkillAnswer, ...]

    @property
    def summary(self) -> dict[str, int]:
        """Counts of the essential skills; met through a crosswalk counts as met."""
        answers = [one.answer for one in self.answers if one.skill.essential]
        met = sum(answer in (Answer.MET, Answer.CROSSWALK) for answer in answers)
        counts = {
            "met": met,
            "of": len(answers),
            "expired": answers.count(Answer.EXPIRED),
            "unknown": answers.count(Answer.UNKNOWN),
            "missing": answers.count(Answer.MISSING),
        }
        too_low = answers.count(Answer.LEVEL)
        return {**counts, "level too low": too_low} if too_low else counts


def judge_eligibility(
    profile: RoleProfile, shown: Sequence[Shown], crosswalk: Iterable[Link] = ()
) -> Eligibility:
    """Return each skill of the profile, in order, with the answer from the credentials."""
    claims = [(one, {same(claim.uri): claim for claim in reversed(one.skills)}) for one in shown]
    claimed = frozenset(key for _, by_uri in claims for key in by_uri)
    links, turned = _index(crosswalk, claimed)
    answers = []
    for wanted in profile.skills:
        key = same(wanted.uri)
        found = _Found(wanted)
        for credential, by_uri in claims:
            if key in by_uri:
                found.add(credential, by_uri[key], None)
                continue
            for origin, link in links.get(key, ()):
                if origin in by_uri:
                    found.add(credential, by_uri[origin], link)
            for origin, link in turned.get(key, ()):
                if origin in by_uri:
                    found.add_near(credential, link)
        answers.append(found.answer())
    return Eligibility(profile, tuple(answers))


_Index = dict[str, list[tuple[str, Link]]]


def _index(crosswalk: Iterable[Link], claimed: frozenset[str]) -> tuple[_Index, _Index]:
    """Return the links from somebody's skill, and the turned links to one, by the skill asked for.

    Each is compared once, however many skills are asked for (attack 167).
    """
    links: _Index = {}
    turned: _Index = {}
    for link in crosswalk:
        origin, target = same(link.origin), same(link.target)
        if origin in claimed:
            links.setdefault(target, []).append((origin, link))
        if target in claimed:
            turned.setdefault(origin, []).append((target, link.turned))
    return links, turned


# --- one skill ----------------------------------------------------------------------------------


class _Found:
    """What the credentials show of one skill."""

    def __init__(self, wanted: WantedSkill) -> None:
        self._wanted = wanted
        self._by: dict[Answer, dict[str, tuple[Shown, str]]] = {}
        self._near: dict[str, Strength] = {}
        self._not_counted: dict[str, str] = {}

    def add(self, credential: Shown, claim: SkillClaim, link: Link | None) -> None:
        if link is not None and link.strength is not Strength.EXACT:
            self.add_near(credential, link)
        elif credential.standing is Standing.NOT_COUNTED:
            self._not_counted[credential.id] = credential.why
        else:
            answer, why = self._judge(credential, claim, link)
            self._by.setdefault(answer, {})[credential.id] = (credential, why)

    def add_near(self, credential: Shown, link: Link) -> None:
        if credential.standing is Standing.COUNTS:
            self._near.setdefault(credential.id, link.strength)

    def _judge(self, credential: Shown, claim: SkillClaim, link: Link | None) -> tuple[Answer, str]:
        if credential.standing is Standing.EXPIRED:
            return Answer.EXPIRED, credential.why
        if credential.standing is Standing.UNKNOWN:
            return Answer.UNKNOWN, credential.why
        answer, why = judge_level(self._wanted, claim)
        if answer is Answer.MET and link is not None:
            answer = Answer.CROSSWALK
            why = f"it shows {link.origin}, which a crosswalk says is exactly this skill"
        return answer, f"{why} ({credential.why})" if credential.why else why

    def answer(self) -> SkillAnswer:
        answer = next((one for one in Answer if one in self._by), Answer.MISSING)
        by = self._by.get(answer, {})
        near = () if answer in (Answer.MET, Answer.CROSSWALK) else tuple(self._near)
        strength = Strength.EXACT if answer is Answer.CROSSWALK else self._near[near[0]] if near else None
        return SkillAnswer(
            self._wanted,
            answer,
            tuple(by),
            self._reason(by, near),
            strength,
            near,
            self._not_counted,
            _end_of([credential for credential, _ in by.values()], answer),
        )

    def _reason(self, by: dict[str, tuple[Shown, str]], near: Sequence[str]) -> str:
        said = [f"{name}: {why}" for name, (_, why) in by.items()]
        said += [f"{name}: it shows {_LINKED[self._near[name]]}, which does not meet it" for name in near]
        said += [f"{name} is not counted: {why}" for name, why in self._not_counted.items()]
        return "; ".join(said) or "no credential shows it"


_LINKED = {
    Strength.EXACT: "a skill that this one is said to be exactly, though not the other way round",
    Strength.BROADER: "a broader skill",
    Strength.NARROWER: "a narrower skill",
    Strength.RELATED: "a related skill",
}


def _end_of(by: Sequence[Shown], answer: Answer) -> datetime | None:
    """Return until when the last of them is valid; None where one has no end."""
    ends = [credential.ends for credential in by]
    if answer not in (Answer.MET, Answer.CROSSWALK) or None in ends:
        return None
    return max((end for end in ends if end is not None), default=None)


def judge_level(wanted: WantedSkill, claim: SkillClaim) -> tuple[Answer, str]:
    """Judge the level reached. One not stated, or on another scale, is unknown."""
    if not wanted.level:
        return Answer.MET, "it shows it, and is in force"
    asked = f"“{_told(wanted.level)}” is asked for"
    if not claim.level_names:
        return Answer.UNKNOWN, f"it does not say at which level; {asked}"
    scale = wanted.scale or claim.rubric
    ranks = {name.casefold(): rank for rank, name in enumerate(scale)}
    reached = [ranks[name.casefold()] for name in claim.level_names if name.casefold() in ranks]
    least = ranks.get(wanted.level.casefold())
    if not reached or least is None:
        return _judge_without_scale(wanted, claim, asked)
    answer = Answer.MET if max(reached) >= least else Answer.LEVEL
    return answer, f"it shows it at the level “{_told(scale[max(reached)])}”; {asked}"


def _judge_without_scale(wanted: WantedSkill, claim: SkillClaim, asked: str) -> tuple[Answer, str]:
    """Judge without a scale: equal names are equal levels, two numbers compare, anything else is unknown."""
    level = claim.level
    if not wanted.scale:
        if wanted.level.casefold() in {name.casefold() for name in claim.level_names}:
            return Answer.MET, f"it shows it at the level “{_told(wanted.level)}”"
        numbers = [float(name) for name in claim.level_names if name.replace(".", "", 1).isdecimal()]
        if numbers and wanted.level.replace(".", "", 1).isdecimal():
            enough = max(numbers) >= float(wanted.level)
            return (
                Answer.MET if enough else Answer.LEVEL,
                f"it shows it at the level {max(numbers):g}; {asked}",
            )
    return Answer.UNKNOWN, f"it says “{_told(level)}”, and nothing says how that compares; {asked}"


def _told(level: str) -> str:
    """Return a level for a sentence, of which there is one for each skill and credential (attack 166)."""
    return level if len(level) <= _MAX_LEVEL_CHARS else f"{cut(level, _MAX_LEVEL_CHARS)}…"
