"""Which experiences go with performance and with staying: recounted, and on no page called a cause."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import pytest

from credserv.journeys.measure.counting import count_due
from credserv.journeys.measure.experiences import experiences_of
from credserv.journeys.measure.population import read_population
from credserv.outcomes.figure import NO_CAUSE
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service
from tests.testkit.telling import teller

API = "/api/v1"
BEGAN = datetime(2025, 1, 6, 9, tzinfo=UTC)
CUT = BEGAN + timedelta(days=300)
PEOPLE = 40


def at(day: float) -> str:
    return f"{BEGAN + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"


def facts(number: int) -> list[dict[str, Any]]:
    """Every second has a mentor, every third is seen early, every fourth has an assignment, too late."""
    who = {"person": f"e{number}"}
    start = {"kind": "pathway.started", "pathway": "care", "mentored": number % 2 == 0, "occurred_at": at(0)}
    errors = {
        "kind": "signal",
        "signal": "errors",
        "count": number % 7,
        "exposure": 10,
        "occurred_at": at(50),
    }
    told: list[dict[str, Any]] = [who | start, who | errors]
    if number % 3 == 0:
        told.append(who | {"kind": "observation", "pathway": "care", "by": "boss", "occurred_at": at(10)})
    if number % 4 == 0:
        criteria = [{"criterion": "done", "met": True}]
        told.append(
            who
            | {"kind": "project", "project": "p", "by": "boss", "criteria": criteria, "occurred_at": at(40)}
        )
    return told


@pytest.fixture
def told(service: Service) -> Service:
    send = teller(service)
    service.clock.now = CUT
    names = ["boss", *(f"e{number}" for number in range(PEOPLE))]
    job = {"started": "2024-01-01"}
    members = [{"reference": one, "email": f"{one}@firm.example", "employment": job} for one in names]
    send("POST", "/members", members=members)
    for name in names:
        send("PUT", f"/members/{name}/consents/outcomes")
    send("POST", "/outcomes/facts", items=[one for number in range(PEOPLE) for one in facts(number)])
    for number in (1, 5):
        send("POST", f"/members/e{number}/leaving", ended=at(20))
    for number in range(8, 20):
        send("POST", f"/members/e{number}/leaving", ended=at(100 + number))
    session = {"mentor": "boss", "competency": "feedback", "minutes": 30}
    for number in range(0, PEOPLE, 4):
        known = {"reference": f"s{number}", "mentee": f"e{number}", "held_at": at(15)}
        send("POST", "/mentoring/sessions", **session, **known)
        for by in ("boss", f"e{number}"):
            send("POST", f"/mentoring/sessions/s{number}/confirmations", by=by)
    metric = {"kind": "goes-together", "pathway": "care", "signal": "errors", "evidence": ["session"]}
    words = {"name": "Experiences", "question": "What goes with it?", "owner": "People"}
    send("PUT", "/outcomes/metrics/exp", **metric, **words, tau_days=200)
    return service


def test_what_goes_together_is_what_is_recounted(told: Service) -> None:
    found = read_population(told.services, cut=CUT)
    by_name = {one.name: one for one in experiences_of(told.services, found, "care", "errors", 200)}
    here = [number for number in range(PEOPLE) if number not in (1, 5)]

    def stays(number: int) -> float:
        """Nobody is lost sight of before 200 days after the first thirty."""
        return min(200, 70 + number if 8 <= number < 20 else 270)

    for name, step in (
        ("A mentor goes with them", 2),
        ("Seen by others at work", 3),
        ("A session that both confirmed", 4),
    ):
        with_it = [one for one in here if one % step == 0]
        without = [one for one in here if one % step]
        performance, staying = by_name[name].performance, by_name[name].staying
        assert performance.people == staying.people == (len(with_it), len(without))
        assert performance.difference is not None
        assert staying.difference is not None
        rate = fmean(one % 7 / 10 for one in with_it) - fmean(one % 7 / 10 for one in without)
        assert performance.difference.difference == pytest.approx(rate)
        days = fmean(map(stays, with_it)) - fmean(map(stays, without))
        assert staying.difference.difference == pytest.approx(days)
    assert by_name["An assignment"].performance.people == (0, len(here)), "all came after the first days"


def test_no_page_calls_it_a_cause(told: Service) -> None:
    count_due(told.services, CUT)
    analyst = Person(told).sign_in_as(Role.ANALYST)
    page = html.unescape(analyst.get("/console/outcomes"))
    assert page.count(NO_CAUSE) >= 2, "at both figures"
    assert "Experiences: what goes with staying" in page
    table = analyst.get("/console/outcomes/table.csv")
    answer = told.client().get(f"{API}/outcomes/figures", headers=told.api_headers("outcomes:read"))
    figures = {one["key"]: one for one in answer.json["figures"]}
    for key in ("exp-performance", "exp-retention"):
        assert NO_CAUSE in figures[key]["cautions"]
        rows = {row["label"]: row for row in figures[key]["rows"]}
        assert rows["A session that both confirmed"]["low"] is not None, "told with its interval"
        assert rows["An assignment"]["value"] is None
    assert table.count(NO_CAUSE) >= 12
    text = (page + table + json.dumps(answer.json)).lower()
    for word in ("because of", "leads to", "effect of", "impact", "improves", "thanks to"):
        assert word not in text
