"""Metrics as data: each has a question, an owner who answers for it, and kinds of evidence.

Three are shown by default; whoever shows another states why. What nobody asks about is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from credserv.ground.errors import Fault, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import is_slug
from credserv.outcomes.disclosure import DIMENSIONS
from credserv.outcomes.stated import check_stated

MAX_CHARS = 500
EVIDENCE = ("course", "session", "observation", "project", "personnel")


class MetricKind(StrEnum):
    GAIN = "mastery-gain"
    BEHAVIOUR = "behaviour"
    TEAM = "team-delta"  # time to competency, and moves within the organisation
    EQUITY = "equity"
    PARTICIPATION = "participation"
    SURVEY = "survey"
    SUPPLY = "mentor-supply"  # mentors' time, and how long it takes to get some of it
    ACROSS = "across-departments"  # sessions of people of two departments
    RELATIONS = "mentoring-relations"  # how often and in which way a mentor and a mentee meet
    ANSWERS = "feedback-time"  # how long people asked for feedback take to answer
    TARGETS = "target-roles"  # who of a cohort has begun, by the role it leads to
    KEPT = "knowledge-retention"  # what is still known later
    LEAVING = "leaving"  # who is still here
    RETURN = "stated-return"  # money, as somebody states it
    PLANS = "growth-plans"  # targets, reached on time or not
    PROJECT = "project-criteria"  # the results of an assignment
    TOGETHER = "goes-together"  # experiences, performance and staying: never called a cause
    VIEWS = "views"  # by themselves, by others, and readiness: side by side


# By what groups are compared (equity).
OUTCOMES = ("participation", "moves")

# What a metric of each kind has to name.
_NEEDS: Mapping[MetricKind, tuple[str, ...]] = {
    MetricKind.GAIN: ("pathway",),
    MetricKind.BEHAVIOUR: ("pathway",),
    MetricKind.TEAM: ("pathway", "credential"),
    MetricKind.EQUITY: ("dimension",),
    MetricKind.PARTICIPATION: ("pathway",),
    MetricKind.SURVEY: ("survey",),
    MetricKind.SUPPLY: (),
    MetricKind.ACROSS: (),
    MetricKind.RELATIONS: (),
    MetricKind.ANSWERS: (),
    MetricKind.TARGETS: (),
    MetricKind.KEPT: ("pathway",),
    MetricKind.LEAVING: ("pathway",),
    MetricKind.RETURN: (),
    MetricKind.PLANS: ("competency",),
    MetricKind.PROJECT: ("project",),
    MetricKind.TOGETHER: ("pathway", "signal"),
    MetricKind.VIEWS: ("pathway",),
}
ABOUT = ("pathway", "signal", "survey", "project", "competency", "credential", "dimension", "outcome")
_TEXTS = ("name", "question", "owner", *ABOUT)
_MEMBERS = {*_TEXTS, "kind", "evidence", "shown", "tau_days", "random", "pilot", "stated"}
_PILOT = {"name", "sponsor", "starts_on", "ends_on", "baseline", "target"}
_MOST = 1e15


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        owner: Who answers for it.
        evidence: What it rests on.
        shown: Whether it is on the dashboard.
        credential: The pathway with whose credential outcomes are compared.
        outcome: One of OUTCOMES; the first if "".
        random: Whether it was left to chance who is mentored.
        tau_days: The time horizon, in days.
        pilot: What was aimed at, by whom, from a baseline to a target.
        stated: For a return, as `outcomes/stated.py` reads it.
    """

    key: str
    kind: MetricKind
    name: str
    question: str
    owner: str
    evidence: tuple[str, ...]
    shown: bool = True
    pathway: str = ""
    signal: str = ""
    survey: str = ""
    dimension: str = ""
    credential: str = ""
    outcome: str = ""
    competency: str = ""
    project: str = ""
    tau_days: int = 120
    random: bool = False
    pilot: JsonObject = field(default_factory=dict)
    stated: JsonObject = field(default_factory=dict)


DEFAULTS = (
    Metric(
        "mastery-gain",
        MetricKind.GAIN,
        "Mastery gain",
        "Do people know more after onboarding than before?",
        "Learning and development",
        ("course", "session"),
        pathway="onboarding",
    ),
    Metric(
        "behaviour",
        MetricKind.BEHAVIOUR,
        "Behaviour on the job",
        "Do fewer errors happen after the quality pathway?",
        "Learning and development",
        ("project", "observation"),
        pathway="quality",
    ),
    Metric(
        "team-delta",
        MetricKind.TEAM,
        "Team and role",
        "How long until somebody is competent, and do people move within the organisation?",
        "Learning and development",
        ("course", "session", "personnel"),
        pathway="onboarding",
        credential="leadership",
    ),
)


def read_metric(key: str, told: Mapping[str, Any]) -> Metric:
    """Read a metric.

    Raises:
        SchemaFaultsError: A value is not valid. The faults name the place.
    """
    faults = [*_check_key(key), *_check_members(told), *_check_texts(told), *_check_evidence(told)]
    faults += [*_check_values(told), *_check_pilot(told.get("pilot", {})), *_check_return(told)]
    if faults:
        raise SchemaFaultsError(f"{len(faults)} fault(s), each with its place", faults=faults)
    known = {name: told[name] for name in _MEMBERS & told.keys()}
    known |= {"kind": MetricKind(told["kind"]), "evidence": tuple(told["evidence"])}
    return Metric(key=key, **known)


def tell_metric(metric: Metric) -> JsonObject:
    """Return a metric as JSON."""
    told = {name: value for name, value in vars(metric).items() if name != "key" and value not in ("", {})}
    return {**told, "kind": metric.kind.value, "evidence": list(metric.evidence)}


def _check_key(key: str) -> list[Fault]:
    return [] if is_slug(key) else [Fault("", "a key is of a to z, 0 to 9 and -, 64 at most")]


def _check_members(told: Mapping[str, Any]) -> list[Fault]:
    return [Fault(f"/{name}", "no metric has this member") for name in sorted(told.keys() - _MEMBERS)]


def _check_texts(told: Mapping[str, Any]) -> list[Fault]:
    try:
        kind = MetricKind(told.get("kind", ""))
    except ValueError:
        return [Fault("/kind", f"one of {', '.join(MetricKind)}")]
    needed = ("name", "question", "owner", *_NEEDS[kind])
    faults = [Fault(f"/{name}", "it is missing") for name in needed if not _is_said(told.get(name))]
    faults += [
        Fault(f"/{name}", f"a text of {MAX_CHARS} characters at most")
        for name in _TEXTS
        if name in told and name not in needed and not _is_said(told[name])
    ]
    for name, known in (("dimension", DIMENSIONS), ("outcome", OUTCOMES)):
        if told.get(name) and told[name] not in known:
            faults.append(Fault(f"/{name}", f"one of {', '.join(known)}"))
    return faults


def _check_evidence(told: Mapping[str, Any]) -> list[Fault]:
    evidence = told.get("evidence")
    if not isinstance(evidence, list) or not evidence:
        return [Fault("/evidence", f"name what it rests on: {', '.join(EVIDENCE)}")]
    return [
        Fault(f"/evidence/{place}", f"one of {', '.join(EVIDENCE)}")
        for place, one in enumerate(evidence)
        if one not in EVIDENCE
    ]


def _check_values(told: Mapping[str, Any]) -> list[Fault]:
    faults = [
        Fault(f"/{name}", "true or false")
        for name in ("shown", "random")
        if not isinstance(told.get(name, False), bool)
    ]
    tau = told.get("tau_days", 120)
    if isinstance(tau, bool) or not isinstance(tau, int) or not 1 <= tau <= 1_000:
        faults.append(Fault("/tau_days", "days, from 1 to 1000"))
    return faults


def _check_return(told: Mapping[str, Any]) -> list[Fault]:
    if told.get("kind") == MetricKind.RETURN:
        return check_stated(told.get("stated"))
    return [Fault("/stated", "money is told of a stated-return alone")] if told.get("stated") else []


def _check_pilot(pilot: Any) -> list[Fault]:
    if not isinstance(pilot, dict) or not pilot.keys() <= _PILOT:
        return [Fault("/pilot", f"an object of {', '.join(sorted(_PILOT))}")]
    faults = []
    for name, value in sorted(pilot.items()):
        if name in ("starts_on", "ends_on"):
            faults += [] if _is_day(value) else [Fault(f"/pilot/{name}", "a day, as in 2026-11-21")]
        elif name in ("baseline", "target"):
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            is_number = is_number and abs(value) <= _MOST  # neither NaN nor infinite, which nobody could read
            faults += [] if is_number else [Fault(f"/pilot/{name}", "a number")]
        elif not _is_said(value):
            faults.append(Fault(f"/pilot/{name}", f"a text of {MAX_CHARS} characters at most"))
    return faults


def _is_said(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= MAX_CHARS


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False
