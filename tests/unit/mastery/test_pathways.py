"""Pathways: a route that is walked to its end earns, and who walks sees the next step."""

from __future__ import annotations

from datetime import date
from typing import Any

from credserv.mastery.facts import PriorCredential
from credserv.mastery.judging import judge_rule
from credserv.mastery.pathways import judge_progress
from credserv.mastery.reading import parse_rule
from credserv.mastery.verdict import Verdict
from tests.unit.mastery.samples import KEY, NOW

DOCUMENT: dict[str, Any] = {
    "pathway": {
        "routes": [
            {
                "name": "In order",
                "in_order": True,
                "steps": [
                    {"achievement": "a", "by": "2026-05-01"},
                    {"achievement": "b", "milestone": "Half way", "by": "2026-05-01"},
                    {"achievement": "c"},
                ],
            },
            {"name": "Free", "steps": [{"achievement": "a"}, {"alignment": "esco:1"}]},
        ]
    }
}
RULE = parse_rule(DOCUMENT, achievement=KEY)


def held(*keys: str) -> list[PriorCredential]:
    return [
        PriorCredential(key, "did:a", f"https://a/{key}", key, frozenset({"esco:1"} if key == "e" else ()))
        for key in keys
    ]


def judge(*keys: str) -> Verdict:
    return judge_rule(RULE, (), held(*keys), NOW)


def test_one_whole_route_is_enough_and_half_of_each_is_not() -> None:
    assert not judge("b", "c").is_met
    assert not judge("a", "b").is_met
    assert judge("c", "b", "a").is_met  # in whichever order they came
    assert judge("a", "e").is_met


def test_the_next_step_the_dates_and_the_furthest_route_are_told() -> None:
    assert RULE.pathway is not None
    routes = judge_progress(RULE.pathway, judge("a"), date(2026, 6, 1))
    assert [(one.route.name, one.done) for one in routes] == [("Free", 1), ("In order", 1)]
    in_order = routes[1]
    assert [(step.is_done, step.is_next, step.is_late) for step in in_order.steps] == [
        (True, False, False),
        (False, True, True),
        (False, False, False),
    ]
    begun = judge_progress(RULE.pathway, judge(), date(2026, 1, 1))
    free = next(one for one in begun if one.route.name == "Free")
    assert [(step.is_next, step.is_late) for step in free.steps] == [(True, False), (True, False)]
