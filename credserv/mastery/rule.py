"""The rule of an achievement as a value: what has to be known of a person for it to be earned.

    {"award": "once",
     "scales": [{"description": "#mastery",
                 "levels": [{"level": "#developing", "from": 0.6, "words": ["2"]},
                            {"level": "#proficient", "from": 0.8, "words": ["3"]}]}],
     "when": {"all": [
         {"observed": {"kind": "completed", "activity": "course-v1:Example+MENTOR101+2026"}},
         {"result": {"activity": {"value": "quiz-7", "source": "campus", "name": "Final quiz"},
                     "of": "scaled", "at_least": 0.8, "description": "#mastery"}},
         {"any": [{"observed": {"kind": "observed", "by_role": "assessor", "level_at_least": "#proficient",
                                "within_days": 365}},
                  {"endorsements": {"count": 2, "by": "peer"}},
                  {"coverage": {"contexts": ["a call", "a review"], "count": 2, "by": "assessor"}}]}]}}

Closed: no expressions, no other members (docs/adr/0021; schemas/credserv/mastery-rule.json). Levels are ids
within the achievement, lowest first; `words` are what senders call them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from credserv.mastery.facts import ASSESSED_HERE, Fact, PriorCredential
from credserv.records.observations import ActivityKind, Kind


class Measure(StrEnum):
    SCALED = "scaled"
    RAW = "raw"
    LEVEL = "level"


class By(StrEnum):
    """Who somebody is, to the organisation or to the person of whom they speak."""

    ASSESSOR = "assessor"
    MANAGER = "manager"
    PEER = "peer"
    MENTOR = "mentor"
    MENTEE = "mentee"


@dataclass(frozen=True)
class Activity:
    """value: the sender's identifier, compared exactly. kind, source: None for any. name: for people."""

    value: str
    kind: ActivityKind | None = None
    source: str | None = None
    name: str | None = None

    def is_of(self, fact: Fact) -> bool:
        """By what it is about alone: who passes a quiz has not passed the course that it lies in."""
        about = fact.observation.activities[:1]
        return (
            bool(about)
            and about[0].value == self.value
            and self.kind in (None, about[0].kind)
            and self.source in (None, fact.source, None if self.source == ASSESSED_HERE else fact.namespace)
        )

    def __str__(self) -> str:
        return f"“{self.name or self.value}”"


def of_achievement(key: str) -> Activity:
    """What is observed here, of the achievement itself."""
    return Activity(key, ActivityKind.BADGE, ASSESSED_HERE, name=key)


def fold_word(word: str) -> str:
    """As words for levels are compared."""
    return word.strip().casefold()


@dataclass(frozen=True)
class Level:
    """start: the scaled score from which it is reached. words: as they are compared."""

    id: str
    start: Decimal | None
    words: frozenset[str]


@dataclass(frozen=True)
class Scale:
    """The levels of one ResultDescription, lowest first."""

    description: str
    levels: tuple[Level, ...]

    def rank(self, word: str) -> int | None:
        """Of what a sender calls a level; None for a word that no level has."""
        folded = fold_word(word)
        return next((rank for rank, level in enumerate(self.levels) if folded in level.words), None)

    def at(self, scaled: Fraction) -> str | None:
        """The level that a scaled score reaches; None below the lowest."""
        reached = [one.id for one in self.levels if one.start is not None and scaled >= Fraction(one.start)]
        return reached[-1] if reached else None


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """place: where it stands in the rule (JSON Pointer). description: the ResultDescription of the
    achievement that what it finds is written under. scale: its levels."""

    place: str
    description: str | None = None
    scale: Scale | None = None


@dataclass(frozen=True, kw_only=True)
class Observed(Leaf):
    kind: Kind
    activity: Activity
    by_role: By | None = None
    level_at_least: str | None = None
    within_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Scored(Leaf):
    """`result`. at_least: a number, or a level's id. caps: a score above the maximum counts as the maximum;
    else it is odd, and nothing is decided by it."""

    activity: Activity
    of: Measure
    at_least: Decimal | str
    caps: bool = False


@dataclass(frozen=True, kw_only=True)
class Gain(Leaf):
    """From the first `pre` to a later `post`, on one scale."""

    pre: Activity
    post: Activity
    of: Measure
    at_least: Decimal
    caps: bool = False


@dataclass(frozen=True, kw_only=True)
class Held(Leaf):
    """`credential`. achievement: a key of ours, or the id of any Achievement; or else alignment: a target.
    issuer: `ours`, `trusted`, or an issuer's id."""

    achievement: str | None
    alignment: str | None
    issuer: str
    level_at_least: str | None = None
    not_expired: bool = True

    def is_for(self, credential: PriorCredential) -> bool:
        if self.alignment is not None:
            return self.alignment in credential.alignments
        return self.achievement in (credential.achievement_key, credential.achievement)


@dataclass(frozen=True, kw_only=True)
class Endorsed(Leaf):
    """`endorsements`: by so many different people."""

    activity: Activity
    count: int
    by: By | None = None
    level_at_least: str | None = None
    within_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Covered(Leaf):
    """`coverage`: seen in at least so many of the contexts that are named."""

    activity: Activity
    contexts: tuple[str, ...]
    count: int
    by: By | None = None
    level_at_least: str | None = None
    within_days: int | None = None


@dataclass(frozen=True)
class NOf:
    """`all` and `any` are n of them, too. name: as it was written."""

    place: str
    name: str
    n: int
    of: tuple[Condition, ...]


AnyLeaf = Observed | Scored | Gain | Held | Endorsed | Covered
Condition = NOf | AnyLeaf


@dataclass(frozen=True)
class Step:
    """leaf: the credential that it takes. name, milestone: for people. by: its target date."""

    leaf: Held
    name: str | None = None
    milestone: str | None = None
    by: date | None = None

    @property
    def of(self) -> str:
        """By which a step is the same in every version of a pathway."""
        return self.leaf.achievement or self.leaf.alignment or ""


@dataclass(frozen=True)
class Route:
    name: str
    in_order: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Pathway:
    routes: tuple[Route, ...]

    @property
    def condition(self) -> Condition:
        """Every step of one route."""
        routes = tuple(
            NOf(f"/pathway/routes/{at}", "all", len(route.steps), tuple(step.leaf for step in route.steps))
            for at, route in enumerate(self.routes)
        )
        return NOf("/pathway/routes", "any", 1, routes)


@dataclass(frozen=True)
class Rule:
    """achievement: the key of what it earns. award: None where it leaves that to the achievement. pathway:
    what `when` was made of, where it is one."""

    achievement: str
    when: Condition
    award: str | None = None
    scales: tuple[Scale, ...] = ()
    pathway: Pathway | None = None


def leaves(condition: Condition) -> Iterator[AnyLeaf]:
    """In the order in which they stand."""
    if isinstance(condition, NOf):
        for one in condition.of:
            yield from leaves(one)
    else:
        yield condition


def activities(condition: Condition) -> Iterator[Activity]:
    """What any leaf looks at."""
    for leaf in leaves(condition):
        if isinstance(leaf, Gain):
            yield from (leaf.pre, leaf.post)
        elif not isinstance(leaf, Held):
            yield leaf.activity
