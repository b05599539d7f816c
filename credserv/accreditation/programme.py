"""An accreditation programme as a value: what it takes to get and keep the badge, for
how long, and who may confirm it.

It is read from a rule set (`programme_reading`) or from the small form (`programme_small`), with the same
result.
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
    """The unit of an ask."""

    PIECES = "pieces"
    PEOPLE = "people"
    MINUTES = "minutes"
    PERCENT = "percent"  # the best of them
    MONTHS = "months"  # as declared, or held
    SPAN = "span"  # months from the first to the last


@dataclass(frozen=True)
class Ask:
    """How much is asked.

    Attributes:
        need: At least so many.
        category: Only this category counts.
        caps: The most that counts of each category.
    """

    unit: Unit
    need: int
    category: str = ""
    caps: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Window:
    """When things have to happen.

    Attributes:
        within_months: Back from the instant judged.
        per_months: In each such part of the term, or the last such part if there is no term.
        in_term: Since the running term began.
    """

    within_months: int | None = None
    per_months: int | None = None
    in_term: bool = False


BY_ENTITLED = ":by-entitled"  # after a kind that counts only if somebody entitled reports it


@dataclass(frozen=True)
class Requirement:
    """A requirement.

    Attributes:
        asks: All of them have to be met.
        counted: The kind of fact that counts.
        by_person: Whether nobody can count it here, so that a person decides by a declaration.
        level: The minimum, for an observation.
        of: What is declared.
        routes: For `any_of`: groups, of one of which everything has to be met.
    """

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
    """How long an accreditation lasts.

    Attributes:
        in_force: The states in which an accreditation counts as in force.
    """

    months: int
    notice_days: int
    grace_days: int
    late_days: int
    in_force: frozenset[State] = IN_FORCE


@dataclass(frozen=True)
class Entitled:
    """Whose accreditation entitles to a role: of this level or above, covering the
    competency, in one of the states.
    """

    level: int
    states: frozenset[State]


@dataclass(frozen=True)
class AuditRule:
    """How audits draw.

    Attributes:
        share: None if it is not published.
    """

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
    """A version of a programme.

    Attributes:
        owner: Who answers for it.
        form: `starter`, `shape`, `historic` or `small`.
        body: Whose published requirements it follows; "" for our own.
        equivalents: Ids of other accreditors' achievements that entitle to endorse like this one; one that
            ends with `/` stands for everything below it.
        term: None if it defines none.
        sprint_days: None for no end.
        code: The code of conduct that applicants accept; "" for none.
        retires_on: From then on nobody can apply.
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
        """Return whether an accreditation by the other counts here if its level is high enough.

        That holds within one body, whose levels build on each other. The small form stands alone.
        """
        if self.key == other.key:
            return True
        return "small" not in (self.form, other.form) and self.body == other.body

    def is_equivalent(self, achievement: str) -> bool:
        """Return whether another accreditor's achievement entitles to endorse here."""
        below = tuple(one for one in self.equivalents if one.endswith("/"))
        return achievement in self.equivalents or achievement.startswith(below)

    def attempts(self, *, renewing: bool = False) -> int | None:
        """Return how often somebody may take the assessment in one application or term; None for no limit."""
        asked = flatten(self.renewal if renewing else self.grant)
        return next((one.attempts for one in asked if one.kind == "assessment"), None)

    def why_closed(self, today: date) -> str:
        """Return why nobody can apply under it, in words; "" if anybody can."""
        if self.retires_on is not None and self.retires_on <= today:
            return f"this version was retired on {self.retires_on.isoformat()}: apply under the newest one"
        if not self.grant:
            return "it says how something is kept, and nothing of how it is got: nobody can apply under it"
        if self.term is None:
            return "it does not say how long an accreditation holds: load a version of it with a term"
        return ""


def flatten(requirements: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Return all requirements, including those of every route."""
    found: list[Requirement] = []
    for one in requirements:
        found.append(one)
        for route in one.routes:
            found += flatten(route)
    return tuple(found)
