"""What a rule says of a person, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from credserv.mastery.measures import Score
from credserv.mastery.rule import AnyLeaf, Covered, fold_word


class Answer(StrEnum):
    """The answer. Something missing makes nothing false: it is unknown, and may still come."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Found:
    """What one observation shows.

    Attributes:
        level: An id within the achievement.
        is_before: Whether it is the `pre` of a gain.
        context: In which it was seen, as stated.
    """

    observation: str
    score: Score | None = None
    level: str | None = None
    is_before: bool = False
    context: str | None = None


@dataclass(frozen=True)
class LeafVerdict:
    """The verdict of a leaf.

    Attributes:
        found: The observations that answered it, in order.
        credentials: The ids of the credentials that answered it.
        missing: What is still missing or speaks against it, in plain words; "" if it is met.
    """

    leaf: AnyLeaf
    answer: Answer
    found: tuple[Found, ...] = ()
    credentials: tuple[str, ...] = ()
    missing: str = ""

    @property
    def observations(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.observation for one in self.found))

    @property
    def contexts(self) -> tuple[tuple[str, bool], ...]:
        """Return, for a coverage, each listed context and whether it is covered; otherwise nothing."""
        if not isinstance(self.leaf, Covered):
            return ()
        covered = {fold_word(one.context or "") for one in self.found}
        return tuple((name, fold_word(name) in covered) for name in self.leaf.contexts)


@dataclass(frozen=True)
class Verdict:
    """The verdict of a rule.

    Attributes:
        leaves: In the order of the rule.
        missing: What would still make it met; "" for nothing.
    """

    answer: Answer
    leaves: tuple[LeafVerdict, ...]
    missing: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        return self.answer is Answer.MET

    @property
    def observations(self) -> tuple[str, ...]:
        """Return the observations by which it was met: those of the leaves that are met."""
        return tuple(dict.fromkeys(one for leaf in self._met for one in leaf.observations))

    @property
    def credentials(self) -> tuple[str, ...]:
        """Return the credentials by which it was met."""
        return tuple(dict.fromkeys(one for leaf in self._met for one in leaf.credentials))

    @property
    def _met(self) -> list[LeafVerdict]:
        return [leaf for leaf in self.leaves if leaf.answer is Answer.MET]
