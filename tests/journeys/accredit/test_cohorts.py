"""Cohorts get mentors at once, by API and console; and the register shows who agreed, to whom it may."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.accreditation import matching
from credserv.journeys.accredit.register import register, round_to_five
from credserv.records.mentoring import MentoringState
from credserv.records.people import MemberFacts
from tests.testkit.browsing import Person
from tests.testkit.mentoring import accredit, be_listed, member, offer, requested
from tests.testkit.service import Service, make_service

COHORT = {
    "reference": "spring",
    "name": "New leads",
    "competency": "feedback",
    "minutes": 30,
    "starts_on": "2026-03-14",
    "ends_on": "2026-06-30",
    "sessions_each": 1,
}
OFFER = {"competencies": ["feedback"], "languages": ["en"], "minutes_a_week": 30}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("cohorts")
    service = make_service(f"sqlite:///{folder / 'cohorts.db'}", folder)
    for name in ("mona", "mike"):
        offer(service, accredit(service, name), minutes_a_week=30)
    offer(service, member(service, "nils"))  # not accredited; Mike does not agree
    for name in ("mona", "nils"):
        be_listed(service, member(service, name))
    for name in ("lea", "lou", "liv"):
        member(service, name)
    return service


@pytest.fixture(scope="module")
def call(service: Service) -> Any:
    client, headers = service.client(), service.api_headers()

    def sent(method: str, path: str, body: Any = None) -> Any:
        return client.open(f"/api/v1/mentoring{path}", method=method, json=body, headers=headers)

    return sent


def learners(*names: str, languages: tuple[str, ...] = ("en",)) -> list[dict[str, Any]]:
    return [{"person": f"{name}@example.org", "languages": list(languages)} for name in names]


def test_as_many_as_possible_get_a_mentor_and_nobody_gives_more_than_they_have(
    service: Service, call: Any
) -> None:
    for name in ("mona", "mike"):
        assert call("PUT", f"/mentors/{name}@example.org", OFFER).status_code == 200
    wrong = {**OFFER, "hours": [{"weekday": 0, "begins": "12:00", "ends": "9:00"}]}
    assert call("PUT", "/mentors/mona@example.org", wrong).status_code == 400
    asked = {**COHORT, "learners": learners("lea", "lou", "liv")}
    first = call("POST", "/cohorts", asked)
    assert (first.status_code, first.json["learners"], first.json["matched"]) == (201, 3, 2)
    mentors = [one["mentor"] for one in first.json["places"] if one["mentor"]]
    assert sorted(mentors) == sorted(member(service, name) for name in ("mona", "mike"))
    (left,) = [one["why"] for one in first.json["places"] if one["mentor"] is None]
    assert left == {"excluded": {"not in force": 1}, "taken_by_others": 2}
    again = call("POST", "/cohorts", asked)
    assert (again.status_code, again.json) == (200, first.json)
    assert call("POST", "/cohorts", {**asked, "minutes": 15}).status_code == 409
    assert call("POST", "/cohorts", {**asked, "learners": learners("lea", "lea")}).status_code == 400
    assert call("POST", "/cohorts", {**asked, "learners": learners("nobody")}).status_code == 404

    (place, *_) = [one for one in first.json["places"] if one["mentor"]]
    held = requested(service, "of-the-cohort", place["mentor"], place["mentee"])
    at = service.clock.advance(hours=1)
    confirmed = {"mentor_confirmed_at": at, "mentee_confirmed_at": at}
    service.services.store.mentoring.change(
        held.id, state=MentoringState.HELD.value, held_at=at, starts_at=at, told_at=at, **confirmed
    )
    service.clock.advance(hours=1)
    told = call("GET", "/cohorts/spring").json
    assert (told["held"], told["confirmed"], told["on_target"], told["satisfaction"]) == (1, 1, 1, None)


def test_a_programme_owner_begins_one_in_the_console_and_the_learner_sees_it(service: Service) -> None:
    owner = Person(service).sign_in_to_console()
    fields = {**COHORT, "name": "Summer", "learners": "lea@example.org, en\nliv@example.org, fr"}
    fields |= {"minutes": "15", "aim": "A first retrospective"}
    wrong = owner.submit("/console/cohorts", **{**fields, "ends_on": ""})
    assert (wrong.status_code, "choose the days" in wrong.text.lower()) == (400, True)
    shown = owner.follow(owner.submit("/console/cohorts", **fields))
    assert "1 of 2 learners have a mentor" in shown
    assert "2 × no common language" in shown
    assert "Summer" in owner.get("/console/cohorts")
    lea = Person(service).open_wallet("lea@example.org")
    page = lea.get("/wallet/mentoring/sessions")
    assert ("Summer" in page, "your mentor is" in page) == (True, True)


# --- the register


def test_the_register_is_for_members_until_the_organisation_says_otherwise(service: Service) -> None:
    assert service.client().get("/mentors").status_code == 404
    lea = Person(service).open_wallet("lea@example.org")
    assert "Mona" in lea.get("/mentors")
    service.issue(email="stranger@example.org")
    owner = Person(service).sign_in_to_console()
    owner.follow(owner.submit("/console/cohorts/register", on="/console/cohorts", is_public="yes"))
    page = service.client().get("/mentors").text
    assert ("Mona" in page, "Mike" in page, "Nils" in page) == (True, False, False)
    assert ("feedback" in page, "Live since" in page, "Fewer than three sessions" in page) == (
        True,
        True,
        True,
    )
    owner.follow(owner.submit("/console/cohorts/register", on="/console/cohorts"))
    assert service.client().get("/mentors").status_code == 404


def test_r12_who_is_suspended_lapsed_or_gone_stands_in_no_register(service: Service) -> None:
    now = service.clock.now
    assert [one.name for one in register(service.services, now)] == ["Mona"]
    assert register(service.services, now + timedelta(days=365 + 59))[0].standing.state.value == "grace"
    assert register(service.services, now + timedelta(days=365 + 60)) == ()


def test_attack_the_register_shows_who_withdrew(service: Service) -> None:
    """Wherever they do so: among all that they agreed to, or under what they offer."""
    mona, consents = Person(service).open_wallet("mona@example.org"), "/wallet/data/consents"
    known = service.services.store.roster.get(member(service, "mona"))
    assert known is not None

    def listed() -> list[str]:
        return [one.name for one in register(service.services, service.clock.now)]

    (given, *_) = service.services.store.consents.of_person(known.person_id)
    mona.follow(mona.submit(f"{consents}/withdraw", on=consents, consent=given.id))
    assert listed() == []
    form = {"competencies": "feedback", "languages": "en", "kind": "session", "minutes_a_week": "30"}
    mona.follow(mona.submit("/wallet/mentoring/offer", **form, is_listed="yes"))
    assert (listed(), "on the page of what one offers" in mona.get(consents)) == (["Mona"], True)
    mona.follow(mona.submit("/wallet/mentoring/offer", **form))
    assert listed() == []
    be_listed(service, known.id)


def test_attack_somebody_who_left_reads_the_register(service: Service) -> None:
    known = member(service, "lyn")
    lyn = Person(service).open_wallet("lyn@example.org")
    assert "Mona" in lyn.get("/mentors")
    last_day = service.services.today(service.clock.now - timedelta(days=1))
    service.services.store.roster.change_facts(known, MemberFacts(name="Lyn", ends_on=last_day))
    for path in ("/mentors", "/wallet/mentoring/mentors"):
        lyn.get(path, status=404)


def test_sessions_are_told_to_the_nearest_five() -> None:
    assert [round_to_five(count) for count in (0, 2, 3, 7, 8, 12, 13)] == [0, 0, 5, 5, 10, 10, 15]


def test_attack_the_register_is_scraped(service: Service) -> None:
    """Nothing to write to, no rating; and who looks too often is told to come back later."""
    service.services.store.mentor_offers.set_public(True, service.clock.now)
    client = service.client()
    page = client.get("/mentors", environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
    assert (page.status_code, "@" in page.text, "mailto" in page.text) == (200, False, False)
    assert "noindex" in page.headers["X-Robots-Tag"]
    found = [
        client.get("/mentors", environ_overrides={"REMOTE_ADDR": "198.51.100.7"}).status_code
        for _ in range(20)
    ]
    assert (found[0], found[-1]) == (200, 429)
    assert client.get("/mentors", environ_overrides={"REMOTE_ADDR": "203.0.113.9"}).status_code == 200
    service.services.store.mentor_offers.set_public(False, service.clock.now)


def test_nobody_who_starts_the_web_waits_for_the_solver() -> None:
    """It costs a second and 66 MiB: it is imported where a cohort begins, and nowhere before."""
    loaded = ast.parse(Path(matching.__file__).read_text()).body
    named = [ast.unparse(one) for one in loaded if isinstance(one, ast.Import | ast.ImportFrom)]
    assert (len(named) > 3, [one for one in named if "scipy" in one]) == (True, [])
