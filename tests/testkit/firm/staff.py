"""Who works there: joining, leaving, coming back, other employers, moves and consents."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from tests.testkit.firm.world import DAY, FIRM, OTHER, START, Person, World, stamp

DEPARTMENTS = ("Advisory", "Delivery", "Support", "Sales", "Finance")
SITES = ("North", "East", "South")
LANGUAGES = ("en", "de", "pt")
GROUPS = ("A", "B", "C")
ROLES = ("Analyst", "Consultant", "Engineer", "Agent")


def hire(count: int, seed: int) -> list[Person]:
    """Most are there from the start; every thirteenth is at another employer."""
    chance = random.Random(seed + 1)
    made = []
    for number in range(1, count + 1):
        began = START + timedelta(minutes=number) if chance.random() < 0.8 else None
        day = chance.randint(20, 330 if count > 100 else 45)
        joined = began or (START + timedelta(days=day, minutes=number))
        started = joined.replace(hour=0, minute=0)
        if began:
            started -= timedelta(days=chance.randint(30, 2_500))
        made.append(Person(
            f"p{number:03d}", OTHER if number % 13 == 0 else FIRM, started, joined, None,
            chance.choice(DEPARTMENTS), chance.choices(SITES, (6, 4, 2))[0],
            chance.choices(LANGUAGES, (8, 5, 1))[0], chance.choices(GROUPS, (10, 5, 1))[0],
            chance.choice(ROLES), chance.randint(1, 5),
        ))  # fmt: skip
    made[0].employer = FIRM
    return made


def begin(world: World) -> None:
    for one in world.people:
        world.at(one.joined, _join, world, one)
    for one in world.people[40 if len(world.people) > 100 else 20 :: 11]:
        world.at(one.joined + world.between(35, 60) * DAY, _leave, world, one)
    for one in world.people[:: 2 if world.is_small else 3]:
        world.at(max(one.joined, START) + world.between(6, 70 if world.is_small else 420) * DAY,
                 _move, world, one)  # fmt: skip
    for which, days in (("correction", 20), ("site", 22), ("not-employed", 24), ("none", 26)):
        for turn in range(1 if world.is_small else 9):
            world.after(days + 50 * turn + world.between(0, 5), _odd_row, world, which)
    if not world.is_small:
        new_year = datetime(2026, 1, 1, tzinfo=START.tzinfo)
        for turn in range(6):
            world.at(new_year + (10 + 5 * turn) * DAY, _late_row, world)


def _join(world: World, one: Person, *, again: bool = False) -> None:
    world.tell(
        "person.joined", person=one.id, employer=one.employer, started=stamp(one.started),
        department=one.department, site=one.site, language=one.language, group=one.group, role=one.role,
        level=one.level,
    )  # fmt: skip
    if not again and world.chance.random() < 0.85:
        world.after(world.between(0, 3), _consent, world, one, "given", "outcomes")
        world.after(
            world.between(0, 3), _consent, world, one, "given", world.chance.choice(("register", "feedback"))
        )
        if world.chance.random() < 0.1:
            world.after(world.between(10, 40), _consent, world, one, "withdrawn", "outcomes")
            if world.chance.random() < 0.3:
                world.after(world.between(42, 60), _consent, world, one, "given", "outcomes")


def _consent(world: World, one: Person, what: str, purpose: str) -> None:
    world.tell(f"consent.{what}", person=one.id, purpose=purpose)


def _leave(world: World, one: Person) -> None:
    """Mentors and founders stay, so that who may endorse does not hang on whether they left."""
    if world.mentor_of(one.id) or one.id in world.founders:
        return
    one.left = world.now
    world.tell("person.left", person=one.id, employer=one.employer)
    if one.id.endswith("7") and one.employer == FIRM:
        world.after(world.between(12, 20), _return, world, one)


def _return(world: World, one: Person) -> None:
    one.left, one.started = None, world.now.replace(hour=0, minute=0, second=0)
    _join(world, one, again=True)


def _place(one: Person) -> dict[str, Any]:
    return {"role": one.role, "level": one.level, "department": one.department, "site": one.site}


def _move(world: World, one: Person) -> None:
    """A promotion, a demotion or a lateral; the row is told some days after it holds."""
    effective = (world.now - world.between(0, 4) * DAY).replace(hour=0, minute=0, second=0)
    if not one.is_there(world.now) or effective <= one.joined + DAY or effective.year < world.now.year:
        return
    before, kind = _place(one), world.chance.choices(("up", "down", "role", "department"), (5, 1, 3, 3))[0]
    if kind in ("up", "down"):
        one.level += 1 if kind == "up" else -1
        if world.chance.random() < 0.4:
            one.department = _another(world, DEPARTMENTS, one.department)
    elif kind == "role":
        one.role = _another(world, ROLES, one.role)
    else:
        one.department = _another(world, DEPARTMENTS, one.department)
    _tell_row(world, one, effective, before, correction=False)


def _another(world: World, among: tuple[str, ...], than: str) -> str:
    return world.chance.choice([one for one in among if one != than])


def _tell_row(world: World, one: Person, effective: datetime, before: Any, *, correction: bool) -> None:
    world.tell("role.changed", person=one.id, effective=stamp(effective), correction=correction,
               before=before, after=_place(one))  # fmt: skip


def _odd_row(world: World, which: str) -> None:
    """Rows that are no moves."""
    effective = (world.now - 2 * DAY).replace(hour=0, minute=0, second=0)
    if which == "not-employed":
        gone = [one for one in world.people
                if one.left and one.left < effective - DAY and not one.id.endswith("7")]  # fmt: skip
        if gone:
            _changed_row(world, world.chance.choice(gone), effective, "level")
        return
    there = [one for one in world.staff() if one.joined < effective - 2 * DAY]
    one = world.chance.choice(there)
    if which == "none":
        _tell_row(world, one, effective, _place(one), correction=False)
    else:
        _changed_row(world, one, effective, "site" if which == "site" else "level")


def _changed_row(world: World, one: Person, effective: datetime, what: str) -> None:
    before = _place(one)
    if what == "site":
        one.site = _another(world, SITES, one.site)
    else:
        one.level += 1
    _tell_row(world, one, effective, before, correction=what == "level" and one.left is None)


def _late_row(world: World) -> None:
    """Told this year, of last year."""
    effective = datetime(2025, 12, world.chance.randint(2, 20), tzinfo=START.tzinfo)
    there = [one for one in world.staff() if one.joined < effective - 40 * DAY]
    one = world.chance.choice(there)
    before = _place(one)
    one.level += 1
    _tell_row(world, one, effective, before, correction=False)
