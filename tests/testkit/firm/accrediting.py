"""Founders, applications with what goes wrong in them, and the life of what was granted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from tests.testkit.firm import ends
from tests.testkit.firm.world import (
    COMPETENCIES,
    DAY,
    FIRM,
    START,
    Mentor,
    Person,
    World,
    months_after,
    stamp,
)

# Of applications: as they should be, and each way in which the rules forbid what the log claims.
PLANS = ("good", "good", "good", "good", "failed", "good", "few", "good", "level", "good", "outsider", "good",
         "endorser-assesses", "good", "abandoned", "good", "nothing")  # fmt: skip
INVALID = ("self", "conflict", "backdated", "not-accredited", "out-of-scope", "duplicate", "suspended",
           "lapsed", "revoked", "backdated-first", "founder-over")  # fmt: skip


@dataclass
class Application:
    id: str
    person: Person
    competency: str
    plan: str
    endorsers: list[str] = field(default_factory=list)


def begin(world: World) -> None:
    firm = [one for one in world.people if one.employer == FIRM and one.joined < START + DAY / 2]
    count = 6 if world.is_small else 12
    for number, one in enumerate(firm[:count]):
        world.at(START + timedelta(hours=10, minutes=number), _appoint, world, one, number)
    plans, invalid = itertools.cycle(PLANS), itertools.cycle(INVALID)
    applicants = firm[count : count + (16 if world.is_small else 150)]
    last = 48 if world.is_small else (world.cut - START).days - 60
    for number, one in enumerate(applicants):
        day = 3 + last * (number / len(applicants)) ** (1.3 if world.is_small else 1.0)
        world.after(day, _apply, world, one, plans, invalid)


def _appoint(world: World, one: Person, number: int) -> None:
    if world.is_small:
        fields, until = COMPETENCIES, months_after(START, 2 if number else 1)
    else:
        fields = (COMPETENCIES[number % 3], COMPETENCIES[(number + 1) % 3])
        until = months_after(START, 15 if number < 9 else 5)
    world.founders[one.id] = (tuple(fields), until)
    world.tell("founder.appointed", person=one.id, programme=world.programme["key"], until=stamp(until),
               competencies=list(fields))  # fmt: skip


def _apply(world: World, one: Person, plans: Iterator[str], invalid: Iterator[str]) -> None:
    if not one.is_there(world.now):
        return
    case = Application(world.number("a"), one, world.chance.choice(COMPETENCIES), next(plans))
    world.tell("mentor.applied", application=case.id, person=one.id, programme=world.programme["key"],
               version=world.programme["version"], competencies=[case.competency])  # fmt: skip
    if case.plan == "nothing":
        return
    world.after(world.between(1, 3), _assess, world, case)
    world.after(world.between(5, 8), _endorse, world, case, invalid)
    world.after(world.between(13, 15), _observe, world, case)
    if case.plan != "abandoned":
        world.after(world.between(17, 22), _claim, world, case)


def _assess(world: World, case: Application) -> None:
    if case.plan == "failed" or world.chance.random() < 0.2:
        score = world.chance.randint(30, world.programme["assessment_min"] - 1)
        world.tell("assessment.failed", application=case.id, score=score)
    if case.plan != "failed":
        world.after(1, _pass, world, case)


def _pass(world: World, case: Application) -> None:
    score = world.chance.choice((world.programme["assessment_min"], world.chance.randint(71, 100)))
    world.tell("assessment.passed", application=case.id, score=score)


# --- endorsements ---------------------------------------------------------------------------------


def _endorse(world: World, case: Application, invalid: Iterator[str]) -> None:
    able = world.entitled(case.competency, case.person.id)
    world.chance.shuffle(able)
    wanted = 1 if case.plan in ("few", "nothing") else world.chance.choice((2, 2, 3))
    if len(able) < wanted + 1:
        case.plan = "few"  # by want of people; what is claimed is refused
    for turn, who in enumerate(able[:wanted]):
        world.after(0.4 * turn + 0.1, _give, world, case, who.id)
    for turn in range(2):
        world.after(2 + turn, _give_invalid, world, case, next(invalid))


def _give(world: World, case: Application, who: str, *, stated: float = -0.02) -> None:
    case.endorsers.append(who)
    world.tell("endorsement.made", endorsement=world.number("e"), by=who, application=case.id,
               competency=case.competency, stated_at=stamp(world.now + stated * DAY))  # fmt: skip


def _give_invalid(world: World, case: Application, why: str) -> None:
    """Of one kind, where there is somebody for it now."""
    if why == "backdated-first":
        spare = _spare(world, case)
        if spare:
            _give(world, case, spare[0], stated=-3)
            if case.plan != "few":
                world.after(0.5, _give, world, case, spare[0])
        return
    stated = -2.5 if why == "backdated" else -0.02
    for who in _who_is(world, case, why)[:1]:
        _give(world, case, who, stated=stated)


def _spare(world: World, case: Application) -> list[str]:
    able = world.entitled(case.competency, case.person.id)
    return [one.id for one in able if one.id not in case.endorsers]


def _who_is(world: World, case: Application, why: str) -> list[str]:
    if why == "self":
        return [case.person.id]
    if why == "conflict":
        return _met_before(world, case)
    if why == "backdated":
        return _spare(world, case)
    if why == "not-accredited":
        return [one.id for one in world.staff() if _is_stranger(world, case, one.id)][5:]
    if why == "duplicate":
        return case.endorsers[:1]
    if why == "founder-over":
        return [who for who, (fields, until) in world.founders.items()
                if case.competency in fields and until + DAY < world.now
                and not _has_met(world, case, who)]  # fmt: skip
    return _of_mentors(world, case, why)


def _of_mentors(world: World, case: Application, why: str) -> list[str]:
    """By their state; none who is a founder too, or in conflict."""
    apart = [one for one in world.mentors
             if one.person.id not in world.founders and not _has_met(world, case, one.person.id)
             and (one.competency == case.competency) is (why != "out-of-scope")
             and one.person.is_there(world.now) and one.person is not case.person]  # fmt: skip
    found = {
        "out-of-scope": [one for one in apart if one.is_live(world.now)],
        "suspended": [one for one in apart if one.held and not one.revoked],
        "lapsed": [one for one in apart
                   if not one.held and not one.revoked and one.grace_end + DAY < world.now],
        "revoked": [one for one in apart if one.revoked],
    }  # fmt: skip
    return [one.person.id for one in found[why]]


def _is_stranger(world: World, case: Application, who: str) -> bool:
    known = who in world.founders or world.mentor_of(who) is not None
    return not known and who != case.person.id and not _has_met(world, case, who)


def _has_met(world: World, case: Application, who: str) -> bool:
    return bool({(who, case.person.id), (case.person.id, who)} & world.seen)


def _met_before(world: World, case: Application) -> list[str]:
    return [mentor for (mentor, mentee), when in world.met.items()
            if mentee == case.person.id and when + DAY < world.now
            and any(one.person.id == mentor and one.is_live(world.now) and one.competency == case.competency
                    for one in world.mentors)]  # fmt: skip


# --- observation and grant ------------------------------------------------------------------------


def _observe(world: World, case: Application) -> None:
    assessor: str | None
    if case.plan == "outsider":
        assessor = next((one.id for one in world.staff() if _is_stranger(world, case, one.id)), None)
    elif case.plan == "endorser-assesses":
        assessor = case.endorsers[0] if case.endorsers else None
    else:
        assessor = (_spare(world, case) or [None])[0]
    if assessor is None:
        return
    wanted = world.programme["observed_level"]
    low = case.plan == "level"
    if low or world.chance.random() < 0.15:
        _seen(world, case, assessor, wanted - 1)
    if not low:
        world.after(0.6, _seen, world, case, assessor, world.chance.choice((wanted, wanted + 1)))


def _seen(world: World, case: Application, assessor: str, level: int) -> None:
    world.tell("session.observed", application=case.id, assessor=assessor, competency=case.competency,
               level=level)  # fmt: skip


def _claim(world: World, case: Application) -> None:
    rule = world.programme
    ends_at = months_after(world.now, rule["term_months"])
    grace = ends_at + rule["grace_days"] * DAY
    credential = world.number("c")
    world.tell("accreditation.granted", credential=credential, application=case.id,
               person=case.person.id, term=1, valid_from=stamp(world.now),
               term_end=stamp(ends_at), grace_end=stamp(grace),
               competencies=[case.competency])  # fmt: skip
    if case.plan in ("good", "outsider"):
        mentor = Mentor(case.person, credential, case.competency, world.now, ends_at, grace, world.now)
        world.mentors.append(mentor)
        ends.live(world, mentor)
    elif case.plan == "level":
        world.after(3, ends.suspend, world, credential)  # of what was never granted
