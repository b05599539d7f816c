"""The facts about a person behind the figures, shown to that person only; and the person's targets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.admit.persons import member_of
from credserv.journeys.measure.agreeing import agreed
from credserv.journeys.measure.metrics import metrics_of
from credserv.journeys.services import Services
from credserv.outcomes.plans import Target, find_targets
from credserv.outcomes.reading import reads
from credserv.records.audit import Action, AuditRecord
from credserv.records.consents import Purpose
from credserv.records.employment import OWN, JobChange, Spell
from credserv.records.outcomes import Fact, FactKind

MAX_CHARS = 200
MOST_LEVELS = 100
_NAMELESS = "a colleague"


@dataclass(frozen=True)
class OwnFact:
    """A fact as its person sees it.

    Attributes:
        told_by: The name of whoever reported it; "" if unknown or gone.
        is_own: Whether the person reported it.
        figures: The names of the figures that include it, or would if they agreed.
    """

    id: str
    fact: Fact
    told_by: str
    is_own: bool
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Counted:
    """Everything about a person that can be counted.

    Attributes:
        agreed_at: Since when they are counted; None if they are not.
        facts: Newest first.
        targets: As they stand.
        jobs: As the personnel system of this organisation reports them.
        changes: As the personnel system of this organisation reports them.
    """

    agreed_at: datetime | None
    facts: tuple[OwnFact, ...]
    targets: tuple[Target, ...]
    jobs: tuple[Spell, ...]
    changes: tuple[JobChange, ...]


def counted_of(services: Services, person_id: str, now: datetime) -> Counted:
    """Return what can be counted about a person.

    Raises:
        NotFoundError: They are not a member.
    """
    member = member_of(services, person_id).id
    consent = agreed(services, person_id, now).get(Purpose.OUTCOMES)
    known = services.store.outcomes.of_member(member)
    jobs = [one for one in services.store.employment.spells(member) if one.employer == OWN]
    ends = {member: [one.ended for one in jobs if one.ended is not None and one.ended <= now]}
    in_order = [fact for _, fact in known]
    return Counted(
        None if consent is None else consent.given_at,
        tuple(_own(services, member, id_, fact, now) for id_, fact in reversed(known)),
        tuple(find_targets(in_order, ends, now, services.zone)),
        tuple(jobs),
        services.store.employment.changes(member),
    )


def own_fact(services: Services, person_id: str, fact_id: str, now: datetime) -> OwnFact:
    """Return a fact about a person.

    Raises:
        NotFoundError: There is no such fact, or it is about somebody else.
    """
    member = member_of(services, person_id).id
    for id_, fact in services.store.outcomes.of_member(member):
        if id_ == fact_id:
            return _own(services, member, id_, fact, now)
    raise NotFoundError("nothing of yours is known under this address")


def set_target(
    services: Services,
    person_id: str,
    *,
    competency: str,
    level: float,
    maximum: float,
    due_on: date,
    reference: str,
    now: datetime,
) -> None:
    """Set a person's own target.

    Sending it twice sets it once; setting the same level again changes the date.

    Args:
        level: The target level, above 0.
        maximum: The highest level.
        due_on: When to reach it; today or later.
        reference: Identifies the request.

    Raises:
        InputError: A value is not valid.
        NotFoundError: They are not a member.
    """
    member = member_of(services, person_id).id
    if not competency or len(competency) > MAX_CHARS:
        raise InputError(f"name a competency, in {MAX_CHARS} characters at most")
    if not 0 < level <= maximum <= MOST_LEVELS:
        raise InputError(f"a level is above 0, and not above the highest, which is {MOST_LEVELS} at most")
    if due_on < services.today(now):
        raise InputError("choose today or a later day: what has passed cannot be aimed for")
    fact = Fact(
        reference=f"own:{member}:{reference}",
        membership_id=member,
        kind=FactKind.TARGET,
        about=competency,
        occurred_at=now,
        received_at=now,
        competency=competency,
        score=level,
        maximum=maximum,
        due_on=due_on,
        told_by=member,
    )
    with services.store.transaction():
        if any(one.reference == fact.reference for _, one in services.store.outcomes.of_member(member)):
            return
        services.store.outcomes.add([fact])
        line = AuditRecord(now, "holder", Action.OUTCOME_FACTS, services.issuer.id, {"facts": 1})
        services.store.audit.add(line)


def _own(services: Services, member: str, id_: str, fact: Fact, now: datetime) -> OwnFact:
    by = services.store.roster.get(fact.told_by) if fact.told_by else None
    figures = tuple(one.name for one in metrics_of(services, now) if one.shown and reads(one, fact))
    name = "" if by is None else by.name or _NAMELESS
    return OwnFact(id_, fact, name, fact.told_by == member, figures)
