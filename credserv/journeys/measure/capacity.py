"""Plan mentors' time: up to three scenarios side by side, each with its best plan, computed by the worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from credserv.accreditation.life import stands
from credserv.accreditation.standing import IN_FORCE
from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, Fault, InputError, NotFoundError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.journeys.services import Services
from credserv.outcomes.capacity import MAX_SCENARIOS, Plan, Scenario, best_plan, read_scenario
from credserv.records.capacity import CapacityPlan
from credserv.records.mentoring import MINUTES

_ID_BYTES = 12
_MAX_CHARS = 200
# Shares of all mentors' time: as it is, a fifth less, a fifth more.
SHARES = (100, 80, 120)
COLUMNS = ("scenario", "cohort", "needs", "wanted", "planned", "missing", "value", "best")


def ask_for_plan(
    services: Services,
    reference: str | None,
    name: str,
    scenarios: list[JsonObject],
    *,
    actor: str,
    now: datetime,
) -> CapacityPlan:
    """Request a plan. Repeating the same request changes nothing.

    Raises:
        InputError: There are no scenarios or too many.
        SchemaFaultsError: A scenario is not valid. The faults name the place.
        ConflictError: The reference belongs to a different plan.
    """
    if not 0 < len(scenarios) <= MAX_SCENARIOS:
        raise InputError(f"one to {MAX_SCENARIOS} scenarios stand side by side")
    for place, one in enumerate(scenarios):
        read_scenario(str(one["name"]), one, f"/scenarios/{place}")
    plan_id = random_token(_ID_BYTES)
    plan = CapacityPlan(plan_id, reference or plan_id, name, {"scenarios": scenarios}, now, actor)
    with services.store.transaction():
        known = services.store.capacity.find(plan.reference)
        if known is None:
            services.store.capacity.add(plan)
        elif (known.name, known.asked) != (name, plan.asked):
            raise ConflictError("another plan was asked for under this reference")
    return known or plan


def mentors_as_text(services: Services, now: datetime) -> str:
    """Return a line for each mentor in force: minutes a week and competencies, without names."""
    offers = {one.membership_id: one for one, _ in services.store.mentor_offers.known(now)}
    lives = services.store.accreditations.of_members(list(offers))
    there = {life.record.membership_id for life in lives if stands(life, now, now).state in IN_FORCE}
    lines = [
        ", ".join((str(one.minutes_a_week), *one.competencies))
        for member, one in offers.items()
        if member in there and one.minutes_a_week and one.competencies
    ]
    return "\n".join(sorted(lines))


def read_form(mentors: str, cohorts: str) -> list[JsonObject]:
    """Parse what was typed, one line each, into three scenarios.

    Raises:
        SchemaFaultsError: A line is not valid. The faults name the lines.
    """
    faults: list[Fault] = []
    there: dict[str, Any] = {}
    for line, cells in _lines(mentors):
        if len(cells) < 2 or not _is_number(cells[0]):
            faults.append(Fault(f"Mentors, line {line}", "minutes, then the competencies"))
        else:
            there[f"mentor {line}"] = {"can": cells[1:], "minutes": int(cells[0])}
    wanted: dict[str, Any] = {}
    for line, cells in _lines(cohorts):
        if len(cells) != 5 or not all(map(_is_number, cells[2:])) or int(cells[3]) not in MINUTES:
            words = "name, competency, sessions, minutes (15, 30 or 45), value of a session"
            faults.append(Fault(f"Cohorts, line {line}", words))
        elif cells[0] in wanted:
            faults.append(Fault(f"Cohorts, line {line}", "another line has this name"))
        else:
            name, needs, sessions, minutes, value = cells
            wanted[name] = {
                "needs": needs,
                "sessions": int(sessions),
                "minutes": int(minutes),
                "value": int(value),
            }
    if faults:
        raise SchemaFaultsError("some lines cannot be read", faults=faults)
    return scale_minutes(there, wanted)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, [cell.strip()[:_MAX_CHARS] for cell in line.split(",") if cell.strip()]


def _is_number(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 7


def scale_minutes(mentors: Mapping[str, Mapping[str, Any]], cohorts: JsonObject) -> list[JsonObject]:
    """Return three scenarios for one demand: with the available time, with less, and with more."""
    return [
        {
            "name": f"{share} % of the time",
            "mentors": {
                one: {"can": sorted(said["can"]), "minutes": said["minutes"] * share // 100}
                for one, said in mentors.items()
            },
            "cohorts": cohorts,
        }
        for share in SHARES
    ]


def find_plan(services: Services, reference: str) -> CapacityPlan:
    """Return a plan.

    Raises:
        NotFoundError: There is no such plan.
    """
    found = services.store.capacity.find(reference)
    if found is None:
        raise NotFoundError("there is no such plan")
    return found


def all_plans(services: Services) -> tuple[CapacityPlan, ...]:
    """Return all plans."""
    return services.store.capacity.newest()


def answer_plans(services: Services, now: datetime) -> int:
    """Compute the open plans. Only the worker does this, because loading scipy costs too much for a page.

    Returns:
        How many were computed.
    """
    waiting = services.store.capacity.open()
    for plan in waiting:
        services.store.capacity.answer(plan.id, _answer(plan.asked), now)
    return len(waiting)


def rows_of(plan: CapacityPlan) -> list[tuple[str, ...]]:
    """Return a row for each cohort in each scenario, as page and CSV show them; none before it is
    computed.
    """
    answers = [] if plan.answer is None else plan.answer["scenarios"]
    rows = []
    for told, asked in zip(answers, plan.asked["scenarios"], strict=False):
        for cohort, wish in asked["cohorts"].items():
            planned = told["sessions"][cohort]
            missing = wish["sessions"] - planned
            shown = (wish["needs"], wish["sessions"], planned, missing, planned * wish["value"])
            best = "yes" if told["best"] else "not known"
            rows.append((asked["name"], cohort, *(_number(one) for one in shown), best))
    return rows


def _answer(asked: JsonObject) -> JsonObject:
    told = []
    for one in asked["scenarios"]:
        scenario = read_scenario(str(one["name"]), one)
        told.append(_tell(scenario, best_plan(scenario)))
    return {"scenarios": told}


def _tell(scenario: Scenario, plan: Plan) -> JsonObject:
    by_mentor: dict[str, dict[str, int]] = {}
    for (mentor, cohort), minutes in plan.given.items():
        by_mentor.setdefault(mentor, {})[cohort] = minutes
    return {
        "name": scenario.name,
        "value": plan.value,
        "sessions": dict(plan.sessions),
        "missing": {one.cohort: one.sessions - plan.sessions[one.cohort] for one in scenario.cohorts},
        "minutes_by_mentor": by_mentor,
        "minutes_used": sum(plan.given.values()),
        "minutes_there": sum(one.minutes for one in scenario.mentors),
        "best": plan.is_best,
    }


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
