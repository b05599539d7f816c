"""What is known of a person, sorted so that each leaf of a rule finds its facts at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from credserv.mastery.facts import Fact, PriorCredential
from credserv.mastery.rule import Activity, By, Gain, Observed, Scored
from credserv.mastery.standing import Sign, Standing, by_attempt, find_standing
from credserv.mastery.verdict import Answer, Found, LeafVerdict

Judged = tuple[Answer, str]  # with what speaks against it, "" for nothing
MET: Judged = (Answer.MET, "")


@dataclass(frozen=True)
class Known:
    """What is known.

    Attributes:
        about: Facts in force by what they are about.
    """

    about: Mapping[str, Sequence[Fact]]
    credentials: Sequence[PriorCredential]
    now: datetime

    @classmethod
    def build(cls, facts: Sequence[Fact], credentials: Sequence[PriorCredential], now: datetime) -> Known:
        about: dict[str, list[Fact]] = {}
        for fact in facts:
            for activity in fact.observation.activities[:1]:
                about.setdefault(activity.value, []).append(fact)
        return cls(about, sorted(credentials, key=lambda one: one.id), now)

    def of(self, activity: Activity) -> list[Fact]:
        return [fact for fact in self.about.get(activity.value, ()) if activity.is_of(fact)]

    def standing(
        self, activity: Activity, sign: Sign, group: Callable[[Fact], Hashable | None] = by_attempt
    ) -> Standing:
        return find_standing(self.of(activity), sign, group=group)


def choose(
    leaf: Observed | Scored | Gain,
    judged: Sequence[tuple[tuple[Found, ...], Judged]],
    standing: Standing,
    wanted: str,
) -> LeafVerdict:
    """Return the best answer of several attempts, by the latest attempt that gives it.

    Args:
        judged: The attempts of `standing`, earliest first.
        wanted: What the leaf requires, in words.
    """
    if standing.is_unclear:
        why = "something was taken back, and it is not known when"
        return LeafVerdict(leaf, Answer.UNKNOWN, missing=f"{wanted}: {why}")
    for answer in (Answer.MET, Answer.UNKNOWN, Answer.NOT_MET):
        for found, (given, why) in reversed(judged):
            if given is answer:
                return LeafVerdict(leaf, answer, found, missing=why and f"{wanted}: {why}")
    if not standing.taken_back:
        return LeafVerdict(leaf, Answer.UNKNOWN, missing=wanted)
    last = max(standing.taken_back, key=lambda fact: fact.order)
    why = f"{last.observation.kind} {say_day(last)}"
    return LeafVerdict(leaf, Answer.NOT_MET, (Found(last.id),), missing=f"{wanted}: {why}")


def say_day(fact: Fact) -> str:
    """Return a fact's day, in words."""
    when = fact.observation.occurred_at
    return "at a time that nobody told" if when is None else f"on {when.date().isoformat()}"


def say_by(by: By | None) -> str:
    """Return a role, in words."""
    if by is None:
        return ""
    return f" by {'an' if by is By.ASSESSOR else 'a'} {by}"
