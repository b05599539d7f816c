"""What somebody sees of what is counted of them: their own, in which figures, and nobody else's."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from credserv.journeys.admit.persons import find_member
from credserv.journeys.measure.growing import targets_of
from credserv.journeys.measure.own_facts import counted_of
from credserv.journeys.measure.population import read_population
from credserv.outcomes.plans import Standing
from credserv.records.outcomes import FactKind
from credserv.web.mentoring.counted import KINDS
from tests.testkit.browsing import Person
from tests.testkit.service import Service
from tests.testkit.telling import teller

API, PAGE = "/api/v1", "/wallet/mentoring/counted"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
MAIL = "{}@firm.example"


@pytest.fixture
def told(service: Service) -> Service:
    send = teller(service)
    service.clock.now = NOW
    job = {"started": "2025-01-01", "role": "Nurse", "department": "Care"}
    for name in ("ann", "ben", "boss"):
        send("PUT", f"/members/{name}", email=MAIL.format(name), name=name.capitalize(), employment=job)
    at = {"occurred_at": "2026-03-02T09:00:00Z"}
    items = [
        {"person": "ann", "kind": "pathway.started", "pathway": "onboarding", "mentored": True},
        {"person": "ann", "kind": "assessment.pre", "pathway": "onboarding", "score": 52, "maximum": 100},
        {"person": "ann", "kind": "project", "project": "relaunch", "by": "boss"}
        | {"criteria": [{"criterion": "on budget", "met": None}, {"criterion": "liked", "met": True}]},
        {
            "person": "ann",
            "kind": "manager-observation",
            "pathway": "onboarding",
            "words": "Explains it well.",
        },
        {"person": "ben", "kind": "survey", "survey": "pulse", "score": 3, "maximum": 10},
        {"person": "ann", "kind": "target", "competency": "feedback", "score": 3, "maximum": 5}
        | {"due_on": "2026-05-01", "by": "boss"},
        {
            "person": "ann",
            "kind": "observation",
            "competency": "feedback",
            "score": 3,
            "maximum": 5,
            "by": "boss",
        }
        | {"occurred_at": "2026-05-20T09:00:00Z"},
    ]
    send("POST", "/outcomes/facts", items=[at | one for one in items])
    return service


def test_somebody_sees_their_own_facts_and_in_which_figures_they_stand(told: Service) -> None:
    ann = Person(told).open_wallet(MAIL.format("ann"))
    page = html.unescape(ann.get(PAGE))
    assert "You have not agreed to be counted" in page
    for words in (
        "on budget</bdi>: not known",
        "liked</bdi>: met",
        "by <bdi>Boss",
        "52 of 100",
        "with a mentor",
    ):
        assert words in page
    assert "Employed" in page
    assert "Nurse, Care" in page
    assert "pulse" not in page, "what is known of somebody else"
    figures = {one.fact.kind: one.figures for one in counted_of(told.services, ann_id(told), NOW).facts}
    assert figures[FactKind.PRE] == ("Mastery gain",)
    assert figures[FactKind.STARTED] == ("Mastery gain", "Team and role")
    assert figures[FactKind.NOTE] == figures[FactKind.PROJECT] == ()
    path = "/wallet/data/consents"
    ann.follow(ann.submit(f"{path}/give", on=path, purpose="outcomes"))
    assert "You agreed to be counted" in html.unescape(ann.get(PAGE))
    assert f'href="{PAGE}"' in html.unescape(ann.get("/wallet/data"))
    rows = list(csv.DictReader(io.StringIO(ann.get(f"{PAGE}/table.csv"))))
    assert len(rows) == 6
    assert {row["told by"] for row in rows} == {"", "Boss"}
    assert "on budget: not known; liked: met" in [row["value"] for row in rows]


def ann_id(service: Service) -> str:
    return find_member(service.services, "ann").person_id


def test_a_fact_of_somebody_else_is_not_found(told: Service) -> None:
    ann, ben = (Person(told).open_wallet(MAIL.format(name)) for name in ("ann", "ben"))
    (own,) = re.findall(rf"{PAGE}/([\w-]+)\"", ben.get(PAGE).replace("table.csv", ""))
    assert "3 of 10" in html.unescape(ben.get(f"{PAGE}/{own}"))
    missing = ann.get(f"{PAGE}/{own}", status=404)
    assert "pulse" not in missing
    ann.get(f"{PAGE}/nothing", status=404)
    known = counted_of(told.services, ann_id(told), NOW).facts
    for one in known:
        ben.get(f"{PAGE}/{one.id}", status=404)
        assert KINDS[one.fact.kind] in html.unescape(ann.get(f"{PAGE}/{one.id}"))
    project = next(one.id for one in known if one.fact.kind is FactKind.PROJECT)
    page = html.unescape(ann.get(f"{PAGE}/{project}"))
    assert ("Not known" in page, "Boss" in page) == (True, True)


def test_a_target_is_set_and_its_day_is_moved_on_the_page(told: Service) -> None:
    ann = Person(told).open_wallet(MAIL.format("ann"))
    (first,) = counted_of(told.services, ann_id(told), NOW).targets
    assert first.standing is Standing.LATE, "seen on 20 May, aimed for by 1 May"
    form = {"competency": "planning", "level": "2", "maximum": "5", "due_on": "2026-09-01"}
    for change, words in (
        ({"level": "6"}, "not above the highest"),
        ({"level": "high"}, "a level is a number"),
        ({"due_on": "2026-05-31"}, "choose today or a later day"),
        ({"due_on": ""}, "a day is expected"),
        ({"competency": " "}, "name a competency"),
    ):
        wrong = ann.submit(PAGE, **{**form, **change})
        assert (wrong.status_code, words in wrong.text.lower()) == (400, True)
    assert 'value="2026-09-01"' in wrong.text, "nothing that was typed is lost"
    ann.follow(ann.submit(PAGE, **form, id="same"))
    ann.follow(ann.submit(PAGE, **form, id="same"))
    told.clock.advance(days=30)
    ann = Person(told).open_wallet(MAIL.format("ann"))
    ann.follow(ann.submit(PAGE, **{**form, "due_on": "2026-10-01"}))
    page = html.unescape(ann.get(PAGE))
    assert "By 1 October 2026, moved once" in page
    found = counted_of(told.services, ann_id(told), told.clock.now)
    assert [(one.competency, one.standing, one.moved) for one in found.targets] == [
        ("feedback", Standing.LATE, 0),
        ("planning", Standing.OPEN, 1),
    ]
    own = [one for one in found.facts if one.is_own]
    assert len(own) == 2, "sent twice, it is set once"
    client, headers = told.client(), told.api_headers()
    assert client.put(f"{API}/members/ann/consents/outcomes", headers=headers).status_code == 200
    counted = targets_of(read_population(told.services, cut=told.clock.now), "planning", told.services.zone)
    assert {name: {k: v for k, v in of.items() if v} for name, of in counted.items()} == {
        "level 2 of 5": {"open": 1}
    }


def test_who_is_no_member_has_no_such_page(told: Service) -> None:
    stranger = Person(told).open_wallet("stranger@elsewhere.example")
    stranger.get(PAGE, status=404)


def test_every_kind_of_fact_has_words() -> None:
    assert set(KINDS) == set(FactKind)


def test_a_target_of_a_level_that_is_late_stays_late(told: Service) -> None:
    told.clock.now = NOW + timedelta(days=1)
    ann = Person(told).open_wallet(MAIL.format("ann"))
    form = {"competency": "feedback", "level": "3", "maximum": "5", "due_on": "2026-12-01"}
    ann.follow(ann.submit(PAGE, **form))
    (one,) = counted_of(told.services, ann_id(told), told.clock.now).targets
    assert (one.standing, one.due_on.isoformat()) == (Standing.LATE, "2026-05-01")
