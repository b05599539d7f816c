"""What becomes of an accreditation: renewed early, in grace, late or never; suspended, appealed, revoked."""

from __future__ import annotations

from tests.testkit.firm import practising
from tests.testkit.firm.world import DAY, Mentor, World, months_after, stamp

COURSES = ("due", "due", "grace", "due", "lapse", "due", "unmet", "due", "late", "too-late", "early-first")
FATES = ("", "restored", "", "upheld", "", "fraud", "", "rejected", "", "expired", "")


def live(world: World, mentor: Mentor) -> None:
    """The first term, and what interrupts it."""
    number = len(world.mentors)
    fate = FATES[number % len(FATES)]
    if fate:
        soon = (2, 6) if world.is_small else (95, 115) if fate == "fraud" else (15, 60)
        world.after(world.between(*soon), _fate, world, mentor, fate)
    _term(world, mentor, COURSES[number % len(COURSES)], 1)


def _term(world: World, mentor: Mentor, course: str, term: int) -> None:
    rule = world.programme
    due = mentor.term_end - rule["notice_days"] * DAY
    mentor.idle = course in ("unmet", "lapse")
    if course == "early-first":
        world.at(due - 3 * DAY, _renew, world, mentor, term, course)
    if course == "unmet":
        world.at(due + 2 * DAY, _renew, world, mentor, term, course)
    if mentor.idle:
        world.at(mentor.grace_end + 2 * DAY, suspend, world, mentor.credential)  # of one that has lapsed
        return
    world.at(max(world.now, due - (8 if world.is_small else 18) * DAY), _prepare, world, mentor)
    when = {
        "grace": mentor.term_end + DAY * world.between(1, 5),
        "late": mentor.grace_end + DAY * 3,
        "too-late": mentor.grace_end + DAY * (rule["late_days"] + 2),
    }.get(course, due + DAY * world.between(1, 6))
    world.at(when, _renew, world, mentor, term, course)


def _prepare(world: World, mentor: Mentor) -> None:
    """All that a renewal asks for, and more of it than any reading of the rule asks."""
    wanted = world.programme["renewal"]
    held = sum(when > mentor.window for when in mentor.sessions)
    practising.catch_up(world, mentor, max(0, wanted["sessions"] - held) + 2)
    for turn in range(2):
        hours = wanted["cpd_hours"] / 2 + turn
        world.after(0.5 + turn, _log, world, "cpd.logged", mentor, {"hours": hours})
        world.after(0.7 + turn, _log, world, "supervision.logged", mentor, {"minutes": 60})


def _log(world: World, kind: str, mentor: Mentor, amount: dict[str, float]) -> None:
    world.tell(kind, person=mentor.person.id, **amount)


def _renew(world: World, mentor: Mentor, term: int, course: str) -> None:
    """What is claimed. Refused: too early, too late, with nothing done for it, of one that is suspended."""
    rule = world.programme
    ends_at = months_after(mentor.term_end, rule["term_months"])
    grace = ends_at + rule["grace_days"] * DAY
    world.tell("accreditation.renewed", credential=mentor.credential, person=mentor.person.id, term=term + 1,
               valid_from=stamp(world.now), term_end=stamp(ends_at), grace_end=stamp(grace))  # fmt: skip
    too_early = world.now < mentor.term_end - rule["notice_days"] * DAY
    enough = sum(when > mentor.window for when in mentor.sessions) >= rule["renewal"]["sessions"]
    too_late = world.now >= mentor.grace_end + rule["late_days"] * DAY
    if mentor.held or mentor.revoked or mentor.idle or too_early or not enough or too_late:
        return
    mentor.window = max(world.now, mentor.term_end)
    mentor.term_end, mentor.grace_end = ends_at, grace
    _term(world, mentor, world.chance.choice(COURSES[:6]), term + 1)


# --- interruptions --------------------------------------------------------------------------------


def suspend(world: World, credential: str) -> None:
    world.tell("accreditation.suspended", credential=credential, reason="complaint")


def _fate(world: World, mentor: Mentor, fate: str) -> None:
    if not mentor.is_in_force(world.now):
        return
    slow = 0.3 if world.is_small else 1.0
    if fate == "fraud":
        back = mentor.valid_from + (world.now - mentor.valid_from) * world.between(0.02, 0.3)
        world.after(0.01, _revoke, world, mentor, stamp(back))
        return
    mentor.held = True
    suspend(world, mentor.credential)
    if fate == "restored":
        world.after(12 * slow, _restore, world, mentor)
    elif fate == "expired":
        world.after(31, _revoke, world, mentor, None)
    else:
        world.after(4 * slow, _appeal, world, mentor, "opened")
        world.after(14 * slow, _appeal, world, mentor, fate)
        if fate == "upheld":
            world.after(14 * slow, _restore, world, mentor)
        else:
            world.after(14 * slow + 0.1, _revoke, world, mentor, None)


def _appeal(world: World, mentor: Mentor, what: str) -> None:
    world.tell(f"appeal.{what}", credential=mentor.credential)


def _restore(world: World, mentor: Mentor) -> None:
    mentor.held = False
    world.tell("accreditation.restored", credential=mentor.credential)


def _revoke(world: World, mentor: Mentor, effective_from: str | None) -> None:
    mentor.revoked = True
    world.tell("accreditation.revoked", credential=mentor.credential,
               effective_from=effective_from or stamp(world.now), reason="found")  # fmt: skip
