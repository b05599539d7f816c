"""A pathway: achievements on the way to a stacked one, by one route or another.

    {"pathway": {"routes": [{"name": "By courses", "in_order": true, "steps": [
        {"achievement": "mentor-foundation", "milestone": "You may mentor", "by": "2027-03-01"},
        {"alignment": "http://data.europa.eu/esco/skill/0cc9c234-f817-4f4c-908a-4d28fe3b0f4a"}]}]}}

It is a rule and nothing else: whoever holds every step of one route earns the achievement. Order, milestones
and target dates guide the person. Somebody who took another way has earned it all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from credserv.mastery.rule import Pathway, Route, Step
from credserv.mastery.verdict import Answer, LeafVerdict, Verdict


@dataclass(frozen=True)
class StepProgress:
    """Progress of a step.

    Attributes:
        is_next: Whether it is what to do now.
        is_late: Whether its target date has passed and it is not done.
    """

    step: Step
    verdict: LeafVerdict
    is_next: bool
    is_late: bool

    @property
    def is_done(self) -> bool:
        return self.verdict.answer is Answer.MET


@dataclass(frozen=True)
class RouteProgress:
    route: Route
    steps: tuple[StepProgress, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)


def judge_progress(pathway: Pathway, verdict: Verdict, today: date) -> tuple[RouteProgress, ...]:
    """Return the progress on each route, the most advanced first.

    Args:
        verdict: Of the pathway's rule.
    """
    by_place = {leaf.leaf.place: leaf for leaf in verdict.leaves}
    routes = [_judge_route(route, by_place, today) for route in pathway.routes]
    return tuple(sorted(routes, key=lambda one: -one.done / len(one.steps)))


def _judge_route(route: Route, by_place: Mapping[str, LeafVerdict], today: date) -> RouteProgress:
    steps: list[StepProgress] = []
    has_next = False
    for step in route.steps:
        verdict = by_place[step.leaf.place]
        is_open = verdict.answer is not Answer.MET
        is_next = is_open and not (route.in_order and has_next)
        has_next = has_next or is_open
        is_late = is_open and step.by is not None and step.by < today
        steps.append(StepProgress(step, verdict, is_next, is_late))
    return RouteProgress(route, tuple(steps))
