"""What becomes of people: told by the API, agreed to by them, counted in figures of groups, and rounded."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import pytest

from credserv.journeys.admit.persons import find_member
from credserv.journeys.hold.shares import ShareWish, make_share
from credserv.journeys.measure import figures, periods
from credserv.journeys.measure.agreeing import agree
from credserv.journeys.measure.counting import compute, count_due
from credserv.journeys.publish.publish import set_status
from credserv.outcomes.figure import NO_CAUSE, NO_COMPARISON, NOT_RANDOM
from credserv.outcomes.statistics import gain
from credserv.outcomes.trajectory import build_trajectory
from credserv.records.consents import NOTICES, Purpose
from credserv.records.credentials import CredentialState
from credserv.records.outcomes import OutcomeNote
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.service import Service, make_service

API, PAGE = "/api/v1", "/console/outcomes"
BEGAN = datetime(2025, 10, 1, 8, tzinfo=UTC)
SITES, LANGUAGES = ("Graz", "Linz", "Wien"), ("de", "en")
PEOPLE = 60


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def after(days: float) -> str:
    return stamp(BEGAN + timedelta(days=days))


def name(number: int) -> str:
    return f"e{number:03d}"


def person_facts(number: int) -> list[dict[str, Any]]:
    """Onboarding from their first day: before 40 to 59, after 10 to 16 more, mentored one more; every
    fourth never gets there. Ten have a quality pathway, with half the errors after it."""
    who, start = name(number), number % 20
    pre, mentored = 40 + number % 20, number % 2 == 0
    common = {"person": who, "pathway": "onboarding", "maximum": 100, "instrument": "test v1"}
    facts: list[dict[str, Any]] = [
        {"person": who, "pathway": "onboarding", "kind": "pathway.started", "occurred_at": after(start)}
        | {"mentored": mentored},
        common | {"kind": "assessment.pre", "occurred_at": after(start), "score": pre},
    ]
    if number % 10 != 9:
        score = pre + 10 + number % 7 + mentored
        facts.append(common | {"kind": "assessment.post", "occurred_at": after(start + 50), "score": score})
    if number % 4 != 3:
        reached = {"kind": "credential.mastered", "occurred_at": after(start + 50 + number % 15)}
        facts.append({"person": who, "pathway": "onboarding"} | reached)
    if number < 10:
        facts.append(
            {"person": who, "kind": "pathway.started", "pathway": "quality", "occurred_at": after(60)}
        )
        for day, count in ((30, 8 + number), (50, 8), (80, 4 + number // 2), (100, 4)):
            told = {"person": who, "kind": "signal", "signal": "errors", "occurred_at": after(day)}
            facts.append(told | {"count": count, "exposure": 100})
    return facts


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("outcomes")
    made = make_service(f"sqlite:///{folder / 'outcomes.db'}", folder, rate_api="100000/minute")
    headers = made.api_headers()
    members = [
        {
            "reference": name(number),
            "email": f"{name(number)}@firm.example",
            "employment": {
                "started": "2025-10-01",
                "site": SITES[number % 3],
                "language": LANGUAGES[number % 7 == 0],
                "group": "a" if number % 3 else "b",
                "level": 1 + number % 5,
            },
        }
        for number in range(PEOPLE)
    ]
    # As it happened: what is told today was not known then.
    made.clock.now = BEGAN
    client = made.client()
    answer = client.post(f"{API}/members", json={"members": members}, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    own = made.services
    with own.store.transaction(savepoints=False):
        for number in range(PEOPLE - 4):  # four do not agree
            person = find_member(own, name(number)).person_id
            agree(own, person, Purpose.OUTCOMES, actor="test", now=BEGAN)
    made.clock.now = BEGAN + timedelta(days=150)
    left = {"ended": after(30)}
    for number in (3, 7):  # who do not get there
        answer = client.post(f"{API}/members/{name(number)}/leaving", json=left, headers=headers)
        assert answer.status_code in (200, 204), answer.text
    items = [fact for number in range(PEOPLE) for fact in person_facts(number)]
    answer = client.post(f"{API}/outcomes/facts", json={"items": items}, headers=headers)
    assert (answer.status_code, answer.json) == (200, {"created": len(items), "repeated": 0})
    again = client.post(f"{API}/outcomes/facts", json={"items": items}, headers=headers)
    assert again.json == {"created": 0, "repeated": len(items)}
    return made


@pytest.fixture(scope="module")
def counted(service: Service) -> Service:
    """After the worker's round."""
    assert count_due(service.services, service.clock.now) == 2
    return service


def facts_of(number: int, kind: str) -> list[dict[str, Any]]:
    return [one for one in person_facts(number) if one["kind"] == kind]


def post_facts(service: Service, *items: dict[str, Any]) -> Any:
    headers = service.api_headers("outcomes:write")
    return service.client().post(f"{API}/outcomes/facts", json={"items": list(items)}, headers=headers)


# --- facts ----------------------------------------------------------------------------------------


def test_a_fact_that_cannot_be_one_is_told_with_its_place(service: Service) -> None:
    good = person_facts(1)[0]
    for change, place in (
        ({"kind": "attended"}, "/items/0/kind"),
        ({"pathway": None}, "/items/0/pathway"),
        ({"kind": "signal"}, "/items/0/count"),
        ({"person": "nobody"}, "/items/0/person"),
        ({"occurred_at": "2031-01-01T00:00:00Z"}, "/items/0/occurred_at"),
        ({"kind": "assessment.pre", "score": 101, "maximum": 100}, "/items/0/score"),
        ({"kind": "assessment.pre", "score": "52"}, "/items/0/score"),
    ):
        told = {name: value for name, value in (good | change).items() if value is not None}
        answer = post_facts(service, told)
        assert answer.status_code == 422
        assert place in [fault["place"] for fault in answer.json["faults"]]
    assert post_facts(service).status_code == 422
    assert post_facts(service, *[good] * 1001).status_code == 422


def test_a_reference_stands_for_one_fact(service: Service) -> None:
    note = {"person": name(1), "kind": "manager-observation", "pathway": "onboarding"}
    note |= {"occurred_at": after(70), "words": "Explains it to others now.", "reference": "note-1"}
    before = figures.mastery_gain_figures(service.services, cut=service.clock.now)
    assert post_facts(service, note).json == {"created": 1, "repeated": 0}
    assert post_facts(service, note).json == {"created": 0, "repeated": 1}
    assert post_facts(service, note | {"words": "Does not."}).status_code == 409
    assert post_facts(service, note, note | {"words": "Does not."}).status_code == 409
    assert figures.mastery_gain_figures(service.services, cut=service.clock.now) == before, "never scored"


# --- figures, against a count by hand -------------------------------------------------------------


def test_gains_are_those_of_who_agreed_and_was_assessed_twice(service: Service) -> None:
    found = figures.mastery_gain_figures(service.services, cut=service.clock.now)
    pairs = [
        (facts_of(number, "assessment.pre")[0]["score"], facts_of(number, "assessment.post")[0]["score"])
        for number in range(PEOPLE - 4)
        if number % 10 != 9
    ]
    expected = gain([pre for pre, _ in pairs], [post for _, post in pairs], 100)
    assert found["all"] == vars(expected)
    assert found["pre_without_post"] == sum(number % 10 == 9 for number in range(PEOPLE - 4))
    assert found["mentored"]["n"] + found["not_mentored"]["n"] == found["all"]["n"]
    gap = found["difference"]
    assert gap["difference"] == pytest.approx(found["mentored"]["mean"] - found["not_mentored"]["mean"])
    assert gap["low"] < gap["difference"] < gap["high"]


def test_times_count_who_is_not_there_and_who_left(service: Service) -> None:
    found = figures.time_to_competency_figures(service.services, cut=service.clock.now)
    agreed = range(PEOPLE - 4)
    assert found["all"]["n"] == len(agreed)
    assert found["all"]["events"] == sum(number % 4 != 3 for number in agreed)
    naive = fmean(50 + number % 15 for number in agreed if number % 4 != 3)
    assert found["naive_mean_of_completers"] == pytest.approx(naive)
    assert found["all"]["median"] > naive
    assert found["all"]["tau"] == 120


def test_errors_are_by_person_before_and_after(service: Service) -> None:
    found = figures.errors_figures(service.services, cut=service.clock.now)
    before = sum(16 + number for number in range(10))
    later = sum(8 + number // 2 for number in range(10))
    assert found["people"] == 10
    assert (found["before"], found["after"]) == ([before, 2000], [later, 2000])
    assert found["rate_ratio"] == pytest.approx(later / before)
    assert found["low_by_person"] < found["rate_ratio"] < found["high_by_person"]


def test_what_is_published_is_what_is_counted_rounded(service: Service) -> None:
    assert figures.people_figures(service.services, cut=service.clock.now) == {
        "ever_at_firm": PEOPLE,
        "counted": PEOPLE - 4,
        "not_counted": 4,
    }
    found = figures.published_figures(service.services, cut=service.clock.now)
    exact, shown = found["unsuppressed"], found["published"]
    a = sum(number % 3 != 0 for number in range(PEOPLE - 4))
    assert exact["group"]["a"] == {"n": a, "took_part": a, "rate": 1.0}
    assert shown["group"]["a"] == {"n": "35", "took_part": "35", "rate": "more than 95 %"}
    assert (exact["not_counted"], shown["not_counted"]) == (4, "fewer than 5")
    assert shown["site_by_language"].keys() == set(SITES)
    assert sum(sum(of.values()) for of in exact["site_by_language"].values()) == PEOPLE - 4
    for site, of in exact["site_by_language"].items():
        for language, people in of.items():
            seen = shown["site_by_language"][site][language]
            assert seen == "fewer than 5" if people < 5 else int(seen) % 5 == 0


def test_what_was_not_known_then_does_not_count_then(service: Service) -> None:
    cut = BEGAN + timedelta(days=140)
    known = figures.mastery_gain_figures(service.services, cut=cut, known=service.clock.now)
    assert known["all"]["n"] > 0
    assert figures.mastery_gain_figures(service.services, cut=cut)["all"]["n"] == 0


# --- pages, CSV and API say the same -----------------------------------------------------------


def chart_values(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'<text class="value"[^>]*>([^<]*)</text>', page)]


def chart_places(page: str) -> list[float]:
    return [float(one) for one in re.findall(r'<circle class="point" cx="([\d.]+)"', page)]


def test_table_csv_api_and_chart_are_of_one_source(counted: Service) -> None:
    analyst = Person(counted).sign_in_as(Role.ANALYST)
    page = analyst.get(PAGE)
    api = counted.client().get(f"{API}/outcomes/figures", headers=counted.api_headers("outcomes:read")).json
    rows = list(csv.DictReader(io.StringIO(analyst.get(f"{PAGE}/table.csv"))))
    told = [(figure, row) for figure in api["figures"] for row in figure["rows"]]
    assert [
        (row["figure"], row["row"], row["people"], row["value"], row["low"], row["high"]) for row in rows
    ] == [
        (
            figure["title"],
            row["label"],
            row["people"],
            "too few people" if row["value"] is None else row["value"],
            row["low"] or "",
            row["high"] or "",
        )
        for figure, row in told
    ]
    cells = [html.unescape(one) for one in re.findall(r'<th scope="row"><bdi>(.*?)</bdi></th>', page)]
    assert cells == [row["label"] for _, row in told]
    drawn = [row["value"] for _, row in told if row["value"] and re.search(r"\d", row["value"])]
    assert chart_values(page) == drawn
    for figure in api["figures"]:
        seen = [row for row in figure["rows"] if row["value"] in drawn]
        values = [float(row["value"]) for row in seen]
        ends = [float(row[end] or row["value"]) for row in seen for end in ("low", "high")]
        least = min([0.0, *ends])
        most = max([*ends, least + 1])
        places = [f"{8 + 304 * (value - least) / (most - least):.1f}" for value in values]
        assert [one for one in places if float(one) in chart_places(page)] == places
    assert "style=" not in page
    assert "<script" not in page


def test_without_a_comparison_it_is_said_everywhere(counted: Service) -> None:
    analyst = Person(counted).sign_in_as(Role.ANALYST)
    api = counted.client().get(f"{API}/outcomes/figures", headers=counted.api_headers("outcomes:read")).json
    cautions = {figure["key"]: figure["cautions"] for figure in api["figures"]}
    assert cautions["behaviour"] == [NO_COMPARISON]
    assert cautions["mastery-gain"] == [NOT_RANDOM]
    page = html.unescape(analyst.get(PAGE))
    assert NO_COMPARISON in page
    assert page.count("How long until somebody is competent") == 2, "of both figures that answer it"
    rows = csv.DictReader(io.StringIO(analyst.get(f"{PAGE}/table.csv")))
    assert {row["caution"] for row in rows if row["figure"] == "Behaviour on the job"} == {NO_COMPARISON}


def test_what_goes_together_is_not_called_a_cause(counted: Service) -> None:
    found = periods.week(counted.services)
    assert found is not None
    moves = next(one for one in found.figures if one.key == "team-delta-moves")
    assert moves.cautions == (NO_CAUSE,)
    assert [row.value for row in moves.rows] == [None, None, None], "nobody moved"


def test_a_window_that_is_open_says_too_early(counted: Service) -> None:
    found = periods.week(counted.services)
    assert found is not None
    behaviour = next(one for one in found.figures if one.key == "behaviour")
    assert {row.label: row.value == "too early" for row in behaviour.rows} == {
        "All that was counted": False,
        "First 30 days": False,
        "First 90 days": False,
        "First 180 days": True,
        "First 365 days": True,
    }


def test_attack_120_an_analyst_gets_no_row_of_anybody(counted: Service) -> None:
    analyst = Person(counted).sign_in_as(Role.ANALYST)
    text = analyst.get(PAGE) + analyst.get(f"{PAGE}/table.csv")
    assert "@firm.example" not in text
    assert not re.search(r"\be0\d\d\b", text)
    for address in ("/console/people", "/console/credentials", "/console/audit"):
        analyst.get(address, status=403)


# --- metrics --------------------------------------------------------------------------------------


METRIC = {
    "kind": "equity",
    "name": "Who takes part",
    "question": "Does every group take part alike?",
    "owner": "Programme owner",
    "evidence": ["course"],
    "dimension": "group",
}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"owner": ""}, "/owner"),
        ({"question": None}, "/question"),
        ({"evidence": []}, "/evidence"),
        ({"evidence": ["rumour"]}, "/evidence/0"),
        ({"dimension": "person"}, "/dimension"),
        ({"kind": "feeling"}, "/kind"),
        ({"composite": 1}, "/composite"),
        ({"pilot": {"starts_on": "soon"}}, "/pilot/starts_on"),
    ],
)
def test_a_metric_without_kind_or_owner_is_refused(service: Service, change: Any, place: str) -> None:
    told = {name: value for name, value in (METRIC | change).items() if value is not None}
    answer = service.client().put(
        f"{API}/outcomes/metrics/equity-group", json=told, headers=service.api_headers("outcomes:write")
    )
    assert answer.status_code == 422
    assert [fault["place"] for fault in answer.json["faults"]] == [place]


def test_three_are_shown_and_a_fourth_by_who_asks(counted: Service) -> None:
    headers, client = counted.api_headers(), counted.client()
    known = client.get(f"{API}/outcomes/metrics", headers=headers).json["items"]
    assert [one["key"] for one in known if one["shown"]] == ["mastery-gain", "behaviour", "team-delta"]
    assert all(one["owner"] and one["question"] and one["evidence"] for one in known)
    assert client.put(f"{API}/outcomes/metrics/who", json=METRIC, headers=headers).status_code == 200
    steps = METRIC | {"kind": "participation", "pathway": "onboarding"}
    del steps["dimension"]
    assert client.put(f"{API}/outcomes/metrics/steps", json=steps, headers=headers).status_code == 200
    now = counted.clock.now
    told = {one["key"]: one for one in json.loads(compute(counted.services, cut=now, known=now))["figures"]}
    assert [row["label"] for row in told["who"]["rows"]] == ["a", "b"]
    assert told["who"]["rows"][0]["value"] == "more than 95 %"
    assert [row["value"] for row in told["steps"]["rows"]] == ["more than 95 %", "75 %", "fewer than 5 %"]
    for key in ("who", "steps"):
        assert client.delete(f"{API}/outcomes/metrics/{key}", headers=headers).status_code == 204
    assert client.delete(f"{API}/outcomes/metrics/who", headers=headers).status_code == 404


# --- consents -------------------------------------------------------------------------------------


def test_who_withdraws_is_counted_no_more(service: Service) -> None:
    number = PEOPLE - 1
    person = Person(service).open_wallet(f"{name(number)}@firm.example")
    page = html.unescape(person.get("/wallet/data/consents"))
    for purpose in (Purpose.OUTCOMES, Purpose.REGISTER, Purpose.FEEDBACK, Purpose.MATCHING):
        assert NOTICES[purpose] in page
    service.clock.advance(seconds=1)  # what was counted before stays as it was known then
    before = figures.people_figures(service.services, cut=service.clock.now)["counted"]
    path = "/wallet/data/consents"
    person.follow(person.submit(f"{path}/give", on=path, purpose="outcomes"))
    assert figures.people_figures(service.services, cut=service.clock.now)["counted"] == before + 1
    given = person.get(path)
    (chosen,) = set(re.findall(r'name="consent" value="([^"]+)"', given))
    service.clock.advance(seconds=1)
    person.follow(person.submit(f"{path}/withdraw", on=path, consent=chosen))
    assert figures.people_figures(service.services, cut=service.clock.now)["counted"] == before
    earlier = service.clock.now - timedelta(seconds=1)
    assert figures.people_figures(service.services, cut=earlier)["counted"] == before + 1
    told = f"{API}/members/{name(number)}/consents/outcomes"
    answer = service.client().put(told, headers=service.api_headers("people:write"))
    assert answer.json["code"] == "conflict", "who withdrew themselves is not signed up again by a program"
    assert figures.people_figures(service.services, cut=service.clock.now)["counted"] == before


def test_what_was_agreed_to_elsewhere_says_so(service: Service) -> None:
    who, headers = name(PEOPLE - 2), service.api_headers("people:write")
    path = f"{API}/members/{who}/consents/matching-history"
    answer = service.client().put(path, headers=headers)
    assert answer.json["words"] == NOTICES[Purpose.MATCHING]
    again = service.client().put(path, headers=headers)
    assert again.json == answer.json
    page = Person(service).open_wallet(f"{who}@firm.example").get("/wallet/data/consents")
    assert "said so in a system of the organisation" in page
    assert service.client().delete(path, headers=headers).status_code == 204
    assert service.client().delete(path, headers=headers).status_code == 204
    wrong = f"{API}/members/{who}/consents/newsletter"
    assert service.client().put(wrong, headers=headers).status_code == 404
    member = find_member(service.services, who)
    ended = service.services.store.consents.of_person(member.person_id)[0]
    assert ended.withdrawn_at == service.clock.now
    assert service.client().put(path, headers=headers).status_code == 200, "and agreed to again there"


# --- quarters -------------------------------------------------------------------------------------


def test_a_quarter_freezes_and_is_restated_with_a_reason(counted: Service) -> None:
    owner = Person(counted).sign_in_as(Role.PROGRAMME_OWNER)
    (record,) = periods.quarters(counted.services)
    assert record.period == "2025-Q4"
    page = f"{PAGE}/quarters/{record.period}"
    owner.follow(owner.submit(page, do="freeze"))
    frozen = periods.quarter(counted.services, record.period)
    assert frozen.record.frozen_at == counted.clock.now
    counted.clock.advance(days=8)
    assert count_due(counted.services, counted.clock.now) == 1, "the week alone"
    assert periods.quarter(counted.services, record.period).record == frozen.record
    again = compute(counted.services, cut=frozen.record.cut, known=frozen.record.known)
    assert again == frozen.record.figures, "byte for byte"

    owner = Person(counted).sign_in_as(Role.PROGRAMME_OWNER)
    refused = owner.submit(page, do="restate", reason=" ")
    assert refused.status_code == 400
    owner.follow(owner.submit(page, do="restate", reason="Facts of December came late."))
    assert periods.quarter(counted.services, record.period).is_waiting
    late = facts_of(8, "assessment.post")[0] | {"person": name(9), "score": 100}
    assert post_facts(counted, late).json["created"] == 1
    assert "The worker makes this version" in owner.get(page)
    assert count_due(counted.services, counted.clock.now) == 1
    second = periods.quarter(counted.services, record.period)
    assert (second.record.number, second.record.reason) == (2, "Facts of December came late.")
    assert second.record.cut == frozen.record.cut
    assert second.record.figures != frozen.record.figures, "what came late is in it"
    assert "Facts of December came late." in owner.get(page)
    assert periods.quarter(counted.services, record.period, 1).record.figures == frozen.record.figures
    owner.get(f"{page}?version=1")
    api = counted.client().get(
        f"{API}/outcomes/quarters/{record.period}", headers=counted.api_headers("outcomes:read")
    )
    assert (api.json["version"], api.json["reason"]) == (2, "Facts of December came late.")
    analyst = Person(counted).sign_in_as(Role.ANALYST)
    assert "Freeze and publish" not in analyst.get(page)
    later = counted.clock.advance(days=8)
    assert count_due(counted.services, later) == 2, "the week, and the version that is open"
    third = periods.quarter(counted.services, record.period).record
    assert (third.number, third.reason, third.known) == (2, second.record.reason, later)
    assert periods.quarter(counted.services, record.period, 1).record == frozen.record


def test_notes_stand_beside_a_quarter_and_are_about_nobody(counted: Service) -> None:
    owner = Person(counted).sign_in_as(Role.PROGRAMME_OWNER)
    (record,) = periods.quarters(counted.services)
    page = f"{PAGE}/quarters/{record.period}"
    assert "No note yet" in owner.get(page)
    said = {"do": "note", "kind": "focus group", "words": "Time was short, they said."}
    for change in ({"kind": "gossip"}, {"words": " "}, {"words": "Ask pat@example.org"}, {"words": "a\x00"}):
        refused = owner.submit(page, **{**said, **change})
        assert refused.status_code == 400, change
    assert "Ask pat@example.org" in owner.submit(page, **said | {"words": "Ask pat@example.org"}).text
    owner.follow(owner.submit(page, do="freeze"))
    frozen = periods.quarter(counted.services, record.period).record.figures
    assert "Time was short, they said." in owner.follow(owner.submit(page, **said))
    assert periods.quarter(counted.services, record.period).record.figures == frozen, (
        "no number is made of it"
    )
    assert {one.name for one in fields(OutcomeNote)} == {"id", "period", "kind", "words", "written_at"}

    headers = counted.api_headers("outcomes:read")
    told: Any = counted.client().get(f"{API}/outcomes/quarters/{record.period}", headers=headers).json
    (note,) = told["notes"]
    assert (note["kind"], note["words"]) == ("focus group", said["words"])
    analyst = Person(counted).sign_in_as(Role.ANALYST)
    text = analyst.get(page)
    assert (said["words"] in text, "Add a note" in text) == (True, False)
    assert analyst.submit(page, on="/console/account", **said).status_code == 403
    (kept,) = counted.services.store.outcomes.notes(record.period)
    gone = {"do": "remove-note", "note": kept.id}
    assert said["words"] not in owner.follow(owner.submit(page, **gone))
    assert owner.submit(page, **gone).status_code == 404


# --- trajectories ---------------------------------------------------------------------------------


def earn(service: Service, email: str) -> str:
    event = service.event(email=email, name="Tra Jectory") | {"timestamp": stamp(service.clock.now)}
    answer = service.send_event(event)
    assert answer.status_code == 201, answer.text
    return str(answer.json["credential"]).rpartition("/")[2]


def test_a_trajectory_is_of_badges_alone_and_of_nobody_elses(service: Service) -> None:
    badge, second = (earn(service, "tra@firm.example") for _ in range(2))
    owner = Person(service).open_wallet("tra@firm.example")
    page = owner.get("/wallet/mentoring/trajectory")
    documents = [service.client().get(f"/credentials/{one}.json").json for one in (badge, second)]
    lines = build_trajectory(documents)
    shown = [html.unescape(one) for one in re.findall(r'<h2 id="line-\d+"><bdi>(.*?)</bdi>', page)]
    assert shown == [line.name for line in lines]
    assert shown
    assert all(step.badge in html.unescape(page) for line in lines for step in line.steps)
    other = Person(service).open_wallet(f"{name(2)}@firm.example")
    assert lines[0].name not in other.get("/wallet/mentoring/trajectory")
    other.get(f"/wallet/credentials/{badge}/trajectory", status=404)
    Person(service).get("/wallet/mentoring/trajectory", status=303)
    person = find_member(service.services, "tra@firm.example").person_id
    url = make_share(service.services, person, ShareWish((badge, second)), service.clock.now)
    assert "How it came, in order" in Person(service).get(url)
    set_status(
        service.services, badge, CredentialState.REVOKED, reason="", actor="test", now=service.clock.now
    )
    left = sum(len(line.steps) for line in build_trajectory(documents[1:]))
    assert owner.get("/wallet/mentoring/trajectory").count("Earned: ") == left
