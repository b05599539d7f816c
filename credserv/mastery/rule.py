"""The rule of an achievement as a value: what must be known of a person for it to be earned.

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

The language is closed: no expressions, no other members (docs/adr/0021; schemas/credserv/mastery-rule.json).
Levels are ids within the achievement, lowest first; `words` are what senders call them.
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
    """What somebody is to the organisation, or to the person of whom they speak."""

    ASSESSOR = "assessor"
    MANAGER = "manager"
    PEER = "peer"
    MENTOR = "mentor"
    MENTEE = "mentee"


@dataclass(frozen=True)
class Activity:
    """An activity.

    Attributes:
        value: The sender's identifier, compared exactly.
        kind: None for any.
        source: None for any.
        name: For people.
    """

    value: str
    kind: ActivityKind | None = None
    source: str | None = None
    name: str | None = None

    def is_of(self, fact: Fact) -> bool:
        """Return whether a fact is about it.

        Only its main activity counts, so passing a quiz does not pass the course that contains it.
        """
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
    """Return the activity for what is observed here about the achievement itself."""
    return Activity(key, ActivityKind.BADGE, ASSESSED_HERE, name=key)


def fold_word(word: str) -> str:
    """Return a word for levels in the form that is compared."""
    return word.strip().casefold()


@dataclass(frozen=True)
class Level:
    """A level.

    Attributes:
        start: The scaled score from which it is reached.
        words: As compared.
    """

    id: str
    start: Decimal | None
    words: frozenset[str]


@dataclass(frozen=True)
class Scale:
    """The levels of one ResultDescription, lowest first."""

    description: str
    levels: tuple[Level, ...]

    def rank(self, word: str) -> int | None:
        """Return the rank of a sender's word for a level; None if no level has it."""
        folded = fold_word(word)
        return next((rank for rank, level in enumerate(self.levels) if folded in level.words), None)

    def at(self, scaled: Fraction) -> str | None:
        """Return the level that a scaled score reaches; None below the lowest."""
        reached = [one.id for one in self.levels if one.start is not None and scaled >= Fraction(one.start)]
        return reached[-1] if reached else None


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A leaf of a rule.

    Attributes:
        place: Where it is in the rule (JSON Pointer).
        description: The achievement's ResultDescription under which its findings are written.
        scale: The levels of that description.
    """

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
    """`result`.

    Attributes:
        at_least: A number, or a level's id.
        caps: Whether a score above the maximum counts as the maximum; otherwise it is odd and decides
            nothing.
    """

    activity: Activity
    of: Measure
    at_least: Decimal | str
    caps: bool = False


@dataclass(frozen=True, kw_only=True)
class Gain(Leaf):
    """The gain from the first `pre` to a later `post`, on one scale."""

    pre: Activity
    post: Activity
    of: Measure
    at_least: Decimal
    caps: bool = False


@dataclass(frozen=True, kw_only=True)
class Held(Leaf):
    """`credential`.

    Attributes:
        achievement: A key of ours, or the id of any Achievement.
        alignment: A target, instead of an achievement.
        issuer: `ours`, `trusted`, or an issuer's id.
    """

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
    """`coverage`: seen in at least so many of the listed contexts."""

    activity: Activity
    contexts: tuple[str, ...]
    count: int
    by: By | None = None
    level_at_least: str | None = None
    within_days: int | None = None


@dataclass(frozen=True)
class NOf:
    """`n_of`; `all` and `any` are forms of it.

    Attributes:
        name: As it was written.
    """

    place: str
    name: str
    n: int
    of: tuple[Condition, ...]


AnyLeaf = Observed | Scored | Gain | Held | Endorsed | Covered
Condition = NOf | AnyLeaf


@dataclass(frozen=True)
class Step:
    """A step of a pathway.

    Attributes:
        leaf: The credential it requires.
        name: For people.
        milestone: For people.
        by: Its target date.
    """

    leaf: Held
    name: str | None = None
    milestone: str | None = None
    by: date | None = None

    @property
    def of(self) -> str:
        """Return what identifies a step in every version of a pathway."""
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
        """Return the condition: every step of one route."""
        routes = tuple(
            NOf(f"/pathway/routes/{at}", "all", len(route.steps), tuple(step.leaf for step in route.steps))
            for at, route in enumerate(self.routes)
        )
        return NOf("/pathway/routes", "any", 1, routes)


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        achievement: The key of what it earns.
        award: None if it leaves that to the achievement.
        pathway: What `when` was made from, if it is a pathway.
    """

    achievement: str
    when: Condition
    award: str | None = None
    scales: tuple[Scale, ...] = ()
    pathway: Pathway | None = None


def leaves(condition: Condition) -> Iterator[AnyLeaf]:
    """Yield leaves in the order in which they appear."""
    if isinstance(condition, NOf):
        for one in condition.of:
            yield from leaves(one)
    else:
        yield condition


def activities(condition: Condition) -> Iterator[Activity]:
    """Yield what any leaf looks at."""
    for leaf in leaves(condition):
        if isinstance(leaf, Gain):
            yield from (leaf.pre, leaf.post)
        elif not isinstance(leaf, Held):
            yield leaf.activity
