"""How long who is asked what they saw of somebody takes to answer, and what stood in the way of mentoring:
each recounted from what happened."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest

from credserv.journeys.accredit.session_figures import barrier_figures
from credserv.journeys.admit.persons import find_member
from credserv.journeys.award.feedback import answer, ask_for_feedback
from credserv.journeys.award.rounds import Rater, open_round
from credserv.journeys.measure.agreeing import agree
from credserv.journeys.measure.answering import ALL, answer_times
from credserv.journeys.measure.counting import compute
from credserv.journeys.measure.metrics import set_metric
from credserv.journeys.measure.population import read_population
from credserv.records.consents import Purpose
from credserv.records.feedback_rounds import Category
from credserv.records.mentoring import MentoringKind, MentoringSession, MentoringState
from tests.testkit.service import Service

API, KEY = "/api/v1", "mentor-practitioner"
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
# As what each was asked, on which day, and after how many days they answered; None for not yet.
ASKED: tuple[tuple[str, str, int, int | None], ...] = (
    ("m0", "manager", 0, 1),
    ("m1", "manager", 0, 2),
    ("m2", "manager", 1, 3),
    ("m3", "manager", 2, 5),
    ("m4", "manager", 3, 8),
    ("m5", "manager", 3, 13),
    ("m6", "manager", 4, None),
    ("m7", "manager", 55, None),  # asked five days before the cut
    ("m8", "manager", 5, 21),
    ("p0", "peer", 0, 1),
    ("p1", "peer", 0, None),
    ("m0", "manager", 10, 29),  # their second time: it counts for nobody
    ("quiet", "manager", 0, 1),  # did not agree to be counted
)
CUT = BEGIN + timedelta(days=60)
# Of the managers: m6's link ended after 30 days.
WAITS = [
    (1, True),
    (2, True),
    (3, True),
    (5, True),
    (5, False),
    (8, True),
    (13, True),
    (21, True),
    (30, False),
]


def recount(waits: list[tuple[int, bool]]) -> tuple[int | None, int | None, int | None]:
    """The median by Kaplan and Meier with its log-log band, step by step."""
    share, spread, found = 1.0, 0.0, [None, None, None]
    for day in sorted({day for day, answered in waits if answered}):
        at_risk = sum(one >= day for one, _ in waits)
        share *= (at_risk - 1) / at_risk  # one on each of these days
        spread += 1 / (at_risk * (at_risk - 1))
        width = 1.959963985 * math.sqrt(spread) / abs(math.log(share))
        for at, one in enumerate((share, share ** math.exp(width), share ** math.exp(-width))):
            if found[at] is None and one <= 0.5:
                found[at] = day
    return found[0], found[1], found[2]


@pytest.fixture
def service(service: Service) -> Service:
    service.clock.now = BEGIN - timedelta(days=1)
    client, headers = service.client(), service.api_headers()
    for who in ("pat", *dict.fromkeys(one[0] for one in ASKED)):
        told = {"email": f"{who}@firm.example", "name": who.upper(), "employment": {"started": "2025-01-01"}}
        sent = client.put(f"{API}/members/{who}", json=told, headers=headers)
        assert sent.status_code < 300, sent.text
        if who != "quiet":
            client.put(f"{API}/members/{who}/consents/outcomes", headers=headers)
    return service


def happen(service: Service) -> None:
    """All that was asked and answered, each at its time."""
    own, pat = service.services, find_member(service.services, "pat").id
    answers: list[tuple[datetime, str]] = []
    for who, role, day, after in sorted(ASKED, key=lambda one: one[2]):
        now = BEGIN + timedelta(days=day)
        asked = {"email": f"{who}@firm.example", "role": role, "actor": "test", "now": now}
        link = ask_for_feedback(own, pat, KEY, **asked)
        if after is not None:
            answers.append((now + timedelta(days=after), link.rpartition("/")[2]))
    for now, token in sorted(answers):
        for _ in "12":  # pressed twice
            answer(own, token, level="#proficient", shown=True, note="", now=now)


def test_the_time_to_an_answer_is_recounted_with_who_has_not_answered(service: Service) -> None:
    happen(service)
    found = answer_times(service.services, read_population(service.services, cut=CUT))
    assert {label: (told.n, told.events) for label, told in found.items()} == {
        ALL: (11, 8),
        "Manager": (9, 7),
        "Peer": (2, 1),
    }
    managers = found["Manager"]
    assert (managers.median, managers.median_low, managers.median_high) == recount(WAITS)
    assert managers.median == 8
    assert median(day for day, answered in WAITS if answered) == 5, (
        "of those who answered alone it looks faster"
    )
    early = answer_times(service.services, read_population(service.services, cut=BEGIN + timedelta(days=6)))
    assert (early["Manager"].n, early["Manager"].events) == (8, 3), "as it was known then"


def test_it_is_published_where_eight_were_asked(service: Service) -> None:
    happen(service)
    told = {"kind": "feedback-time", "name": "Feedback", "question": "Do they answer soon?", "owner": "HR"}
    set_metric(service.services, "feedback", {**told, "evidence": ["observation"]}, actor="test", now=BEGIN)
    made = json.loads(compute(service.services, cut=CUT, known=CUT))
    (figure,) = [one for one in made["figures"] if one["key"] == "feedback"]
    assert [(row["label"], row["people"], row["value"]) for row in figure["rows"]] == [
        (ALL, "10", "8"),
        ("Manager", "10", "8"),
        ("Peer", "fewer than 5", None),
    ]
    assert "who has not answered counts" in figure["cautions"][0]


def test_in_feedback_from_all_sides_each_request_is_timed_and_nobodys_own(service: Service) -> None:
    own, pat = service.services, find_member(service.services, "pat")
    agree(own, pat.person_id, Purpose.FEEDBACK, actor="holder", now=BEGIN)
    raters = [Rater("pat@firm.example", Category.SELF), Rater("p0@firm.example", Category.PEER)]
    opened = open_round(own, pat.id, KEY, raters, days=7, mail=False, actor="test", now=BEGIN)
    for _, link in opened.links:
        token = link.rpartition("/")[2]
        answer(own, token, level="#proficient", shown=True, note="", now=BEGIN + timedelta(days=2))
    found = answer_times(own, read_population(own, cut=CUT))
    assert {label: (told.n, told.median) for label, told in found.items()} == {
        ALL: (1, 2.0),
        "Peer": (1, 2.0),
    }


# Who asked, in which language, and what became of it.
REQUESTS = (
    *((f"m{at}", "de", "no time") for at in range(8)),
    ("m0", "de", "no time"),
    ("p0", "fr", "away"),
    ("p1", "", "expired"),
    ("p0", "fr", "expired"),
    ("p1", "fr", "accepted"),
    ("p1", "fr", "waiting"),
)


def requests(service: Service) -> Iterator[MentoringSession]:
    mentor = find_member(service.services, "pat").id
    for at, (who, language, became) in enumerate(REQUESTS):
        asked = CUT - timedelta(days=1 if became == "waiting" else 20)
        is_open = became in ("expired", "waiting")
        state = {"accepted": MentoringState.ACCEPTED}.get(became, MentoringState.DECLINED)
        yield MentoringSession(
            id=f"request-{at}",
            mentor_id=mentor,
            mentee_id=find_member(service.services, who).id,
            competency="feedback",
            minutes=30,
            kind=MentoringKind.SESSION,
            state=MentoringState.REQUESTED if is_open else state,
            starts_at=asked + timedelta(days=9),
            requested_at=asked,
            answered_at=None if is_open else asked + timedelta(days=1),
            code=became if state is MentoringState.DECLINED and not is_open else "",
            language=language,
        )


def test_what_stood_in_the_way_is_recounted_by_reason_and_language(service: Service) -> None:
    for one in requests(service):
        assert service.services.store.mentoring.add(one)
    assert barrier_figures(service.services, at=CUT) == {
        "Declined: away": (1, 1),
        "Declined: no time": (9, 8),
        "Expired": (2, 2),
        "Language: de": (9, 8),
        "Language: fr": (2, 1),
        "Language: not told": (1, 1),
    }
    assert barrier_figures(service.services, at=CUT - timedelta(days=19, hours=12)) == {}, "as known then"
    told = {"kind": "mentor-supply", "name": "Supply", "question": "Is there time?", "owner": "HR"}
    set_metric(service.services, "supply", {**told, "evidence": ["session"]}, actor="test", now=BEGIN)
    made: Any = json.loads(compute(service.services, cut=CUT, known=CUT))
    (figure,) = [one for one in made["figures"] if one["key"] == "supply-barriers"]
    shown = {row["label"]: (row["people"], row["value"]) for row in figure["rows"]}
    assert shown["Declined: no time"] == shown["Language: de"] == ("10", "10")
    assert shown["Expired"] == ("fewer than 5", None)
    assert re.fullmatch(r"requests declined or expired in 90 days", figure["unit"])
