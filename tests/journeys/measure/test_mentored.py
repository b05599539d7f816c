"""What is counted of mentoring: across departments, toward which role, groups by moves; recounted by hand."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.journeys.accredit.cohorts import CohortWish, begin_cohort
from credserv.journeys.admit.persons import find_member
from credserv.journeys.measure.counting import compute
from credserv.journeys.measure.figures import by_trait
from credserv.journeys.measure.mentored import across_departments, by_target_role, relations_of
from credserv.journeys.measure.metrics import versions_of
from credserv.journeys.measure.mobility import moved_by_member
from credserv.journeys.measure.population import read_population
from credserv.outcomes.disclosure import Share
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service

API, PAGE = "/api/v1", "/console/outcomes/metrics"
CUT = datetime(2026, 2, 1, tzinfo=UTC)
PEOPLE = {"ann": "Sales", "ben": "Sales", "cem": "Care", "dan": "Care", "eve": "Sales"}  # Eve never agrees
# Who mentored whom, when, and whether both confirm. Cem is of Sales from July on.
SESSIONS = (
    ("ann", "ben", "2025-05-05", True),  # of one department
    ("ann", "cem", "2025-05-06", True),  # of two
    ("ann", "cem", "2025-08-06", True),  # of one by then
    ("dan", "ben", "2025-08-07", True),  # of two
    ("dan", "ann", "2025-08-08", False),  # not confirmed by both
    ("dan", "eve", "2025-08-09", True),  # Eve is not counted
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("mentored")
    service = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)
    service.clock.now = datetime(2026, 1, 15, tzinfo=UTC)
    client, headers = service.client(), service.api_headers()

    def send(method: str, path: str, **body: Any) -> Any:
        answer = client.open(f"{API}{path}", method=method, json=body or None, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json

    for who, department in PEOPLE.items():
        job = {"started": "2025-01-01", "department": department, "role": "Nurse", "level": 3}
        send("PUT", f"/members/{who}", email=f"{who}@firm.example", employment=job)
        if who != "eve":
            send("PUT", f"/members/{who}/consents/outcomes")
    before = {"department": "Care", "role": "Nurse", "level": "3"}
    after = before | {"department": "Sales"}
    send("POST", "/members/cem/moves", effective="2025-07-01", before=before, after=after)
    for mentor, mentee, day, both in SESSIONS:
        told = {"mentor": mentor, "mentee": mentee, "competency": "feedback", "minutes": 30}
        if (mentor, mentee) == ("ann", "ben"):
            told["kind"] = "shadowing"
        known = send("POST", "/mentoring/sessions", **told, held_at=f"{day}T09:00:00Z")["id"]
        for who in (mentor, mentee) if both else (mentor,):
            send("POST", f"/mentoring/sessions/{known}/confirmations", by=who)
    start = {"kind": "pathway.started", "pathway": "care", "occurred_at": "2025-03-01T09:00:00Z"}
    send("POST", "/outcomes/facts", items=[start | {"person": "ann"}, start | {"person": "eve"}])
    return service


def test_sessions_across_departments_are_told_by_where_each_worked_then(service: Service) -> None:
    found = read_population(service.services, cut=CUT)
    assert across_departments(service.services, found, CUT) == (Share(4, 2), 4)


def test_how_often_a_pair_meets_and_how_is_recounted(service: Service) -> None:
    found = read_population(service.services, cut=CUT)
    told = relations_of(service.services, found, CUT)
    pairs = Counter((mentor, mentee) for mentor, mentee, _, both in SESSIONS if both and mentee != "eve")
    assert (told.people, told.sessions) == (4, 4)
    assert told.lasting == Share(len(pairs), sum(count > 1 for count in pairs.values())) == Share(3, 1)
    assert told.shadowing == Share(4, 1), "the one that Ann held with Ben"
    early = read_population(service.services, cut=datetime(2025, 6, 1, tzinfo=UTC), known=CUT)
    assert relations_of(service.services, early, CUT).lasting == Share(2, 0)


def test_groups_are_compared_by_who_moved_in_the_year_that_is_over(service: Service) -> None:
    found = read_population(service.services, cut=CUT)
    year, moved = moved_by_member(service.services, cut=CUT, known=CUT)
    assert (year, sum(moved.values())) == (2025, 1)
    assert by_trait(found, "department", moved) == {"Care": Share(2, 1), "Sales": Share(2, 0)}


def test_who_of_a_cohort_has_begun_is_told_by_target_role(service: Service) -> None:
    own, now = service.services, service.clock.now
    for role, who in (("Lead", ("ann", "ben", "eve")), ("Lead", ("ann", "dan")), ("", ("cem",))):
        learners = tuple((find_member(own, one).id, ("en",)) for one in who)
        days = now.date(), now.date() + timedelta(days=90)
        wish = CohortWish(f"Cohort {who}", "feedback", 30, *days, learners, target_role=role)
        begin_cohort(own, wish, actor="test", now=now)
    found = read_population(own, cut=CUT)
    assert by_target_role(own, found) == {"Lead": Share(3, 1)}, "Ann, once; Ben and Dan; not Eve"


def test_an_owner_sets_a_metric_changes_it_and_ends_it_on_a_page(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    form = {"kind": "equity", "name": "Who moves", "question": "Do all move?", "owner": "People team"}
    form |= {"dimension": "department", "outcome": "moves", "evidence": "personnel", "tau_days": "120"}
    new = {**form, "is_new": "yes", "key": "who-moves", "shown": "yes", "pilot_target": "10"}
    wrong = owner.submit(PAGE, **{**new, "owner": " ", "pilot_target": "many", "pilot_baseline": "nan"})
    assert wrong.status_code == 400
    told = ("/owner", "/pilot/target", "/pilot/baseline", "Who moves")
    assert [one for one in told if one not in wrong.text] == []
    assert "Who moves" in owner.follow(owner.submit(PAGE, **new))
    now = service.clock.now

    def figures() -> dict[str, Any]:
        told = json.loads(compute(service.services, cut=now, known=service.clock.now))
        return {one["key"]: one for one in told["figures"]}

    assert figures()["who-moves"]["unit"] == "per cent who moved in 2025"
    changed = {**form, "key": "who-moves", "question": "Does everybody move?", "shown": "yes"}
    for _ in "12":  # pressed twice
        service.clock.advance(minutes=1)
        owner.follow(owner.submit(PAGE, on=f"{PAGE}/who-moves", **changed))
    assert len(versions_of(service.services, "who-moves", service.clock.now)) == 2
    page = owner.get(f"{PAGE}/who-moves")
    assert ("Do all move?" in page, 'value="Does everybody move?"' in page) == (True, True)
    for kind in (
        "mentor-supply",
        "across-departments",
        "mentoring-relations",
        "feedback-time",
        "target-roles",
    ):
        more = {**new, "key": kind, "kind": kind, "dimension": "", "outcome": "", "pilot_target": ""}
        owner.follow(owner.submit(PAGE, **more))
    made = figures()
    wanted = {"mentor-supply", "mentor-supply-time", "mentor-supply-barriers", "across-departments"}
    wanted |= {"mentoring-relations", "mentoring-relations-kinds", "feedback-time", "target-roles"}
    assert wanted <= made.keys()
    analyst = Person(service).sign_in_as(Role.ANALYST)
    assert "Count it no more" not in analyst.get(f"{PAGE}/who-moves")
    assert analyst.submit(PAGE, on="/console/account", **changed).status_code == 403
    owner.follow(owner.submit(f"{PAGE}/who-moves/end", on=f"{PAGE}/who-moves"))
    owner.get(f"{PAGE}/who-moves", status=404)
    assert "who-moves" not in figures()
