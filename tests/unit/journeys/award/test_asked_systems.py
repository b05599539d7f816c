"""Systems that are asked: every page up to a bound, what they refuse, and what of an answer is new."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from credserv.fetch.calling import Answer
from credserv.ground.errors import InputError, UnavailableError
from credserv.journeys.award import asked_answers
from credserv.journeys.award.asked_answers import ask_canvas, ask_moodle, learners_of
from credserv.journeys.award.reconciling import _is_same
from credserv.journeys.award.reconciling_results import (
    _is_about,
    _is_same_badge,
    _is_same_grade,
    _Results,
    _to_keep,
)
from credserv.journeys.services import Services
from credserv.records.observations import ActivityKind, ActivityReference, Kind, Observation
from credserv.records.observed import ObservationRecord
from credserv.sources.pulling import moodle
from credserv.sources.pulling.settings import Pull, PulledSystem
from tests.testkit.pulled_systems import SCHOOL, Answering, System
from tests.testkit.service import Service

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
DAY = timedelta(days=1)
MOODLE = Pull(PulledSystem.MOODLE, SCHOOL, DAY)


def asking(here: Service, answer: Answering) -> tuple[Services, System]:
    system = System(answer)
    return replace(here.services, caller=system), system


def pages_of(count: int) -> Answering:
    """A list of so many pages of one entry each."""

    def answer(url: str, _headers: Mapping[str, str], _form: Mapping[str, str]) -> Answer:
        number = int(url.rpartition("=")[2])
        link = {"link": f'<{SCHOOL}/list?page={number + 1}>; rel="next"'} if number < count else {}
        return Answer(200, link, json.dumps([{"id": number}]).encode())

    return answer


def test_a_list_is_asked_page_by_page_up_to_a_bound(here: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked_answers, "_MAX_PAGES", 2)
    services, system = asking(here, pages_of(2))
    assert list(ask_canvas(services, f"{SCHOOL}/list?page=1", "t-1")) == [[{"id": 1}], [{"id": 2}]]
    assert [url for url, _, _ in system.asked] == [f"{SCHOOL}/list?page={number}" for number in (1, 2)]
    headers = {"Accept": "application/json", "Authorization": "Bearer t-1"}
    assert [told for _, told, _ in system.asked] == [headers, headers]
    services, _ = asking(here, pages_of(3))
    with pytest.raises(UnavailableError, match="more than 2 pages"):
        list(ask_canvas(services, f"{SCHOOL}/list?page=1", "t-1"))


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (401, InputError, "it refuses the token"),
        (403, InputError, "it refuses the token"),
        (404, UnavailableError, "it answered 404"),
        (201, UnavailableError, "it answered 201"),
        (503, UnavailableError, "it answered 503"),
    ],
)
def test_what_is_no_answer_says_what_it_was(
    here: Service, status: int, error: type[Exception], told: str
) -> None:
    services, _ = asking(here, lambda _url, _headers, _form: Answer(status, {}, b"[]"))
    with pytest.raises(error, match=told):
        list(ask_canvas(services, SCHOOL, "t-1"))
    with pytest.raises(error, match=told):
        ask_moodle(services, MOODLE, b"")


def test_learners_of_a_course_are_asked_for_until_a_page_is_not_full(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked_answers, "_MAX_PAGES", 3)
    monkeypatch.setattr(moodle, "AT_ONCE", 2)

    def of(count: int) -> tuple[Services, System]:
        def answer(_url: str, _headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
            start = int(form["options[0][value]"])
            return Answer(
                200, {}, json.dumps([{"id": one} for one in range(count)][start : start + 2]).encode()
            )

        return asking(here, answer)

    for count, pages in ((0, [0]), (1, [1]), (2, [2, 0]), (5, [2, 2, 1])):
        services, system = of(count)
        assert [len(page) for page in learners_of(services, MOODLE, "t-1", "7")] == pages
        assert [form["options[0][value]"] for _, _, form in system.asked] == ["0", "2", "4"][: len(pages)]
        assert {form["courseid"] for _, _, form in system.asked} == {"7"}
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        assert system.asked[0][:2] == (f"{SCHOOL}/webservice/rest/server.php", headers)
    services, _ = of(6)
    with pytest.raises(UnavailableError, match="more than 3 pages"):
        list(learners_of(services, MOODLE, "t-1", "7"))


COURSE = (ActivityReference(ActivityKind.COURSE, "7"),)


def seen(kind: Kind, at: datetime | None = NOW, **said: Any) -> Observation:
    return Observation("e", "t", kind, (), said.pop("activities", COURSE), at, **said)


@pytest.mark.parametrize(
    ("known", "same"),
    [
        (seen(Kind.COMPLETED), True),
        (seen(Kind.PASSED), True),
        (seen(Kind.MASTERED), True),
        (seen(Kind.FAILED), False),
        (seen(Kind.COMPLETED, None), True),
        (seen(Kind.COMPLETED, NOW + DAY), True),
        (seen(Kind.COMPLETED, NOW - DAY), True),
        (seen(Kind.COMPLETED, NOW + DAY + timedelta(seconds=1)), False),
        (seen(Kind.COMPLETED, NOW - DAY - timedelta(seconds=1)), False),
        (seen(Kind.COMPLETED, activities=(ActivityReference(ActivityKind.COURSE, "8"),)), False),
        (seen(Kind.COMPLETED, activities=(ActivityReference(ActivityKind.MODULE, "7"),)), False),
        (seen(Kind.COMPLETED, activities=(ActivityReference(ActivityKind.MODULE, "9"), *COURSE)), True),
    ],
)
def test_a_completion_is_known_by_course_and_about_when(known: Observation, same: bool) -> None:
    assert _is_same(seen(Kind.COMPLETED), known) is same
    for at in (None, NOW, NOW + 9 * DAY):
        assert _is_same(seen(Kind.COMPLETED, None), seen(Kind.COMPLETED, at))


@pytest.mark.parametrize(
    ("said", "known", "same"),
    [
        ({"raw": "8"}, {"raw": "8"}, True),
        ({"raw": "8"}, {"raw": "8.00009"}, True),
        ({"raw": "8"}, {"raw": "8.0001"}, False),
        ({"raw": "8.0001"}, {"raw": "8"}, False),
        ({"raw": "8"}, {}, False),
        ({}, {"raw": "8"}, False),
        ({}, {}, True),
        ({"level": "A"}, {"level": "A"}, True),
        ({"level": "A"}, {"level": "B"}, False),
        ({"raw": "8", "level": "A"}, {"raw": "8", "level": "B"}, True),
        ({"raw": "8", "level": "A"}, {"level": "A"}, False),
    ],
)  # fmt: skip
def test_a_grade_is_the_same_within_what_systems_round(
    said: dict[str, str], known: dict[str, str], same: bool
) -> None:
    def graded(told: dict[str, str], kind: Kind = Kind.GRADED) -> Observation:
        raw = Decimal(told["raw"]) if "raw" in told else None
        return seen(kind, raw=raw, level=told.get("level"))

    assert _is_same_grade(graded(said), graded(known)) is same
    assert not _is_same_grade(graded(said), graded(known, Kind.REVOKED))


@pytest.mark.parametrize(
    ("known", "same"),
    [
        (seen(Kind.COMPLETED, NOW - DAY), True),
        (seen(Kind.REVOKED, NOW), True),
        (seen(Kind.REVOKED, NOW + DAY), True),
        (seen(Kind.REVOKED, NOW - timedelta(seconds=1)), False),
        (seen(Kind.REVOKED, None), True),
    ],
)
def test_a_badge_is_another_only_if_it_was_awarded_after_it_was_revoked(
    known: Observation, same: bool
) -> None:
    assert _is_same_badge(seen(Kind.COMPLETED), known) is same
    assert _is_same_badge(seen(Kind.COMPLETED, None), known)


def shown(*values: str, of: str = "4") -> Observation:
    where = tuple(ActivityReference(ActivityKind.ASSESSMENT, one) for one in values)
    return seen(Kind.MASTERED, activities=(ActivityReference(ActivityKind.OUTCOME, of), *where))


def test_two_are_about_the_same_thing_in_the_same_assessment_where_both_say_in_which() -> None:
    assert _is_about(shown("a"), shown("a", "b"))
    assert _is_about(shown("a"), shown())
    assert _is_about(shown(), shown("b"))
    assert not _is_about(shown("a"), shown("b"))
    assert not _is_about(shown("a"), shown("a", of="5"))
    assert not _is_about(
        seen(Kind.GRADED, activities=(ActivityReference(ActivityKind.COURSE, "4"),)), shown()
    )


def record(said: Observation, received_at: datetime = NOW) -> ObservationRecord:
    return ObservationRecord(
        f"{received_at}", "s", "m", 0, "s", said, is_signed=False, received_at=received_at
    )


def nothing(*_: Any) -> Iterator[list[dict[str, Any]]]:
    return iter(())


def test_of_what_is_asked_only_what_is_new_or_another_is_kept() -> None:
    wanted = _Results(nothing, frozenset((Kind.GRADED, Kind.REVOKED)), _is_same_grade)
    entry = {"grade": {}}

    def kept(said: Observation, *known: ObservationRecord) -> Any:
        return _to_keep(wanted, known, entry, said, NOW)

    said = seen(Kind.GRADED, raw=Decimal(8))
    same, other = record(said), record(seen(Kind.GRADED, NOW - DAY, raw=Decimal(7), attempt="1"))
    assert kept(said) == entry
    assert kept(said, record(seen(Kind.COMPLETED))) == entry, "known as something else"
    elsewhere = (ActivityReference(ActivityKind.COURSE, "8"),)
    assert kept(said, record(seen(Kind.GRADED, raw=Decimal(8), activities=elsewhere))) == entry
    assert kept(said, other, same) is kept(said, same, other) is None, "the last that is known counts"
    assert kept(said, other) == {**entry, "corrects": {"attempt": "1"}}
    # Without a date, when it was received stands for it.
    undated = seen(Kind.GRADED, None, raw=Decimal(7))
    assert kept(said, same, record(undated, NOW + DAY)) is not None
    assert kept(said, same, record(undated, NOW - DAY)) is None
    gone = seen(Kind.REVOKED)
    assert kept(gone, other) == {**entry, "takes_back": {"attempt": "1", "seen_at": "2026-03-14T09:26:53Z"}}
    assert kept(gone) is None
    assert kept(gone, other, record(gone)) is None, "it was taken back before"
    assert kept(said, record(gone)) == {**entry, "corrects": {"seen_at": "2026-03-14T09:26:53Z"}}
