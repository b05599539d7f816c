"""A programme of accreditation as a value: what is asked to get and to keep it, for how long, who may say so.

It is read from a rule set (`programme_reading`) or from the small form (`programme_small`); both give this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from credserv.accreditation.standing import IN_FORCE, State

ENDORSER, ASSESSOR = "endorser", "assessor"
CONFLICTS = (
    "self",
    "mentee-of-applicant",
    "mentor-of-applicant",
    "line-manager-of-applicant",
    "also-endorser",
)


class Unit(StrEnum):
    """What an ask is counted in."""

    PIECES = "pieces"
    PEOPLE = "people"
    MINUTES = "minutes"
    PERCENT = "percent"  # the best of them
    MONTHS = "months"  # as declared, or held
    SPAN = "span"  # months from the first to the last


@dataclass(frozen=True)
class Ask:
    """need: at least so many. category: of what is counted only this. caps: of a category at most so many."""

    unit: Unit
    need: int
    category: str = ""
    caps: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Window:
    """within_months: back from the instant that is asked for. per_months: in each such part of the term (or
    the last such, where there is none). in_term: since the running term began."""

    within_months: int | None = None
    per_months: int | None = None
    in_term: bool = False


BY_ENTITLED = ":by-entitled"  # after the kind of what counts only where somebody entitled gave it


@dataclass(frozen=True)
class Requirement:
    """asks: all of them. counted: the kind of fact that is counted for it. by_person: nobody can count it
    here, so that a person decides, by a declaration. level: of an observation, at least. of: what is
    declared. routes: of `any_of`, each a group of which all are asked."""

    kind: str
    place: str
    counted: str
    asks: tuple[Ask, ...] = ()
    window: Window = Window()
    by_person: bool = False
    level: int = 0
    attempts: int | None = None
    instrument: str = ""
    of: str = ""
    in_force: bool = True
    note: str = ""
    routes: tuple[tuple[Requirement, ...], ...] = ()


@dataclass(frozen=True)
class TermRule:
    """in_force: the states in which an accreditation counts as one."""

    months: int
    notice_days: int
    grace_days: int
    late_days: int
    in_force: frozenset[State] = IN_FORCE


@dataclass(frozen=True)
class Entitled:
    """Whose accreditation entitles to a role: of this level or above, covering the competency, in one of the
    states."""

    level: int
    states: frozenset[State]


@dataclass(frozen=True)
class AuditRule:
    """share: None where it is not published."""

    share: float | None
    minimum: int


@dataclass(frozen=True)
class FounderRule:
    allowed: bool = True
    months: int = 12
    must_accredit_within_months: int = 12


@dataclass(frozen=True)
class Source:
    url: str
    read: str
    what: str


@dataclass(frozen=True)
class Programme:
    """owner: who answers for it. form: `starter`, `shape`, `historic` or `small`. body: whose published
    requirements it is shaped after, "" for our own. equivalents: achievements of other accreditors, by id,
    that entitle to endorse as this one does; one that ends with `/` stands for all below it. term: None
    where it says none. sprint_days: None for no end. code: of conduct, which whoever applies accepts; "" for
    none. retires_on: nobody applies from then on.
    """

    key: str
    name: str
    owner: str
    form: str
    body: str
    level: int
    competencies: tuple[int, int]
    grant: tuple[Requirement, ...]
    renewal: tuple[Requirement, ...]
    term: TermRule | None
    entitlement: Mapping[str, Entitled]
    conflicts: tuple[str, ...] = CONFLICTS
    equivalents: tuple[str, ...] = ()
    audit: AuditRule | None = None
    founders: FounderRule = FounderRule()
    appeal_days: int = 30
    sprint_days: int | None = None
    endorsement_received_within_hours: int = 24
    code: str = ""
    retires_on: date | None = None
    notes: tuple[str, ...] = ()
    not_established: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def states_in_force(self) -> frozenset[State]:
        return self.term.in_force if self.term else IN_FORCE

    def is_family(self, other: Programme) -> bool:
        """Whether an accreditation by the other counts here, where the level suffices: of one body, whose
        levels build on each other. The small form stands by itself."""
        if self.key == other.key:
            return True
        return "small" not in (self.form, other.form) and self.body == other.body

    def is_equivalent(self, achievement: str) -> bool:
        """Whether another accreditor's achievement entitles to endorse here."""
        below = tuple(one for one in self.equivalents if one.endswith("/"))
        return achievement in self.equivalents or achievement.startswith(below)

    def attempts(self, *, renewing: bool = False) -> int | None:
        """How often somebody may sit the assessment in one application, or in one term; None for no bound."""
        asked = flatten(self.renewal if renewing else self.grant)
        return next((one.attempts for one in asked if one.kind == "assessment"), None)

    def why_closed(self, today: date) -> str:
        """Why nobody can apply under it, in words; "" where anybody may."""
        if self.retires_on is not None and self.retires_on <= today:
            return f"this version was retired on {self.retires_on.isoformat()}: apply under the newest one"
        if not self.grant:
            return "it says how something is kept, and nothing of how it is got: nobody can apply under it"
        if self.term is None:
            return "it does not say how long an accreditation holds: load a version of it with a term"
        return ""


def flatten(requirements: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """All of them, those of every route too."""
    found: list[Requirement] = []
    for one in requirements:
        found.append(one)
        for route in one.routes:
            found += flatten(route)
    return tuple(found)
