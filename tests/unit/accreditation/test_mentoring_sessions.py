"""Which mentoring sessions count, and a mentor's own hours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from credserv.accreditation.hours import lies_in, next_free, parse_window, week_of
from credserv.accreditation.sessions import (
    COUNTS,
    is_confirmed,
    judge_session,
    may_be_confirmed,
    may_be_denied,
)
from credserv.accreditation.standing import State
from credserv.ground.errors import InputError
from credserv.records.mentoring import MentoringKind, MentoringSession, MentoringState, Side
from tests.testkit.shared import shared_path

HELD = datetime(2026, 2, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
VIENNA = ZoneInfo("Europe/Vienna")


def session(**changed: object) -> MentoringSession:
    known = MentoringSession(
        *("s", "dan", "eve", "feedback", 15),
        kind=MentoringKind.SESSION,
        state=MentoringState.HELD,
        starts_at=HELD,
        held_at=HELD,
        told_at=HELD,
        mentor_confirmed_at=HELD + timedelta(hours=1),
        mentee_confirmed_at=HELD + DAY,
    )
    return replace(known, **changed)  # type: ignore[arg-type]  # by name


def test_the_small_case() -> None:
    """Its sessions, as the log tells them, with the states that it expects of their mentor."""
    expected = json.loads(shared_path("accreditation/small-case.expected.json").read_text())["sessions"]
    log = [
        json.loads(line) for line in shared_path("accreditation/small-case.jsonl").read_text().splitlines()
    ]
    found: dict[str, MentoringSession] = {}
    for event in log:
        at = datetime.fromisoformat(event["at"])
        if event["type"] == "session.held":
            nothing = {"mentor_confirmed_at": None, "mentee_confirmed_at": None}
            found[event["session"]] = session(starts_at=at, held_at=at, told_at=at, **nothing)
        elif event["type"] == "session.confirmed":
            side = "mentor" if event["by"] == "dan" else "mentee"
            before = found[event["session"]]
            found[event["session"]] = replace(before, **{f"{side}_confirmed_at": at})  # type: ignore[arg-type]
    until = datetime(2026, 3, 24, tzinfo=UTC)
    assert len(found) == expected["held"]
    assert sum(is_confirmed(one, until) for one in found.values()) == expected["confirmed_by_both"]
    mentor = {"s1": State.LIVE, "s2": State.LIVE, "s3": State.SUSPENDED}
    why = {known: judge_session(one, mentor[known], until) for known, one in found.items()}
    assert {known: said for known, said in why.items() if said != COUNTS} == expected["why_not"]
    assert list(why.values()).count(COUNTS) == expected["as_evidence_for_renewal"]


@pytest.mark.parametrize(
    ("changed", "mentor", "why"),
    [
        ({}, State.GRACE, ""),
        ({}, None, "the mentor was not accredited"),
        ({}, State.NOT_YET, "the mentor was not accredited yet"),
        ({}, State.LAPSED, "the mentor's accreditation had lapsed"),
        ({}, State.REVOKED, "the mentor's accreditation was revoked"),
        ({"mentor_confirmed_at": None}, State.LIVE, "the mentor has not confirmed"),
        ({"mentor_confirmed_at": None, "mentee_confirmed_at": None}, State.LIVE, "neither has confirmed"),
        ({"state": MentoringState.DISPUTED, "settled_at": HELD + DAY}, State.LIVE, "it is disputed"),
        (
            {"state": MentoringState.NO_SHOW, "settled_at": HELD, "code": "mentee"},
            None,
            "the mentee did not come",
        ),
        ({"told_at": None}, State.LIVE, "it was not held yet"),
    ],
)
def test_what_does_not_count_says_why(changed: dict[str, object], mentor: State | None, why: str) -> None:
    assert judge_session(session(**changed), mentor, HELD + 9 * DAY) == why


def test_it_is_judged_as_known_then() -> None:
    disputed = session(state=MentoringState.DISPUTED, settled_at=HELD + 3 * DAY)
    assert [is_confirmed(disputed, HELD + days * DAY) for days in (0, 1, 2, 3)] == [False, True, True, False]


def test_both_have_seven_days_to_confirm_what_was_requested_here() -> None:
    asked = session(requested_at=HELD - DAY)
    assert may_be_confirmed(asked, HELD + 7 * DAY)
    assert not may_be_confirmed(asked, HELD + 7 * DAY + timedelta(seconds=1))
    planned = replace(asked, state=MentoringState.ACCEPTED, held_at=None, told_at=None)
    assert (may_be_confirmed(planned, HELD - DAY), may_be_confirmed(planned, HELD)) == (False, True)


def test_what_another_system_tells_is_confirmed_whenever_it_tells_of_that() -> None:
    assert may_be_confirmed(session(), HELD + 400 * DAY)
    assert may_be_confirmed(session(), HELD - timedelta(minutes=2)), "its clock goes ahead"
    assert not may_be_confirmed(session(state=MentoringState.DISPUTED), HELD)


def test_it_is_denied_within_seven_days_of_what_was_said_last() -> None:
    unsaid = session(told_at=None, mentor_confirmed_at=None, mentee_confirmed_at=None)
    assert [may_be_denied(unsaid, HELD + days * DAY) for days in (7, 8)] == [True, False]
    late = replace(unsaid, told_at=HELD + 30 * DAY, mentor_confirmed_at=HELD + 31 * DAY)
    assert [may_be_denied(late, HELD + days * DAY) for days in (38, 39)] == [True, False]


def test_a_request_expires_after_seven_days_or_when_its_time_has_come() -> None:
    asked = session(state=MentoringState.REQUESTED, requested_at=HELD - 30 * DAY)
    assert asked.state_at(HELD - 24 * DAY) is MentoringState.REQUESTED
    assert asked.state_at(HELD - 23 * DAY) is MentoringState.EXPIRED
    late = session(state=MentoringState.REQUESTED, requested_at=HELD - DAY)
    assert late.state_at(HELD) is MentoringState.EXPIRED
    assert (late.side_of("dan"), late.side_of("eve"), late.side_of("x")) == (Side.MENTOR, Side.MENTEE, None)


# --- hours

MONDAY = datetime(2026, 3, 23, 7, 50, tzinfo=UTC)  # 08:50 in Vienna
MORNING = parse_window(0, "09:00", "10:30")


def test_a_session_lies_in_the_mentors_hours_by_their_own_clock() -> None:
    nine = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
    assert lies_in([MORNING], nine, 45, VIENNA)
    assert lies_in([], nine, 45, VIENNA)
    assert not lies_in([MORNING], nine + timedelta(minutes=60), 45, VIENNA)
    assert not lies_in([MORNING], nine + timedelta(hours=24), 45, VIENNA)
    summer = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)  # a week later the clocks have changed
    assert lies_in([MORNING], summer, 45, VIENNA)


def test_the_next_free_quarter_steps_over_what_is_agreed_and_weeks_that_are_full() -> None:
    def free(
        *busy: tuple[datetime, datetime], left: int = 45, full: date = date(2026, 1, 5)
    ) -> datetime | None:
        def left_on(day: date) -> int:
            return 0 if week_of(day, 0)[0] == full else left

        return next_free([MORNING], busy, 30, MONDAY, VIENNA, left_on)

    nine = datetime(2026, 3, 23, 8, 0, tzinfo=UTC)
    assert free() == nine
    assert free((nine, nine + timedelta(minutes=20))) == nine + timedelta(minutes=30)
    assert free((nine, nine + timedelta(minutes=70))) == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert free(full=date(2026, 3, 23)) == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert free(left=15) is None


@pytest.mark.parametrize(
    ("weekday", "begins", "ends"),
    [
        (7, "09:00", "10:00"),
        (0, "10:00", "09:00"),
        (0, "9", "10:00"),
        (0, "09:60", "10:00"),
        (0, "23:00", "24:01"),
    ],
)
def test_hours_that_are_none_are_refused(weekday: int, begins: str, ends: str) -> None:
    with pytest.raises(InputError):
        parse_window(weekday, begins, ends)


def test_weeks_begin_where_the_organisation_says() -> None:
    assert week_of(date(2026, 3, 22), 0) == (date(2026, 3, 16), date(2026, 3, 23))
    assert week_of(date(2026, 3, 22), 6) == (date(2026, 3, 22), date(2026, 3, 29))
