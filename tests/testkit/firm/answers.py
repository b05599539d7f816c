"""What is right about a log: the report, by a computation of its own."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.testkit.firm.credential import Event, instant
from tests.testkit.firm.learned import Learned
from tests.testkit.firm.moved import Staff
from tests.testkit.firm.standing import Register
from tests.testkit.firm.world import stamp

COUNTS = "counts"


def answers(
    events: list[Event], programme: dict[str, Any], cut: datetime, instants: Sequence[datetime]
) -> dict[str, Any]:
    """As report.md names it, unrounded. Of events up to the cut alone."""
    events = [event for event in events if instant(event["at"]) <= cut]
    register, staff = Register(events, programme), Staff(events, cut)
    learned = Learned(events, staff, cut)
    return {
        "programme": programme["key"],
        "cut": stamp(cut),
        "endorsements": _endorsements(register, cut),
        "grants": _grants(register, cut),
        "states": {stamp(at): _states(register, at) for at in instants},
        "state_at_cut": _at_cut(register, cut),
        "audits": _audits(register, events),
        "sessions": _sessions(register, events, cut),
        "people": learned.people(),
        "mastery_gain": learned.mastery_gain(),
        "time_to_competency": learned.time_to_competency(),
        "errors": learned.errors(),
        "mobility": staff.figures(learned.mastered["leadership"]),
        **learned.published(),
    }


def _endorsements(register: Register, cut: datetime) -> dict[str, Any]:
    each: dict[str, str] = {}
    received: dict[str, str] = {}
    for case in register.cases.values():
        each |= register.judge(case, cut)
        received |= register.judge(case, None)
    differs = {one: [received[one], code] for one, code in each.items() if received[one] != code}
    return {"counts_by_reason": dict(Counter(each.values())), "each": each, "as_received_differs": differs}


def _grants(register: Register, cut: datetime) -> dict[str, Any]:
    claimed = [one for case in register.cases.values() for one in case.claimed]
    enough = register.rule["endorsements"]
    review = [
        case.credential.id
        for case in register.cases.values()
        if case.credential and list(register.judge(case, cut).values()).count(COUNTS) < enough
    ]
    verdicts = Counter(register.verdict(case, case.decided or cut) for case in register.cases.values())
    return {
        "granted": len(register.credentials),
        "must_be_refused": sorted(one for one in claimed if one not in register.credentials),
        "to_review_after_retroactive_revocation": sorted(review),
        "applications_by_verdict": dict(verdicts),
    }


def _states(register: Register, at: datetime) -> dict[str, int]:
    return dict(Counter(one.state(at, at)[0] for one in register.credentials.values()))


def _at_cut(register: Register, cut: datetime) -> dict[str, Any]:
    told = {}
    for one in register.credentials.values():
        state, since = one.state(cut, cut)
        told[one.id] = {"state": state, "since": since and stamp(since)}
    return told


def _audits(register: Register, events: list[Event]) -> dict[str, Any]:
    committed, told = {}, {}
    for event in events:
        if event["type"] == "audit.committed":
            committed[event["period"]] = event
        if event["type"] != "audit.revealed":
            continue
        rule, at = committed[event["period"]], instant(event["population_at"])
        if hashlib.sha256(event["seed"].encode()).hexdigest() != rule["sha256"]:
            continue
        population = [one.id for one in register.credentials.values() if one.is_in_force(at, at)]
        size = min(
            len(population), max(rule["minimum"], math.ceil(round(rule["share"] * len(population), 9)))
        )
        key = bytes.fromhex(event["seed"])
        by_hash = sorted(population, key=lambda one: hmac.new(key, one.encode(), "sha256").hexdigest())
        told[event["period"]] = {"population": len(population), "drawn": sorted(by_hash[:size])}
    return told


def _sessions(register: Register, events: list[Event], cut: datetime) -> dict[str, Any]:
    both = [of for session, of in register.held.items() if register.is_confirmed(session, cut)]
    raters = defaultdict(set)
    for event in events:
        if event["type"] == "feedback.given":
            raters[register.held[event["session"]]["mentor"]].add(event["by"])
    return {
        "held": len(register.held),
        "confirmed_by_both": len(both),
        "minutes": {str(size): sum(of["minutes"] == size for of in both) for size in (15, 30, 45)},
        "mentors": len({of["mentor"] for of in both}),
        "mentees": len({of["mentee"] for of in both}),
        "by_mentor_not_in_force": sum(not _was_in_force(register, of, cut) for of in both),
        "mentors_with_5_raters": sum(len(by) >= 5 for by in raters.values()),
        "mentors_with_feedback": len(raters),
    }


def _was_in_force(register: Register, of: Event, known: datetime) -> bool:
    at = instant(of["at"])
    return any(one.is_in_force(at, known) for one in register.by_person[of["mentor"]])
