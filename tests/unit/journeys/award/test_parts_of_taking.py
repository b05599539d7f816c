"""What is read of a message, and what is told of it: by the parts that taking and settling are made of."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credserv.ground.errors import Fault, InputError, NotFoundError, SchemaFaultsError
from credserv.journeys.award.employment import EmploymentSaid, parse_said
from credserv.journeys.award.readings import unread_note
from credserv.journeys.award.resolving import _is_another, _is_of_before, _told
from credserv.journeys.award.resume import find_message, settle_left
from credserv.journeys.award.rounds import Rater, read_raters
from credserv.journeys.award.settle import _is_released, _may_be_unheard, judge_date
from credserv.journeys.award.take import _event_of, _other, adapter_of, kept_headers, message_of
from credserv.journeys.award.take import _told as told_of
from credserv.journeys.award.taking_back import is_taker
from credserv.records.feedback_rounds import Category
from credserv.records.observations import Kind, Observation, PersonKind, PersonReference
from credserv.records.observed import ObservationRecord
from credserv.records.people import AssertedIdentifierRecord
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.sources.adapter import Message, Reading, Unread
from credserv.sources.signing import Authentication
from tests.testkit.service import NOW, Service

SECOND = timedelta(seconds=1)
SOURCE = SourceRecord("campus", "canvas", (), {"rules": []}, NOW)


@pytest.mark.parametrize(
    ("role", "hours", "said"),
    [
        (" Ward nurse ", "", EmploymentSaid("Ward nurse")),
        ("N", " 38,5 ", EmploymentSaid("N", "38.5")),
        ("n" * 200, "100", EmploymentSaid("n" * 200, "100")),
        ("Nurse", "0.5", EmploymentSaid("Nurse", "0.5")),
        ("n" * 201, "", "enter the role"),
        (" ", "", "enter the role"),
        ("Ward\nnurse", "", "enter the role"),
        ("Nurse", "0", "enter the hours"),
        ("Nurse", "100.1", "enter the hours"),
        ("Nurse", "full", "enter the hours"),
        ("Nurse", "-1", "enter the hours"),
        ("Nurse", "nan", "enter the hours"),
    ],
)
def test_a_role_and_hours_are_what_a_person_can_read(
    role: str, hours: str, said: EmploymentSaid | str
) -> None:
    if isinstance(said, EmploymentSaid):
        assert parse_said(role, hours) == said
    else:
        with pytest.raises(InputError, match=said):
            parse_said(role, hours)


def people(count: int) -> str:
    return "".join(f"peer, p{number}@example.org\n" for number in range(count))


def test_raters_are_read_a_line_each() -> None:
    text = "Peer, Ana@Firm.example\n\n  \nself ,me@firm.example\n"
    assert read_raters(text) == (
        Rater("Ana@Firm.example", Category.PEER),
        Rater("me@firm.example", Category.SELF),
    )
    assert (len(read_raters(people(1))), len(read_raters(people(60)))) == (1, 60)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [("", "1 to 60 people")]),
        (people(61), [("", "1 to 60 people")]),
        ("boss, a@b.example\n\npeer, nobody\n", [("Line 1", "one of "), ("Line 3", "one of ")]),
        (
            "peer, a@b.example\nself, A@B.example\n",
            [("Line 2", "this person stands here already: each speaks once")],
        ),
    ],
)  # fmt: skip
def test_raters_that_cannot_be_asked_are_told_by_their_lines(
    text: str, faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(SchemaFaultsError, match="nobody was asked") as error:
        read_raters(text)
    assert [one.place for one in error.value.faults] == [place for place, _ in faults]
    assert all(
        one.message.startswith(told) for one, (_, told) in zip(error.value.faults, faults, strict=True)
    )


def test_what_was_not_read_is_noted_with_its_place_up_to_a_dozen() -> None:
    reading = Reading((), (Unread("/a", "no"), Unread("", "nothing")))
    assert unread_note(reading) == "/a no; / nothing"
    assert unread_note(Reading((), tuple(Unread(f"/{at}", "no") for at in range(13)))).count("no") == 12
    assert unread_note(Reading(())) == ""
    faults = [Fault("/a", "no"), Fault("", "nothing")]
    assert told_of(SchemaFaultsError("it is bad", faults=faults)) == "it is bad; /a no; / nothing"
    many = SchemaFaultsError("it is bad", faults=[Fault("/a", "no")] * 13)
    assert told_of(many).count("/a no") == 12


def test_headers_that_reading_needs_are_kept_and_no_secret_is_one() -> None:
    sent = {
        "Content-Type": "application/json",
        "User-Agent": "lms",
        "Date": "today",
        "Webhook-Id": "1",
        "X-Canvas-Thing": "2",
        "X-Own": "3",
        "Authorization": "Bearer secret",
        "Cookie": "secret",
    }
    kept = {"content-type": "application/json", "user-agent": "lms", "date": "today", "webhook-id": "1"}
    assert kept_headers(sent) == kept | {"x-canvas-thing": "2"}
    assert kept_headers(sent, also=("x-own",)) == kept | {"x-canvas-thing": "2", "x-own": "3"}


def event(body: bytes = b"{}", **changed: Any) -> EventRecord:
    made = EventRecord("campus", "e", hashlib.sha256(body).hexdigest(), body, NOW, EventState.RECEIVED)
    return replace(made, **changed)


def test_a_message_within_a_token_is_what_the_token_holds() -> None:
    inner = base64.urlsafe_b64encode(b'{"a": 1}').rstrip(b"=")
    token = b".".join((b"head", inner, b"signature"))
    for told, body in (
        (None, token),
        ({}, token),
        ({"is_token": False}, token),
        ({"is_token": "true"}, token),
        ({"is_token": True}, b'{"a": 1}'),
    ):
        read = message_of(event(token, authentication=told, headers={"date": 7}))
        assert (read.body, read.headers) == (body, {"date": "7"})
    assert message_of(event()).headers == {}


def test_a_message_is_kept_under_the_id_that_its_sender_gave_or_under_what_it_says() -> None:
    adapter, sent = adapter_of(SOURCE), Message(b"{}", {"Date": "today", "Cookie": "c"})
    digest = hashlib.sha256(b"{}").hexdigest()
    bare = _event_of(SOURCE, adapter, sent, Authentication("bearer", is_signed=False), NOW)
    assert (bare.source, bare.event_id, bare.body_sha256) == ("campus", f"sha256:{digest}", digest)
    assert (bare.body, bare.received_at, bare.state) == (b"{}", NOW, EventState.RECEIVED)
    assert (bare.headers, bare.adapter, bare.adapter_version) == (
        {"date": "today"}, adapter.name, adapter.version
    )  # fmt: skip
    told = {"method": "bearer", "is_signed": False, "key": None, "is_token": False}
    assert bare.authentication == told
    named = Authentication("canvas-jwt", is_signed=True, message_id="m-1", key="k", body=b"{}")
    own = _event_of(SOURCE, adapter, sent, named, NOW)
    assert own.event_id == "m-1"
    assert own.authentication == {"method": "canvas-jwt", "is_signed": True, "key": "k", "is_token": True}
    other = _other(replace(own, event_id="m" * 300))
    assert (other.event_id, other.state) == (f"{'m' * 200} {digest[:16]}", EventState.CONFLICT)
    assert other.note == f"the id {'m' * 80!r} was used before, for another message"
    with pytest.raises(InputError, match="is not spoken here"):
        adapter_of(replace(SOURCE, dialect="latin"))


def record(*named: PersonReference, at: datetime | None = NOW, **changed: Any) -> ObservationRecord:
    said = Observation("e", "t", changed.pop("kind", Kind.COMPLETED), named, (), at)
    said = replace(said, supersedes=changed.pop("supersedes", None))
    made = ObservationRecord("o", "campus", "m", 0, "campus", said, is_signed=True, received_at=NOW)
    return replace(made, **changed)


def test_only_what_names_nobody_and_takes_something_back_is_its_persons() -> None:
    who = PersonReference(PersonKind.LMS_ID, "1")
    takes = [is_taker(record(*named, supersedes=one)) for named in ((), (who,)) for one in (None, "f")]
    assert takes == [False, True, False, False]


@pytest.mark.parametrize(
    ("at", "odd"),
    [
        (None, ""),
        (NOW, ""),
        (NOW + timedelta(minutes=5), ""),
        (NOW + timedelta(minutes=5) + SECOND, "it is dated ahead, 2026-03-14T09:31:54Z"),
        (datetime(2000, 1, 1, tzinfo=UTC), ""),
        (datetime(2000, 1, 1, tzinfo=UTC) - SECOND, "it is dated before 2000, 1999-12-31T23:59:59Z"),
    ],
)
def test_a_person_looks_at_dates_ahead_and_before_2000(at: datetime | None, odd: str) -> None:
    assert judge_date(at, NOW) == odd


def test_a_correction_is_looked_at_again_until_all_have_heard_of_it() -> None:
    corrects, back = replace(SOURCE, corrects=True), record(kind=Kind.UNCOMPLETED)
    assert _may_be_unheard(corrects, back, NOW + 4 * SECOND)
    assert not _may_be_unheard(corrects, back, NOW + 5 * SECOND)
    assert not _may_be_unheard(SOURCE, back, NOW)
    assert not _may_be_unheard(corrects, record(), NOW)
    assert [_is_released(record(note=note)) for note in ("", "released", "released; x")] == [
        False,
        True,
        True,
    ]


def identifier(kind: PersonKind, value: str, ended_at: datetime | None = None) -> AssertedIdentifierRecord:
    return AssertedIdentifierRecord("i", "m", kind, value, value, NOW, ended_at, "campus")


def test_an_address_whose_owner_the_system_knows_by_another_id_is_a_contradiction() -> None:
    lms = PersonKind.LMS_ID

    def other(told: Sequence[str], known: Sequence[tuple[PersonKind, str]]) -> bool:
        named = [PersonReference(lms, one) for one in told]
        address = PersonReference(PersonKind.EMAIL, "pat@example.org")
        return _is_another([identifier(*one) for one in known], record(*named, address))

    assert other(["1"], [(lms, "2")])
    assert not other(["1"], [(lms, "1"), (lms, "2")])
    assert not other(["1"], [(PersonKind.USERNAME, "pat")])
    assert not other([], [(lms, "2")])
    assert not other(["1"], [(PersonKind.EMAIL, "ann@example.org")])
    assert other(["1"], [(PersonKind.USERNAME, "pat"), (lms, "2")])


def test_what_happened_before_a_name_was_handed_on_is_of_who_had_it_then() -> None:
    lms = PersonKind.LMS_ID
    assert not _is_of_before([identifier(lms, "1")], record())
    assert _is_of_before([identifier(lms, "1"), identifier(lms, "1", NOW + SECOND)], record())
    assert not _is_of_before([identifier(lms, "1", NOW)], record())
    assert _is_of_before([identifier(lms, "1", NOW + SECOND)], record(at=None))
    assert not _is_of_before([identifier(lms, "1", NOW + SECOND)], record(at=NOW + 2 * SECOND))


def test_people_are_told_by_what_they_are_named() -> None:
    named = [PersonReference(PersonKind.LMS_ID, str(number)) for number in range(7)]
    assert _told(named[:2]) == "lms-id 0, lms-id 1"
    assert _told(named).count("lms-id") == 6
    assert _told([PersonReference(PersonKind.EMAIL, "a" * 90)]) == f"email {'a' * 80}"


def test_an_unknown_message_is_told_and_nothing_left_is_nothing_done(here: Service) -> None:
    with pytest.raises(NotFoundError, match="no such event"):
        find_message(here.services, "academy-lms", "none")
    assert settle_left(here.services, [], now=NOW) == 0
