"""What lasts, told by the API and recounted by hand: knowledge, staying, and money as somebody states it."""

from __future__ import annotations

import csv
import html
import io
import json
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import pytest

from credserv.journeys.measure.counting import compute, count_due
from credserv.journeys.measure.lasting import kept_of, leaving_of
from credserv.journeys.measure.population import read_population
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service
from tests.testkit.telling import teller

API = "/api/v1"
BEGAN = datetime(2025, 1, 6, 8, tzinfo=UTC)
CUT = BEGAN + timedelta(days=300)
PEOPLE, TAU = 48, 200
METRICS = {
    "kept": {"kind": "knowledge-retention", "pathway": "care", "evidence": ["course"]},
    "stay": {"kind": "leaving", "pathway": "care", "evidence": ["personnel"], "tau_days": TAU},
    "money": {
        "kind": "stated-return",
        "evidence": ["project"],
        "stated": {"by": "Jo Doe, Finance", "cost": 20_000, "benefit": 50_000, "currency": "EUR"},
    },
}
STATED = "As stated by Jo Doe, Finance: it is not computed from anything that is counted here."


def began(number: int) -> int:
    """Some have not been here for so long as is looked at."""
    return 0 if number % 4 else 150


def left(number: int) -> int | None:
    """After so many days."""
    return 20 + 3 * number if number % 3 == 0 else None


def version(number: int) -> str:
    return "v2" if number % 5 == 0 else "v1"


def facts(number: int) -> list[dict[str, Any]]:
    common = {"person": f"e{number}", "pathway": "care"}
    test = common | {"maximum": 100, "instrument": version(number)}
    told = [(0, common | {"kind": "pathway.started", "mentored": number % 2 == 0})]
    told += [(0, test | {"kind": "assessment.pre", "score": 40 + number % 7})]
    told += [(10, test | {"kind": "assessment.post", "score": 60 + number % 11})]
    if number % 6:
        told.append((100, test | {"kind": "assessment.post", "score": 55 + number % 5}))
    return [
        one | {"occurred_at": f"{BEGAN + timedelta(days=began(number) + day):%Y-%m-%dT%H:%M:%SZ}"}
        for day, one in told
    ]


@pytest.fixture
def told(service: Service) -> Service:
    send = teller(service)
    service.clock.now = CUT
    members = [
        {
            "reference": f"e{number}",
            "email": f"e{number}@firm.example",
            "employment": {"started": "2024-01-01"},
        }
        for number in range(PEOPLE)
    ]
    send("POST", "/members", members=members)
    for number in range(PEOPLE):
        if number != 1:
            send("PUT", f"/members/e{number}/consents/outcomes")
        days = left(number)
        if days is not None and began(number) + days < 300:
            ended = BEGAN + timedelta(days=began(number) + days)
            send("POST", f"/members/e{number}/leaving", ended=f"{ended:%Y-%m-%dT%H:%M:%SZ}")
    send("POST", "/outcomes/facts", items=[one for number in range(PEOPLE) for one in facts(number)])
    for key, more in METRICS.items():
        words = {"name": key.capitalize(), "question": "Does it last?", "owner": "People"}
        send("PUT", f"/outcomes/metrics/{key}", **words, **more)
    return service


def counted() -> list[int]:
    return [number for number in range(PEOPLE) if number != 1]


def still_here(people: list[int]) -> float:
    """Kaplan and Meier, written out: of who is there at each leaving, the share that stays."""
    waits = [(left(one) or 10**6, 300 - began(one)) for one in people]
    share = 1.0
    for day in sorted({leaves for leaves, seen in waits if leaves < seen and leaves <= TAU}):
        there = sum(min(leaves, seen) >= day for leaves, seen in waits)
        share *= 1 - sum(leaves == day and leaves < seen for leaves, seen in waits) / there
    return share


def test_what_lasts_is_what_is_recounted_by_hand(told: Service) -> None:
    found = read_population(told.services, cut=CUT)
    versions = {one["instrument"]: one for one in kept_of(found, "care")}
    for name in ("v1", "v2"):
        again = [one for one in counted() if one % 6 and version(one) == name]
        kept = versions[name]
        assert kept["then"]["n"] == kept["later"]["n"] == len(again)
        assert kept["then"]["mean"] == pytest.approx(fmean(20 + one % 11 - one % 7 for one in again))
        assert kept["later"]["mean"] == pytest.approx(fmean(15 + one % 5 - one % 7 for one in again))
        assert kept["change"]["mean"] == pytest.approx(fmean(one % 5 - 5 - one % 11 for one in again))
        assert kept["due"] == sum(version(one) == name for one in counted())
    stay = leaving_of(found, "care", TAU)
    groups = {
        "all": counted(),
        "mentored": [one for one in counted() if one % 2 == 0],
        "not_mentored": [one for one in counted() if one % 2],
    }
    for name, people in groups.items():
        assert stay[name]["n"] == len(people)
        assert stay[name]["share"] == pytest.approx(still_here(people))
    naive = sum((left(one) or 10**6) > min(TAU, 300 - began(one)) for one in counted()) / len(counted())
    assert stay["all"]["share"] < naive, "who came late has had less time to leave"
    difference = stay["mentored"]["mean_days"] - stay["not_mentored"]["mean_days"]
    assert stay["rmst_difference"]["days"] == pytest.approx(difference)
    assert stay["rmst_difference"]["low"] < difference < stay["rmst_difference"]["high"]


def test_page_csv_and_api_say_the_same_of_what_lasts(told: Service) -> None:
    count_due(told.services, CUT)
    figures = {one["key"]: one for one in json.loads(compute(told.services, cut=CUT, known=CUT))["figures"]}
    stay = leaving_of(read_population(told.services, cut=CUT), "care", TAU)
    whole = [f"{int(100 * stay[name]['share'] + 0.5)} %" for name in ("all", "mentored", "not_mentored")]
    assert [row["value"] for row in figures["stay"]["rows"]] == whole
    assert figures["kept"]["rows"][0]["label"] == "v1: gain at the end"
    assert [row["value"] for row in figures["money-return"]["rows"]] == ["150.0"]
    asked = told.client().get(f"{API}/outcomes/figures", headers=told.api_headers("outcomes:read")).json
    assert {one["key"]: one for one in asked["figures"]} == figures
    analyst = Person(told).sign_in_as(Role.ANALYST)
    page = html.unescape(analyst.get("/console/outcomes"))
    rows = list(csv.DictReader(io.StringIO(analyst.get("/console/outcomes/table.csv"))))
    for key in ("kept", "stay", "stay-time", "money", "money-return"):
        told_rows = [row for row in rows if row["figure"] == figures[key]["title"]]
        assert [row["value"] for row in told_rows] == [
            row["value"] or "too few people" for row in figures[key]["rows"]
        ]
        assert {row["caution"] for row in told_rows} == {" ".join(figures[key]["cautions"])}
        assert all(caution in page for caution in figures[key]["cautions"])
    assert page.count(STATED) == 2, "at the amounts, and at the return"


def test_money_is_told_on_a_page_by_who_states_it(sqlite_service: Service) -> None:
    path = "/console/outcomes/metrics"
    owner = Person(sqlite_service).sign_in_to_console()
    form = {"kind": "stated-return", "name": "Return", "question": "Does it pay?", "owner": "Finance"}
    form |= {"is_new": "yes", "key": "roi", "evidence": "project", "shown": "yes", "tau_days": "120"}
    form |= {"stated_by": "Jo Doe", "stated_cost": "many", "stated_benefit": "30", "stated_currency": "EUR"}
    wrong = owner.submit(path, **form)
    assert wrong.status_code == 400
    assert "/stated/cost" in wrong.text
    assert 'value="Jo Doe"' in wrong.text, "nothing that was typed is lost"
    owner.follow(owner.submit(path, **{**form, "stated_cost": "20"}))
    assert 'value="30.0"' in owner.get(f"{path}/roi")
