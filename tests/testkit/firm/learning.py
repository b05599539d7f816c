"""Pathways, tests before and after, errors at work."""

from __future__ import annotations

from tests.testkit.firm.world import DAY, Person, World

MAXIMUM = 100


def begin(world: World) -> None:
    firm = [one for one in world.people if one.employer == "Northwind"]
    for number, one in enumerate(firm):
        if world.chance.random() < 0.6:
            latest = 25 if world.is_small else 400
            world.at(one.joined + world.between(4, latest) * DAY, _onboard, world, one)
        if number % 4 == 0:
            world.at(one.joined + world.between(30, 35) * DAY, _quality, world, one)
            for week in range(4):
                world.at(one.joined + (2 + 7 * week) * DAY, _signal, world, one, week, 1.4)
        if number % 6 == 1:
            world.at(one.joined + world.between(10, 50 if world.is_small else 300) * DAY, _lead, world, one)


def _onboard(world: World, one: Person) -> None:
    if not one.is_there(world.now):
        return
    able = world.chance.gauss(55, 12)
    if world.chance.random() < 0.2:  # an earlier test, which the later one replaces
        _assess(world, one, "pre", able - 10)
    world.after(0.5, _start, world, one, able, world.chance.random() < 0.5)


def _start(world: World, one: Person, able: float, mentored: bool) -> None:
    if not one.is_there(world.now):
        return
    _assess(world, one, "pre", able + world.chance.gauss(0, 5))
    world.after(0.01, _started, world, one, able, mentored)


def _started(world: World, one: Person, able: float, mentored: bool) -> None:
    world.tell("pathway.started", person=one.id, pathway="onboarding", competency="onboarding",
               mentored=mentored)  # fmt: skip
    if world.chance.random() < 0.8:
        days = min(115.0, 8 + world.chance.gammavariate(2, 14 if world.is_small else 20))
        world.after(days - (3 if mentored else 0), _master, world, one, able)


def _master(world: World, one: Person, able: float) -> None:
    if not one.is_there(world.now):
        return
    world.tell("credential.mastered", person=one.id, pathway="onboarding", competency="onboarding")
    if world.chance.random() < 0.85:
        for turn in range(1 + (world.chance.random() < 0.15)):  # the first of two counts
            world.after(
                world.between(0.5, 6) + 7 * turn,
                _assess,
                world,
                one,
                "post",
                able + world.chance.gauss(12, 6),
            )


def _assess(world: World, one: Person, which: str, score: float) -> None:
    if one.is_there(world.now):
        world.tell(f"assessment.{which}", person=one.id, pathway="onboarding", competency="onboarding",
                   score=max(0, min(MAXIMUM, round(score))), maximum=MAXIMUM)  # fmt: skip


def _quality(world: World, one: Person) -> None:
    if not one.is_there(world.now):
        return
    world.tell("pathway.started", person=one.id, pathway="quality", competency="quality", mentored=False)
    world.after(6, _finish_quality, world, one)


def _finish_quality(world: World, one: Person) -> None:
    if not one.is_there(world.now):
        return
    world.tell("credential.mastered", person=one.id, pathway="quality", competency="quality")
    for week in range(4):
        world.after(2 + 7 * week, _signal, world, one, week + 6, 1.0)


def _signal(world: World, one: Person, week: int, worse: float) -> None:
    if one.is_there(world.now):
        year, number, _ = world.now.isocalendar()
        exposure = world.chance.randint(20, 60)
        count = sum(world.chance.random() < 0.08 * worse for _ in range(exposure))
        world.tell("signal.posted", person=one.id, signal="errors", count=count, exposure=exposure,
                   week=f"{year}-W{number:02d}")  # fmt: skip


def _lead(world: World, one: Person) -> None:
    if one.is_there(world.now):
        world.tell("pathway.started", person=one.id, pathway="leadership", competency="leadership",
                   mentored=False)  # fmt: skip
        world.after(world.between(10, 30), _lead_mastered, world, one)


def _lead_mastered(world: World, one: Person) -> None:
    if one.is_there(world.now):
        world.tell("credential.mastered", person=one.id, pathway="leadership", competency="leadership")
