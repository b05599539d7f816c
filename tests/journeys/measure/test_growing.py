"""Targets, assignments and views, told by the API and recounted by hand."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Any

import pytest

from credserv.journeys.measure.counting import compute
from credserv.journeys.measure.figures import errors_of
from credserv.journeys.measure.growing import criteria_of, targets_of, views_of
from credserv.journeys.measure.population import read_population
from tests.testkit.service import Service
from tests.testkit.telling import teller

API = "/api/v1"
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)
CUT = BEGAN + timedelta(days=200)
DUE = (BEGAN + timedelta(days=100)).date()
PEOPLE = 50
METRICS = {
    "plans": {"kind": "growth-plans", "competency": "feedback", "evidence": ["observation"]},
    "relaunch": {"kind": "project-criteria", "project": "relaunch", "evidence": ["project"]},
    "views": {"kind": "views", "pathway": "care", "evidence": ["observation"]},
}


def at(day: float) -> str:
    return f"{BEGAN + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"


def reached(number: int) -> int | None:
    """On which day: every fifth not yet."""
    return (60, 90, 130, 140, None)[number % 5]


def due(number: int) -> date:
    """The second half has time yet."""
    return DUE if number < 25 else (BEGAN + timedelta(days=400)).date()


def facts(number: int) -> list[dict[str, Any]]:
    who: dict[str, Any] = {"person": f"e{number}"}
    level = {"competency": "feedback", "maximum": 5}
    told: list[dict[str, Any]] = [
        who | level | {"kind": "target", "score": 3, "due_on": due(number).isoformat(), "occurred_at": at(0)},
        who | {"kind": "pathway.started", "pathway": "care", "occurred_at": at(1)},
        who | level | {"kind": "self-assessment", "pathway": "care", "score": 5, "occurred_at": at(5)},
    ]
    if (day := reached(number)) is not None:
        seen = {"kind": "observation", "by": "boss", "score": 3 + number % 2, "occurred_at": at(day)}
        told.append(who | level | seen | ({"pathway": "care"} if number % 2 else {}))
    met = {0: True, 1: False, 2: None}[number % 3]
    criteria = [{"criterion": "on budget", "met": True}, {"criterion": "users like it", "met": met}]
    told.append(
        who
        | {"kind": "project", "project": "relaunch", "criteria": criteria, "by": "boss"}
        | {"occurred_at": at(150)}
    )
    if number < 12:
        ready = {"kind": "readiness", "pathway": "care", "score": number % 4, "maximum": 4, "by": "boss"}
        told.append(who | ready | {"occurred_at": at(160)})
        for day, count, project in ((-9, 8, "relaunch"), (30, 2, "relaunch"), (31, 9, "other")):
            signal = {
                "kind": "signal",
                "signal": "errors",
                "count": count,
                "exposure": 10,
                "project": project,
            }
            told.append(who | signal | {"occurred_at": at(day)})
    return told


@pytest.fixture
def told(service: Service) -> Service:
    send = teller(service)
    service.clock.now = CUT
    names = ["boss", *(f"e{number}" for number in range(PEOPLE))]
    job = {"started": "2025-01-01"}
    members = [{"reference": one, "email": f"{one}@firm.example", "employment": job} for one in names]
    send("POST", "/members", members=members)
    for number in range(PEOPLE):
        if number != 7:
            send("PUT", f"/members/e{number}/consents/outcomes")
    send("POST", "/outcomes/facts", items=[one for number in range(PEOPLE) for one in facts(number)])
    for key, more in METRICS.items():
        words = {"name": key.capitalize(), "question": "Does it work?", "owner": "People"}
        send("PUT", f"/outcomes/metrics/{key}", **words, **more)
    return service


def counted() -> list[int]:
    return [number for number in range(PEOPLE) if number != 7]


def stands(number: int) -> str:
    day = reached(number)
    if day is not None:
        return "on time" if (BEGAN + timedelta(days=day)).date() <= due(number) else "late"
    return "open" if due(number) >= CUT.date() else "not reached, the day has passed"


def test_targets_assignments_and_views_are_what_is_recounted(told: Service) -> None:
    found = read_population(told.services, cut=CUT)
    by_hand = Counter(stands(number) for number in counted())
    zone = told.services.zone
    (level,) = targets_of(found, "feedback", zone).items()
    assert level[0] == "level 3 of 5"
    assert {name: count for name, count in level[1].items() if count} == by_hand
    assert len(by_hand) == 4, "each of them is there"
    thirds = Counter(number % 3 for number in counted())
    assert criteria_of(found, "relaunch") == {
        "": {"all met": thirds[0], "one or more not met": thirds[1], "not known yet": thirds[2]},
        "on budget": {"met": len(counted()), "not met": 0, "not known": 0},
        "users like it": {"met": thirds[0], "not met": thirds[1], "not known": thirds[2]},
    }
    views = views_of(found, "care")
    assert [(one["n"], one["mean"], one["maximum"]) for one in views["self"]] == [(len(counted()), 5, 5)]
    seen = [3 + one % 2 for one in counted() if reached(one) is not None and one % 2]
    assert [(one["n"], one["mean"]) for one in views["observation"]] == [
        (len(seen), pytest.approx(fmean(seen)))
    ]
    ready = [one % 4 for one in range(12) if one != 7]
    assert [(one["n"], one["mean"]) for one in views["readiness"]] == [(11, pytest.approx(fmean(ready)))]
    figures = {one["key"]: one for one in json.loads(compute(told.services, cut=CUT, known=CUT))["figures"]}
    assert [row["label"] for row in figures["views"]["rows"]] == [
        "Of themselves, of 5",
        "Observed by others, of 5",
        "Ready, as who leads them sees it, of 4",
    ]
    assert figures["plans"]["rows"][0] == {
        "label": "level 3 of 5: on time",
        "people": str(round(by_hand["on time"] / 5) * 5),
        "value": f"{round(100 * by_hand['on time'] / len(counted()))} %",
        "low": None,
        "high": None,
    }


def test_signals_are_counted_by_project(told: Service) -> None:
    found = read_population(told.services, cut=CUT)
    one = errors_of(found, "care", "errors", project="relaunch")
    assert (one["people"], one["before"], one["after"]) == (11, [88, 110], [22, 110])
    assert errors_of(found, "care", "errors")["after"] == [121, 220]
    assert errors_of(found, "care", "errors", project="nobody's")["people"] == 0


def test_what_people_say_of_themselves_goes_into_no_other_figure(told: Service) -> None:
    own = told.services
    before = json.loads(compute(own, cut=CUT, known=CUT))["figures"]
    told.clock.advance(seconds=1)
    more = [
        {"person": f"e{number}", "kind": "self-assessment", "pathway": "care", "occurred_at": at(170)}
        | {"score": 1, "maximum": 5, "competency": "feedback"}
        for number in range(PEOPLE)
    ]
    headers = told.api_headers("outcomes:write")
    answer = told.client().post(f"{API}/outcomes/facts", json={"items": more}, headers=headers)
    assert answer.json == {"created": PEOPLE, "repeated": 0}
    after = json.loads(compute(own, cut=CUT, known=told.clock.now))["figures"]
    changed = [one["key"] for one, other in zip(before, after, strict=True) if one != other]
    assert changed == ["views"]
    rows = {one["key"]: one for one in after}["views"]["rows"]
    assert rows[0]["value"] == "1.0"
    assert rows[1:] == {one["key"]: one for one in before}["views"]["rows"][1:]


GOOD = {"person": "e1", "kind": "project", "project": "relaunch", "by": "boss", "occurred_at": at(150)}
GOOD |= {"criteria": [{"criterion": "on budget", "met": None}]}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"by": None}, "/items/0/by"),
        ({"by": "nobody"}, "/items/0/by"),
        ({"by": "e1"}, "/items/0/by"),  # of their own work
        ({"criteria": []}, "/items/0/criteria"),
        ({"criteria": [{"criterion": "on budget"}]}, "/items/0/criteria/0/met"),
        ({"criteria": [{"criterion": "on budget", "met": "yes"}]}, "/items/0/criteria/0/met"),
        (
            {"criteria": [{"criterion": "twice", "met": True}, {"criterion": "twice", "met": False}]},
            "/items/0/criteria",
        ),
        ({"due_on": "2026-09-01"}, "/items/0/due_on"),
        (
            {"kind": "target", "competency": "feedback", "score": 3, "criteria": None, "project": None},
            "/items/0/due_on",
        ),
        (
            {"kind": "self-assessment", "pathway": "care", "score": 3, "criteria": None, "project": None},
            "/items/0/by",
        ),
        ({"kind": "observation", "criteria": None, "project": None}, "/items/0/pathway"),
        (
            {
                "kind": "readiness",
                "pathway": "care",
                "score": 3,
                "by": "e1",
                "criteria": None,
                "project": None,
            },
            "/items/0/by",
        ),
    ],
)
def test_what_nobody_else_says_is_refused_with_its_place(
    sqlite_service: Service, change: dict[str, Any], place: str
) -> None:
    client, headers = sqlite_service.client(), sqlite_service.api_headers()
    sqlite_service.clock.now = CUT
    for name in ("e1", "boss"):
        told = {"email": f"{name}@firm.example", "employment": {"started": "2025-01-01"}}
        assert client.put(f"{API}/members/{name}", json=told, headers=headers).status_code == 200
    items = [{name: value for name, value in (GOOD | change).items() if value is not None}]
    answer = client.post(f"{API}/outcomes/facts", json={"items": items}, headers=headers)
    assert answer.status_code == 422
    assert [fault["place"] for fault in answer.json["faults"]] == [place]
    good = client.post(f"{API}/outcomes/facts", json={"items": [GOOD]}, headers=headers)
    assert good.json == {"created": 1, "repeated": 0}
    again = client.post(f"{API}/outcomes/facts", json={"items": [GOOD]}, headers=headers)
    assert again.json == {"created": 0, "repeated": 1}
