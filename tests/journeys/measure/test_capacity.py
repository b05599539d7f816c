"""Mentors' time is planned: asked for by page and API, worked out by the worker, read side by side."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credserv.journeys.measure.capacity import answer_plans, mentors_as_text
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service
from tests.testkit.shared import shared_path

KNOWN: dict[str, Any] = json.loads(shared_path("accreditation/capacity-vectors.json").read_text())
SCENARIO = {"name": "as it is", "mentors": KNOWN["mentor_minutes"], "cohorts": KNOWN["cohorts"]}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("capacity")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)


def test_three_scenarios_are_planned_by_the_api(service: Service) -> None:
    client, headers = service.client(), service.api_headers("accreditations:read", "accreditations:write")
    path = "/api/v1/mentoring/capacity-plans"
    fewer = {**SCENARIO, "name": "without m3", "mentors": {**KNOWN["mentor_minutes"]}}
    del fewer["mentors"]["m3"]
    asked = {"reference": "autumn", "name": "=Autumn", "scenarios": [SCENARIO, fewer]}
    first = client.post(path, json=asked, headers=headers)
    assert (first.status_code, first.json["answered_at"], first.json["scenarios"]) == (202, None, [])
    assert client.post(path, json=asked, headers=headers).json == first.json
    other = client.post(path, json={**asked, "name": "Another"}, headers=headers)
    assert other.json["code"] == "conflict"
    assert answer_plans(service.services, service.clock.now) == 1
    assert answer_plans(service.services, service.clock.now) == 0
    told = client.get(f"{path}/autumn", headers=headers).json
    assert told["answered_at"]
    best, less = told["scenarios"]
    assert (best["value"], best["sessions"], best["best"]) == (31, KNOWN["best"]["sessions"], True)
    assert best["missing"] == {"c1": 3, "c2": 0, "c3": 0}
    assert less["value"] < 31
    table = client.get(f"{path}/autumn/table", headers=headers).text.splitlines()
    assert table[1] == '"as it is","c1","A","6","3","3","9","yes"'
    assert len(table) == 1 + 2 * 3
    wrong = {
        **asked,
        "scenarios": [{**SCENARIO, "cohorts": {"c": {**KNOWN["cohorts"]["c1"], "minutes": 20}}}],
    }
    faults = client.post(path, json=wrong, headers=headers).json["faults"]
    assert faults[0]["place"].startswith("/scenarios/0/cohorts/c")


def test_a_programme_owner_plans_on_a_page(service: Service) -> None:
    person = Person(service).sign_in_as(Role.PROGRAMME_OWNER)
    assert mentors_as_text(service.services, service.clock.now) == ""
    service.clock.advance(minutes=1)
    told = {"name": "Spring", "mentors": "120, A\n90, A, B\n60, B"}
    wrong = person.submit("/console/capacity", **told, cohorts="c1, A, 6, 20, 3")
    assert (wrong.status_code, "Cohorts, line 1" in wrong.text) == (400, True)
    twice = person.submit("/console/capacity", **told, cohorts="c1, A, 6, 30, 3\nc1, B, 2, 15, 2")
    assert (twice.status_code, "Cohorts, line 2" in twice.text) == (400, True)
    wanted = "c1, A, 6, 30, 3\nc2, B, 6, 15, 2\nc3, A, 2, 45, 5"
    assert "being worked out" in person.follow(person.submit("/console/capacity", **told, cohorts=wanted))
    plan = service.services.store.capacity.newest()[0]
    answer_plans(service.services, service.clock.now)
    page = person.get(f"/console/capacity/{plan.id}")
    assert "80 % of the time" in page
    assert "270 of 270" in page
    assert "31" in page
    assert '"100 % of the time","c1"' in person.get(f"/console/capacity/{plan.id}/table")
