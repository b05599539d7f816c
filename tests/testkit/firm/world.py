"""What the parts of the made firm share: its clock, its log, its people and its mentors."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2025, 1, 1, 8, 0, tzinfo=UTC)
FIRM, OTHER = "Northwind", "Elsewhere Ltd"
COMPETENCIES = ("feedback", "planning", "delegation")
DAY = timedelta(days=1)


def stamp(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def months_after(instant: datetime, months: int) -> datetime:
    """The same day, else the month's last."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    for day in range(instant.day, 27, -1):
        try:
            return instant.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return instant.replace(year=year, month=month + 1)


@dataclass
class Person:
    """Of the firm or of another employer. joined, left: when the log tells."""

    id: str
    employer: str
    started: datetime
    joined: datetime
    left: datetime | None
    department: str
    site: str
    language: str
    group: str
    role: str
    level: int

    def __hash__(self) -> int:
        return hash(self.id)

    def is_there(self, at: datetime) -> bool:
        return self.joined <= at and (self.left is None or at < self.left)


@dataclass
class Mentor:
    """What a mentor's credential is, as the generator means it. window: since when sessions count for the
    next renewal. idle: does nothing for it."""

    person: Person
    credential: str
    competency: str
    valid_from: datetime
    term_end: datetime
    grace_end: datetime
    window: datetime
    held: bool = False
    revoked: bool = False
    idle: bool = False
    sessions: list[datetime] = field(default_factory=list)

    def is_in_force(self, at: datetime) -> bool:
        return not self.held and not self.revoked and self.valid_from <= at < self.grace_end

    def is_live(self, at: datetime) -> bool:
        return self.is_in_force(at) and at < self.term_end


class World:
    """Tasks run in order of their time and tell what happens. cut: where all ends."""

    def __init__(self, seed: int, cut: datetime, programme: dict[str, Any], people: list[Person]) -> None:
        self.chance = random.Random(seed)
        self.cut, self.programme, self.people = cut, programme, people
        self.now = START
        self.events: list[dict[str, Any]] = []
        self.mentors: list[Mentor] = []
        self.founders: dict[str, tuple[tuple[str, ...], datetime]] = {}
        self.met: dict[tuple[str, str], datetime] = {}  # confirmed by both, of a mentor and a mentee
        self.seen: set[tuple[str, str]] = set()  # had a session at all
        self._numbers: dict[str, Iterator[int]] = {}
        self._tasks: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()

    @property
    def is_small(self) -> bool:
        return len(self.people) < 100

    def tell(self, kind: str, **members: Any) -> None:
        event = {"seq": len(self.events) + 1, "at": stamp(self.now), "type": kind, **members}
        self.events.append(event)

    def number(self, letter: str) -> str:
        count = self._numbers.setdefault(letter, itertools.count(1))
        return f"{letter}{next(count):04d}"

    def at(self, instant: datetime, task: Callable[..., None], *given: Any) -> None:
        """Run a task then, to the second; one that would be after the cut never runs."""
        if instant < self.cut:
            whole = instant.replace(microsecond=0)
            heapq.heappush(self._tasks, (whole, next(self._order), lambda: task(*given)))

    def after(self, days: float, task: Callable[..., None], *given: Any) -> None:
        self.at(self.now + days * DAY, task, *given)

    def between(self, low: float, high: float) -> float:
        return self.chance.uniform(low, high)

    def run(self) -> None:
        while self._tasks:
            self.now, _, task = heapq.heappop(self._tasks)
            task()

    def staff(self) -> list[Person]:
        """Of the firm, and there now."""
        return [one for one in self.people if one.employer == FIRM and one.is_there(self.now)]

    def entitled(self, competency: str, applicant: str) -> list[Person]:
        """Who may endorse and assess this applicant now, by every reading."""
        known = {one.id: one for one in self.people}
        free = [known[who] for who, (fields, until) in self.founders.items()
                if competency in fields and self.now < until]  # fmt: skip
        free += [one.person for one in self.mentors if one.competency == competency and one.is_live(self.now)]
        apart = [one for one in free if one.is_there(self.now) and one.id != applicant]
        return [one for one in dict.fromkeys(apart, None)
                if not {(one.id, applicant), (applicant, one.id)} & self.seen]  # fmt: skip

    def mentor_of(self, person: str) -> Mentor | None:
        return next((one for one in self.mentors if one.person.id == person), None)
