"""What mentors do: sessions, confirmed or not, feedback, and the audits of the programme."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from tests.testkit.firm.world import DAY, START, Mentor, Person, World, months_after, stamp

MINUTES = (15, 30, 45)


def begin(world: World) -> None:
    world.after(2, _day, world)
    period, length = START.replace(hour=0), 1 if world.is_small else 3
    while period < world.cut:
        ends = months_after(period, length)
        world.at(
            max(period - DAY / 2, START + timedelta(hours=6)), _commit, world, f"from-{period:%Y-%m}", ends
        )
        period = ends
    if not world.is_small:
        world.after(30, _visitor, world)


def _day(world: World) -> None:
    """One in eight mentors has a session on a day; now and then one who is not in force."""
    share = 0.25 if world.is_small else 0.16
    for mentor in list(world.mentors):
        often = share if mentor.is_in_force(world.now) else share / 12
        if world.chance.random() < often and mentor.person.is_there(world.now):
            _meet(world, mentor)
    if world.chance.random() < 0.06:
        nobody = [
            one for one in world.staff() if not world.mentor_of(one.id) and one.id not in world.founders
        ]
        _hold(world, world.chance.choice(nobody), world.chance.choice(nobody), "both")
    world.after(1, _day, world)


def _visitor(world: World) -> None:
    """Somebody whom no row ever told of."""
    able = [one for one in world.mentors if one.is_in_force(world.now)]
    if able:
        visitor = Person("visitor-1", "", START, START, None, "", "", "", "", "", 0)
        _hold(world, able[0].person, visitor, "both", able[0])
    else:
        world.after(5, _visitor, world)


def _meet(world: World, mentor: Mentor) -> None:
    mentee = world.chance.choice([one for one in world.staff() if one.id != mentor.person.id])
    how = world.chance.choices(("both", "mentor", "mentee", "none"), (85, 6, 5, 4))[0]
    _hold(world, mentor.person, mentee, how, mentor)


def catch_up(world: World, mentor: Mentor, count: int) -> None:
    """So many sessions, confirmed by both, one each day and a half."""
    for turn in range(count):
        world.after(1.2 * turn + world.between(0, 0.4), _confirmed, world, mentor)


def _confirmed(world: World, mentor: Mentor) -> None:
    if mentor.is_in_force(world.now):
        mentee = world.chance.choice([one for one in world.staff() if one.id != mentor.person.id])
        _hold(world, mentor.person, mentee, "both", mentor)


def _hold(world: World, mentor: Person, mentee: Person, how: str, mentoring: Mentor | None = None) -> None:
    if mentor.id == mentee.id:
        return
    session = world.number("s")
    field = mentoring.competency if mentoring else "feedback"
    world.seen.add((mentor.id, mentee.id))
    world.tell("session.held", session=session, mentor=mentor.id, mentee=mentee.id,
               minutes=world.chance.choice(MINUTES), competency=field)  # fmt: skip
    first, second = world.between(0.05, 0.5), world.between(0.6, 1.5)
    if how in ("both", "mentor"):
        world.after(first, _confirm, world, session, mentor.id)
    if how in ("both", "mentee"):
        world.after(second, _confirm, world, session, mentee.id)
    if how == "both":
        world.after(second, _met, world, mentor.id, mentee.id)
        if mentoring and mentoring.is_in_force(world.now):
            mentoring.sessions.append(world.now)
        if world.chance.random() < 0.5:
            world.after(second + 0.3, _rate, world, session, mentee.id)


def _confirm(world: World, session: str, by: str) -> None:
    world.tell("session.confirmed", session=session, by=by)


def _met(world: World, mentor: str, mentee: str) -> None:
    world.met[(mentor, mentee)] = world.now


def _rate(world: World, session: str, by: str) -> None:
    world.tell("feedback.given", session=session, by=by, score=world.chance.randint(2, 5))


# --- audits ---------------------------------------------------------------------------------------


def _commit(world: World, period: str, ends: object) -> None:
    seed = hashlib.sha256(f"{period} {world.chance.random()}".encode()).hexdigest()
    world.tell("audit.committed", period=period, sha256=hashlib.sha256(seed.encode()).hexdigest(),
               share=world.programme["audit_share"], minimum=world.programme["audit_min"])  # fmt: skip
    assert isinstance(ends, type(START))
    world.at(ends + DAY / 4, _reveal, world, period, seed, stamp(ends))


def _reveal(world: World, period: str, seed: str, population_at: str) -> None:
    world.tell("audit.revealed", period=period, seed=seed, population_at=population_at)
