"""What a rule says of one person, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from credserv.mastery.measures import Score
from credserv.mastery.rule import AnyLeaf, Covered, fold_word


class Answer(StrEnum):
    """What is missing makes nothing false: it is unknown, and may yet come."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Found:
    """What one observation shows. level: an id within the achievement. is_before: the `pre` of a gain.
    context: in which it was seen, as it was said."""

    observation: str
    score: Score | None = None
    level: str | None = None
    is_before: bool = False
    context: str | None = None


@dataclass(frozen=True)
class LeafVerdict:
    """found: the observations by which it was answered, in their order. credentials: the ids of those by
    which. missing: in plain words what is still to come, or what stands against it; "" where it is met."""

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
        """Of a coverage each context that is named, and whether it is covered; of anything else nothing."""
        if not isinstance(self.leaf, Covered):
            return ()
        covered = {fold_word(one.context or "") for one in self.found}
        return tuple((name, fold_word(name) in covered) for name in self.leaf.contexts)


@dataclass(frozen=True)
class Verdict:
    """leaves: each in the order of the rule. missing: what would still make it met, "" for nothing."""

    answer: Answer
    leaves: tuple[LeafVerdict, ...]
    missing: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        return self.answer is Answer.MET

    @property
    def observations(self) -> tuple[str, ...]:
        """By which it was met: those of the leaves that are."""
        return tuple(dict.fromkeys(one for leaf in self._met for one in leaf.observations))

    @property
    def credentials(self) -> tuple[str, ...]:
        """By which it was met, too."""
        return tuple(dict.fromkeys(one for leaf in self._met for one in leaf.credentials))

    @property
    def _met(self) -> list[LeafVerdict]:
        return [leaf for leaf in self.leaves if leaf.answer is Answer.MET]
