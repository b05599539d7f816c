"""Mentoring sessions: told by another system, or requested; what counts of them, and for whom."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.errors import ConflictError, ForbiddenError, NotFoundError, TooLateError
from credserv.journeys.accredit import sessions
from credserv.journeys.accredit.mentors import counted_sessions
from credserv.journeys.accredit.reported_sessions import take_feedback
from credserv.journeys.accredit.requests import Wish, request_session
from credserv.journeys.accredit.session_figures import session_figures, supply_figures
from credserv.journeys.deliver.link_letters import link_letter
from credserv.outbound.mail import Mailer
from credserv.records.accreditation import HoldRecord
from credserv.records.mentoring import Decline, MentoringState
from credserv.records.people import MemberFacts
from tests.testkit.mentoring import accredit, member, offer, requested
from tests.testkit.service import Clock, Service, make_service
from tests.testkit.shared import shared_path

API = "/api/v1/mentoring"
GRANTED = datetime(2026, 1, 14, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("mentoring")
    service = make_service(f"sqlite:///{folder / 'mentoring.db'}", folder, clock=Clock(GRANTED))
    for name in ("eve", "mia", "max"):
        member(service, name)
    return service


def calls(service: Service) -> Any:
    client, headers = service.client(), service.api_headers("accreditations:write", "accreditations:read")

    def call(path: str, body: dict[str, Any] | None = None) -> Any:
        if body is None:
            return client.get(f"{API}{path}", headers=headers)
        return client.post(f"{API}{path}", json=body, headers=headers)

    return call


@pytest.fixture(scope="module")
def post(service: Service) -> Any:
    return calls(service)


def email(name: str) -> str:
    return f"{name}@example.org"


# --- told by another system


def test_the_small_case_by_the_api(tmp_path: Path) -> None:
    """s1 counts; s2 was confirmed by one, s3 was held while the mentor was suspended."""
    service = make_service(f"sqlite:///{tmp_path / 'small.db'}", tmp_path, clock=Clock(GRANTED))
    post = calls(service)
    dan = accredit(service, "dan", since=GRANTED)
    eve, _ = member(service, "eve"), member(service, "fay")
    credential_id = service.services.store.accreditations.of_members([dan])[0].credential_id
    hold = HoldRecord(
        "h", credential_id, datetime(2026, 3, 1, 9, tzinfo=UTC), "a", date(2026, 4, 1), "console"
    )
    restored = datetime(2026, 3, 20, 9, tzinfo=UTC)
    log = shared_path("accreditation/small-case.jsonl").read_text().splitlines()
    expected = json.loads(shared_path("accreditation/small-case.expected.json").read_text())["sessions"]
    for event in map(json.loads, log):
        service.clock.now = max(service.clock.now, datetime.fromisoformat(event["at"]))
        if event["type"] == "accreditation.suspended":
            service.services.store.accreditations.add_hold(hold)
        elif event["type"] == "session.held":
            told = {name: event[name] for name in ("minutes", "competency")}
            people = {side: email(event[side]) for side in ("mentor", "mentee")}
            told |= {"reference": event["session"], "held_at": event["at"], **people}
            assert post("/sessions", told).status_code == 201
        elif event["type"] == "session.confirmed":
            path = f"/sessions/{event['session']}/confirmations"
            assert post(path, {"by": email(event["by"])}).status_code == 200
    service.services.store.accreditations.end_hold("h", by="console", reference=None, now=restored)
    found = {known: post(f"/sessions/{known}").json for known in ("s1", "s2", "s3")}
    assert {known: one["why_not"] for known, one in found.items() if not one["counts"]} == expected["why_not"]
    figures = session_figures(service.services, cut=service.clock.now)
    assert (figures["held"], figures["confirmed_by_both"]) == (
        expected["held"],
        expected["confirmed_by_both"],
    )
    assert figures["minutes"] == {"15": 1, "30": 0, "45": 1}
    assert (figures["mentors"], figures["mentees"], figures["by_mentor_not_in_force"]) == (1, 2, 1)
    evidence = counted_sessions(service.services, dan, GRANTED, service.clock.now, service.clock.now)
    assert sum(one.counts for one in evidence) == expected["as_evidence_for_renewal"]
    store = service.services.store.mentoring
    assert [store.have_met(dan, eve, by) for by in (GRANTED, service.clock.now)] == [False, True]
    assert store.have_met(eve, dan, service.clock.now)


def test_a_session_is_told_once_and_takes_15_30_or_45_minutes(service: Service, post: Any) -> None:
    member(service, "mia")
    member(service, "max")
    told = {"reference": "once", "mentor": email("mia"), "mentee": email("max"), "competency": "feedback"}
    for minutes in (20, "30", 0):
        refused = post("/sessions", {**told, "minutes": minutes})
        assert (refused.status_code, refused.json["faults"][0]["place"]) == (422, "/minutes")
    first = post("/sessions", {**told, "minutes": 15})
    again = post("/sessions", {**told, "minutes": 15})
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    assert post("/sessions", {**told, "minutes": 30}).status_code == 409
    assert post("/sessions", {**told, "minutes": 15, "mentee": email("nobody")}).status_code == 404
    alone = {**told, "minutes": 15, "reference": "alone", "mentee": email("mia")}
    assert post("/sessions", alone).status_code == 400
    late = (service.clock.now + timedelta(days=1)).isoformat()
    assert post("/sessions", {**told, "minutes": 15, "reference": "x", "held_at": late}).status_code == 400


def test_who_confirms_took_part_and_what_a_system_tells_late_is_not_lost(service: Service, post: Any) -> None:
    told = {"mentor": email("mia"), "mentee": email("max"), "competency": "feedback", "minutes": 15}
    known = post("/sessions", told).json["id"]
    path = f"/sessions/{known}/confirmations"
    assert post(path, {"by": email("eve")}).status_code == 403
    assert post(path, {"by": email("mia")}).json["confirmed_by"] == ["mentor"]
    service.clock.advance(days=30)
    assert post(path, {"by": email("mia")}).status_code == 200, "what was said is said"
    assert post(path, {"by": email("max")}).json["confirmed_by"] == ["mentor", "mentee"]


def test_feedback_is_given_once_by_who_was_there(service: Service, post: Any) -> None:
    before = session_figures(service.services, cut=service.clock.now)
    told = {"mentor": email("mia"), "competency": "feedback", "minutes": 15}
    for number in range(5):
        member(service, f"rater{number}")
        known = post("/sessions", {**told, "mentee": email(f"rater{number}")}).json["id"]
        path, said = f"/sessions/{known}/feedback", {"by": email(f"rater{number}"), "score": 4}
        assert post(path, said).status_code == post(path, said).status_code == 200
    assert post(path, {**said, "score": 5}).status_code == 409
    assert post(path, {**said, "score": 11}).status_code == 400
    assert post(path, {**said, "by": email("eve")}).status_code == 403
    assert post(path, {"by": email("mia"), "score": 1}).status_code == 200, "the mentor of the mentee"
    figures = session_figures(service.services, cut=service.clock.now)
    changed = {
        name: figures[name] - before[name] for name in ("mentors_with_5_raters", "mentors_with_feedback")
    }
    assert changed == {"mentors_with_5_raters": 1, "mentors_with_feedback": 1}


# --- requested and accepted


NUMBERS = itertools.count()


@pytest.fixture
def pair(service: Service) -> tuple[str, str]:
    """A mentor with an offer, and a mentee."""
    service.clock.advance(days=14)  # away from the weeks of other tests
    mentor = accredit(service, f"mona{next(NUMBERS)}")
    offer(service, mentor)
    return mentor, member(service, "tom")


def test_from_the_request_to_the_confirmation_by_both(service: Service, pair: tuple[str, str]) -> None:
    mentor, mentee = pair
    services, clock = service.services, service.clock
    wanted = requested(service, "whole", mentor, mentee)
    accepted = sessions.accept(services, wanted.id, mentor, clock.now)
    assert (accepted.state, accepted.sequence) == (MentoringState.ACCEPTED, 1)
    with pytest.raises(ConflictError, match="answered"):
        sessions.decline(services, wanted.id, mentor, Decline.AWAY, clock.now)
    with pytest.raises(ConflictError, match="not begun"):
        sessions.confirm(services, wanted.id, mentee, clock.now)
    clock.advance(days=1, hours=1)
    sessions.confirm(services, wanted.id, mentee, clock.now)
    with pytest.raises(ForbiddenError):
        sessions.confirm(services, wanted.id, member(service, "eve"), clock.now)
    done = sessions.confirm(services, wanted.id, mentor, clock.now)
    assert (done.state, done.held_at) == (MentoringState.HELD, wanted.starts_at)
    with pytest.raises(ConflictError, match="dispute"):
        sessions.tell_no_show(services, wanted.id, mentor, clock.now)
    (judged,) = counted_sessions(services, mentor, wanted.starts_at, clock.now, clock.now)
    assert judged.counts
    sessions.dispute(services, wanted.id, mentee, clock.now)
    (judged,) = counted_sessions(services, mentor, wanted.starts_at, clock.now, clock.now)
    assert (judged.counts, judged.why_not) == (False, "it is disputed")
    with pytest.raises(ConflictError, match="disputed"):
        take_feedback(services, wanted.id, mentee, (4.0, 5.0, ""), clock.now)


def test_what_ends_a_request_otherwise(service: Service, pair: tuple[str, str]) -> None:
    mentor, mentee = pair
    services, clock = service.services, service.clock
    clock.advance(days=90)  # what was asked for before is not looked at any more
    for known in ("declined", "cancelled", "held", "missed", "slept", "expired"):
        requested(service, known, mentor, mentee, minutes=15, starts_at=clock.now + timedelta(days=9))
        clock.advance(hours=1)
    sessions.decline(services, "declined", mentor, Decline.NOT_MY_TOPIC, clock.now)
    assert sessions.find_session(services, "declined").code == "not my topic"
    with pytest.raises(NotFoundError):
        sessions.accept(services, "cancelled", mentee, clock.now)
    assert sessions.cancel(services, "cancelled", mentee, clock.now).state is MentoringState.CANCELLED
    for known in ("held", "slept"):
        sessions.accept(services, known, mentor, clock.now)
    missed = sessions.accept(services, "missed", mentor, clock.now)
    clock.now = missed.starts_at + timedelta(hours=2)
    sessions.confirm(services, "held", mentor, clock.now)
    with pytest.raises(ConflictError, match="not begun"):
        sessions.cancel(services, "missed", mentee, clock.now)
    with pytest.raises(ConflictError, match="expired"):
        sessions.accept(services, "expired", mentor, clock.now)
    sessions.tell_no_show(services, "missed", mentor, clock.now)
    found = sessions.find_session(services, "missed")
    assert (found.state, found.code) == (MentoringState.NO_SHOW, "mentee")
    clock.advance(days=8)
    with pytest.raises(TooLateError):
        sessions.dispute(services, "missed", mentee, clock.now)
    with pytest.raises(TooLateError):
        sessions.confirm(services, "slept", mentee, clock.now)
    told = supply_figures(services, at=clock.now)
    assert (told["declined_by_reason"], told["expired"]) == ({"not my topic": 1}, 1)
    assert told["declined_or_expired_by_language"] == {"not told": 2}
    assert told["median_days_to_session"] == 9
    services.store.roster.change_facts(
        mentor, MemberFacts(ends_on=services.today(clock.now - timedelta(days=1)))
    )
    left = supply_figures(services, at=clock.now)  # who left has no time to give
    gone = {name: told[name] - left[name] for name in ("mentors_in_force", "free_minutes_this_week")}
    assert gone == {"mentors_in_force": 1, "free_minutes_this_week": 90}


def test_mentors_time_of_a_past_day_is_told_by_what_was_known_then(
    service: Service, pair: tuple[str, str]
) -> None:
    """An offer that is revised, a session that is agreed on and cancelled, a request that is declined."""
    mentor, mentee = pair
    services, clock = service.services, service.clock
    first = clock.now
    requested(service, "agreed", mentor, mentee, starts_at=first + timedelta(hours=1))
    requested(service, "waits", mentor, mentee, starts_at=first + timedelta(days=3))
    clock.advance(minutes=1)
    sessions.accept(services, "agreed", mentor, clock.now)
    agreed = clock.advance(minutes=1)
    told = {at: supply_figures(services, at=at) for at in (first, agreed)}
    minutes = [one["free_minutes_this_week"] for one in told.values()]
    assert minutes[0] - minutes[1] == 30
    clock.advance(minutes=1)
    sessions.cancel(services, "agreed", mentee, clock.now)
    sessions.decline(services, "waits", mentor, Decline.NOT_MY_TOPIC, clock.now)
    offer(service, mentor, minutes_a_week=15, competencies=("planning",))
    now = supply_figures(services, at=clock.now)
    assert now["minutes_offered_a_week"] == told[first]["minutes_offered_a_week"] - 75
    assert now["declined_by_reason"] != told[first]["declined_by_reason"]
    for at, before in told.items():
        assert supply_figures(services, at=at) == before, "what came later changes nothing of that day"
    long_ago = supply_figures(services, at=first - timedelta(days=900))
    assert long_ago["minutes_offered_a_week"] == 0


def test_a_mentor_who_is_not_in_force_or_not_free_accepts_nothing(
    service: Service, pair: tuple[str, str]
) -> None:
    mentor, mentee = pair
    services, now = service.services, service.clock.now
    at = now + timedelta(days=1)
    for known, minutes in (("one", 0), ("two", 15), ("three", 45), ("four", 90), ("five", 180)):
        requested(service, known, mentor, mentee, starts_at=at + timedelta(minutes=minutes))
    sessions.accept(services, "one", mentor, now)
    with pytest.raises(ConflictError, match="another session at that time"):
        sessions.accept(services, "two", mentor, now)
    for known in ("three", "four"):
        sessions.accept(services, known, mentor, now)
    with pytest.raises(ConflictError, match="no minutes are left"):
        sessions.accept(services, "five", mentor, now)
    late = service.clock.advance(days=500)
    requested(service, "late", mentor, mentee)
    with pytest.raises(ConflictError, match="in force"):
        sessions.accept(services, "late", mentor, late)


def test_r11_of_50_who_are_accepted_at_once_one_gets_the_one_place(database_url: str, tmp_path: Path) -> None:
    service = make_service(database_url, tmp_path)
    mentor, mentee = accredit(service, "mona"), member(service, "tom")
    offer(service, mentor, minutes_a_week=30)
    now = service.clock.now
    for number in range(50):  # one after the other, in one week: only the minutes stand in the way
        at = now + timedelta(minutes=31 + 30 * number)
        requested(service, f"r{number}", mentor, mentee, starts_at=at)

    def accept(number: int) -> str:
        try:
            sessions.accept(service.services, f"r{number}", mentor, now)
        except ConflictError as error:
            return error.detail
        return "accepted"

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(accept, range(50)))
    assert found.count("accepted") == 1
    assert sum("no minutes are left" in one for one in found) == 49

    wish, eve = Wish(mentor, "feedback", 15, now + timedelta(days=8), "How?", "en"), member(service, "eve")

    def ask(_press: int) -> str:
        try:
            request_session(service.services, eve, wish, now)
        except ConflictError as error:
            return error.detail
        return "asked"

    with ThreadPoolExecutor(4) as pool:
        pressed = list(pool.map(ask, range(4)))
    assert sorted(set(pressed)) == ["a request to this mentor waits for an answer", "asked"]
    assert pressed.count("asked") == 1, "a button that is pressed twice asks once"


def test_both_get_the_calendar_entry_by_mail_and_its_end_under_a_higher_sequence(service: Service) -> None:
    mentor, mentee = accredit(service, "mara"), member(service, "tom")
    offer(service, mentor)
    services, now = replace(service.services, mail_enabled=True), service.clock.now
    requested(service, "mailed", mentor, mentee)
    mailer = Mailer("smtp://127.0.0.1:9", sender="badges@example.org", sender_name="Badges")
    told = []
    for change, who in ((sessions.accept, mentor), (sessions.cancel, mentee)):
        change(services, "mailed", who, now)
        due = services.store.link_letters.take(now, until=now + timedelta(minutes=1), limit=9)
        letters = [link_letter(services, one, now) for one in due]
        assert sorted(one.to for one in letters if one) == [email("mara"), email("tom")]
        assert letters[0] is not None
        (part,) = [
            one
            for one in mailer.compose(letters[0], now=now).walk()
            if one.get_content_type() == "text/calendar"
        ]
        told.append((part.get_param("method"), part.get_content()))
        services.store.link_letters.settle([one.token_sha256 for one in due], {})
    assert [method for method, _ in told] == ["REQUEST", "CANCEL"]
    assert ["SEQUENCE:1" in told[0][1], "SEQUENCE:2" in told[1][1]] == [True, True]
