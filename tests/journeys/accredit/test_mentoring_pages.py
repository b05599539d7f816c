"""A mentor and a mentee at their phones: an offer, a request with its reasons, and what comes of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from credserv.records.mentoring import MentoringState
from tests.testkit.browsing import Person
from tests.testkit.mentoring import accredit, member, offer
from tests.testkit.service import Service, make_service

AT = "/wallet/mentoring"
OFFER = {
    "competencies": "feedback, planning",
    "languages": "en, de",
    "kind": "session",
    "minutes_a_week": "90",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder: Path = tmp_path_factory.mktemp("mentoring-pages")
    return make_service(f"sqlite:///{folder / 'pages.db'}", folder)


@pytest.fixture(scope="module")
def accredited(service: Service) -> str:
    return accredit(service, "mona")


@pytest.fixture
def mona(service: Service, accredited: str) -> Person:
    return Person(service).open_wallet("mona@example.org")


@pytest.fixture
def tom(service: Service) -> Person:
    member(service, "tom")
    return Person(service).open_wallet("tom@example.org")


def ask(tom: Person, mentor_id: str, when: str, **changed: Any) -> Any:
    told = {
        "competency": "feedback",
        "language": "en",
        "minutes": "30",
        "starts_at": when,
        "question": "How?",
    }
    on = f"{AT}/mentors/{mentor_id}?competency=feedback&language=en&minutes=30"
    return tom.submit(f"{AT}/mentors/{mentor_id}", on=on, **{**told, **changed})


def test_from_an_offer_to_a_session_that_counts(service: Service, mona: Person, tom: Person) -> None:
    mentor = member(service, "mona")
    assert "Nobody offers mentoring" in tom.get(f"{AT}/mentors")
    assert mona.submit(f"{AT}/offer", **{**OFFER, "minutes_a_week": "9999"}).status_code == 400
    address = {"languages": "write to mona@example.org"}
    assert mona.submit(f"{AT}/offer", **{**OFFER, **address}).status_code == 400, "the register has none"
    hours = {"from-0": "09:00", "until-0": "12:00"}
    assert "Kept" in mona.follow(mona.submit(f"{AT}/offer", **OFFER, **hours))
    assert 'value="09:00"' in mona.get(f"{AT}/offer")

    found = tom.get(f"{AT}/mentors?competency=feedback&language=en&minutes=30")
    assert ("Mona" in found, "Has mentored nobody yet" in found) == (True, True)
    assert "16 March 2026, 09:00" in found, "the next Monday"
    assert "planning" not in found, "what they are not accredited for is not offered"
    tom.get(f"{AT}/mentors/{mentor}?competency=feedback&language=fr", status=404)
    assert ask(tom, mentor, "2026-03-17T09:00").status_code == 400, "out of their hours"
    assert ask(tom, mentor, "2026-03-16T09:00", links="http://a.example").status_code == 400
    assert ask(tom, mentor, "2026-03-16T09:00", question="").status_code == 400
    sent = ask(tom, mentor, "2026-03-16T09:00", links="https://a.example/slides")
    assert "Your request was sent" in tom.follow(sent)
    assert ask(tom, mentor, "2026-03-16T10:00").status_code == 409, "one waits"
    path = sent.headers["Location"].removeprefix(service.settings.public_url)

    assert "Waiting for you" in mona.get(f"{AT}/sessions")
    assert "How?" in mona.get(path)
    tom.get(f"{path}/calendar.ics", status=404)
    assert "Accepted" in mona.follow(mona.submit(path, do="accept"))
    assert mona.submit(path, do="decline", code="away").status_code == 409
    service.clock.advance(days=2, hours=1)
    mona.open_wallet("mona@example.org")
    tom.open_wallet("tom@example.org")
    assert "30 of 90 minutes are taken" in mona.get(f"{AT}/sessions")
    assert tom.submit(path, do="feedback", score="5").status_code == 409
    assert "Confirmed" in tom.follow(tom.submit(path, do="confirm"))
    assert "It counts, for both of you" in mona.follow(mona.submit(path, do="confirm"))
    assert tom.submit(path, do="feedback", score="9").status_code == 400
    assert "Thank you" in tom.follow(tom.submit(path, do="feedback", score="4", words="It helped"))
    shown = mona.get(f"{AT}/sessions")
    assert ("It helped" in shown, "so far 1 did" in shown) == (False, True)
    for one, side in ((mona, "1 as mentor"), (tom, "1 as mentee")):
        assert side in one.get(f"{AT}/trajectory")
    found = service.services.store.mentoring.of_member(mentor)[0].reason
    assert (found["relations"], found["languages"], found["load"]) == (0, ["en"], 0.0)

    again = f"{AT}/mentors/{mentor}?competency=feedback&language=en"
    assert "required>" in re.search(r'<textarea id="objective"[^>]*>', tom.get(again))[0], "it is a series"
    assert ask(tom, mentor, "2026-03-23T09:00").status_code == 400
    second = ask(tom, mentor, "2026-03-23T09:00", objective="To lead the retrospective")
    path = second.headers["Location"]
    assert "Declined" in mona.follow(mona.submit(path, do="decline", code="no time"))
    told = tom.get(path)
    assert ("no time" in told, "Look for another mentor" in told) == (True, True)


def test_the_calendar_file_of_both(service: Service, mona: Person, tom: Person) -> None:
    """The end goes as CANCEL, under a higher SEQUENCE."""
    mentor = member(service, "mona")
    sent = ask(
        tom, mentor, "2026-03-30T10:00", objective="x", question="How?\r\nATTENDEE:mailto:eve@example.org"
    )
    path = sent.headers["Location"].removeprefix(service.settings.public_url)
    mona.follow(mona.submit(path, do="accept"))
    first = tom.client.get(f"{path}/calendar.ics")
    assert first.mimetype == "text/calendar"
    lines = first.text.replace("\r\n ", "").split("\r\n")
    assert {"METHOD:REQUEST", "SEQUENCE:1", "STATUS:CONFIRMED", "DTSTART:20260330T100000Z"} <= set(lines)
    assert [line for line in lines if line.startswith("ATTENDEE")] == [
        "ATTENDEE;CN=Tom:mailto:tom@example.org"
    ]
    tom.follow(tom.submit(path, do="cancel"))
    second = mona.client.get(f"{path}/calendar.ics").text.replace("\r\n ", "").split("\r\n")
    assert {"METHOD:CANCEL", "SEQUENCE:2", "STATUS:CANCELLED"} <= set(second)
    assert {line for line in lines if line[:4] == "UID:"} == {line for line in second if line[:4] == "UID:"}


def test_sessions_of_others_are_not_there(service: Service, mona: Person) -> None:
    member(service, "eve")
    eve = Person(service).open_wallet("eve@example.org")
    (known, *_) = service.services.store.mentoring.of_member(member(service, "mona"))
    for path in (f"{AT}/sessions/{known.id}", f"{AT}/sessions/{known.id}/calendar.ics"):
        eve.get(path, status=404)
    assert eve.submit(f"{AT}/sessions/{known.id}", on=f"{AT}/offer", do="dispute").status_code == 404


def test_who_is_excluded_is_told_with_the_code(service: Service, mona: Person) -> None:
    """Each exclusion to the learner, nothing of it to others."""
    busy = accredit(service, "bea")
    offer(service, busy, minutes_a_week=0)
    offer(service, member(service, "nils"))
    page = mona.get(f"{AT}/mentors?competency=feedback&language=en&minutes=15")
    told = dict(re.findall(r"<bdi>(Bea|Nils|Mona)</bdi></span> <span[^>]*>([^<]+)</span>", page))
    assert told == {"Bea": "No free minutes", "Nils": "Not in force", "Mona": "The same person"}


def test_r12_feedback_is_seen_from_five_different_people_on(service: Service, mona: Person) -> None:
    mentor, store = member(service, "mona"), service.services.store.mentoring
    for number in range(4):
        rater = member(service, f"rater{number}")
        (session, *_) = [one for one in store.of_member(mentor) if one.state is MentoringState.HELD]
        told = {**vars(session), "id": f"rated-{number}", "mentee_id": rater, "reference": None}
        assert store.add(type(session)(**told))
        shown = mona.get(f"{AT}/sessions")
        assert (f"so far {number + 1} did" in shown, "It helped" in shown) == (True, False)
        page = Person(service).open_wallet(f"rater{number}@example.org")
        page.follow(
            page.submit(f"{AT}/sessions/rated-{number}", do="feedback", score="5", words=f"word {number}")
        )
    shown = mona.get(f"{AT}/sessions")
    assert ("5 people said how it was: 96 %" in shown, "It helped" in shown) == (True, True)
