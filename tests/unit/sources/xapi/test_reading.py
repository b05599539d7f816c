"""Statements to observations: who is the learner, what is said, and nothing beyond it."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.records.observations import ActivityKind, Kind, Observation, PersonKind, PersonReference
from credserv.sources.adapter import Message, Outcome, Reading
from credserv.sources.adapters import ADAPTERS
from tests.testkit.shared import shared_path
from tests.testkit.xapi_statements import ACCOUNT, AGENT, BROKEN, FULL, GONE, GROUP, SOUND, changed

XAPI = ADAPTERS["xapi"]
HOME = "https://lms.example.org"
PAT = PersonReference(PersonKind.EMAIL, "pat@example.org")
ADL = "http://adlnet.gov/expapi/verbs/"


def read(value: Any, **options: Any) -> Reading:
    return XAPI.read(Message(json.dumps(value).encode()), options)


def only(value: Any, **options: Any) -> Observation:
    (found,) = read(value, **options).observations
    return found


def simple(verb: str, result: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    statement = {
        "actor": AGENT,
        "verb": {"id": verb if ":" in verb else ADL + verb},
        "object": {"id": "https://lms.example.org/quiz/1"},
        "timestamp": "2026-03-14T09:26:53Z",
    }
    return statement | ({} if result is None else {"result": result}) | members


def payload(name: str) -> Reading:
    return XAPI.read(Message(shared_path(f"payloads/{name}").read_bytes()), {})


# --- what the sample files say ------------------------------------------------------------------------


def sample_files() -> list[Path]:
    folders = [shared_path("payloads/xapi"), shared_path("payloads/cmi5")]
    return [path for folder in folders for path in sorted(folder.iterdir())]


def test_every_sample_is_taken_without_a_fault_and_answered_with_its_ids() -> None:
    files = sample_files()
    assert files
    for path in files:
        message = Message(path.read_bytes())
        reading = XAPI.read(message, {})
        assert reading.unread == (), path.name
        sent = json.loads(message.body)
        answer = XAPI.answer(message, reading, Outcome.TAKEN)
        assert answer.status == 200
        assert isinstance(answer.body, list)
        assert len(answer.body) == (len(sent) if isinstance(sent, list) else 1)


@pytest.mark.parametrize(
    ("name", "kind", "person", "activity"),
    [
        (
            "cmi5/au-passed.GENERATED",
            Kind.PASSED,
            "1625378",
            (ActivityKind.AU, "https://lms.example.org/au/4711"),
        ),
        (
            "xapi/moodle-badge_awarded.statements",
            Kind.COMPLETED,
            "1",
            (ActivityKind.BADGE, "http://www.example.org/badges/overview.php?id=1"),
        ),
        (
            "xapi/moodle-core-badge_revoked-user_forfeited_badge.statements",
            Kind.REVOKED,
            "2",
            (ActivityKind.BADGE, "http://www.example.org/badges/overview.php?id=1"),
        ),
        (
            "xapi/moodle-core-course_module_completion_update-uncompleting_existing_module.statements",
            Kind.UNCOMPLETED,
            "1",
            (ActivityKind.ACTIVITY, "http://www.example.org/mod/book/view.php?id=1"),
        ),
        (
            "xapi/moodle-course_completed.statements",
            Kind.COMPLETED,
            "1",
            (ActivityKind.COURSE, "http://www.example.org/course/view.php?id=2"),
        ),
        (
            "xapi/openedx-edx.course.grade.now_failed",
            Kind.FAILED,
            "32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb",
            (ActivityKind.COURSE, "http://localhost:18000/course/course-v1:edX+DemoX+Demo_Course"),
        ),
    ],
)
def test_samples(name: str, kind: Kind, person: str, activity: tuple[ActivityKind, str]) -> None:
    (found,) = payload(f"{name}.json").observations
    assert found.kind is kind
    assert [(one.kind, one.value) for one in found.people] == [(PersonKind.ACCOUNT, person)]
    assert (found.activities[0].kind, found.activities[0].value) == activity


@pytest.mark.parametrize(
    "name",
    [
        "moodle-core-user_created-existing_user_created",
        "moodle-core-user_enrolment_created-existing_user_enrolled",
    ],
)
def test_samples_that_say_nothing_of_what_anybody_can_do(name: str) -> None:
    assert payload(f"xapi/{name}.statements.json").observations == ()


def test_an_awarder_or_revoker_says_it_and_is_not_the_learner() -> None:
    (given_,) = payload("xapi/moodle-badge_awarded.statements.json").observations
    assert given_.asserted_by == PersonReference(PersonKind.ACCOUNT, "2", "http://www.example.org")


def test_a_quiz_attempt_is_one_at_its_quiz_and_never_at_the_course_it_lies_in() -> None:
    attempt, answered = payload("xapi/moodle-mod_quiz-attempt_submitted-essay-statements.json").observations
    assert attempt.activities[0].value == "http://www.example.org/mod/quiz/view.php?id=1"
    assert attempt.activities[-1].kind is ActivityKind.COURSE
    assert attempt.attempt == "http://www.example.org/mod/quiz/attempt.php?attempt=1&cmid=1"
    assert answered.kind is Kind.PROGRESS
    assert (answered.raw, answered.success) == (None, None)


# --- verbs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "result", "kind"),
    [
        ("passed", None, Kind.PASSED),
        ("https://adlnet.gov/expapi/verbs/passed", None, Kind.PASSED),
        ("failed", None, Kind.FAILED),
        ("completed", None, Kind.COMPLETED),
        ("completed", {"success": False}, Kind.COMPLETED),
        ("mastered", None, Kind.MASTERED),
        ("https://w3id.org/xapi/adl/verbs/satisfied", None, Kind.MASTERED),
        ("https://w3id.org/xapi/adl/verbs/waived", {"completion": True}, Kind.COMPLETED),
        ("scored", {"score": {"raw": 4}}, Kind.GRADED),
        ("answered", {"success": True}, Kind.GRADED),
        ("attempted", {"score": {"raw": 4}}, Kind.GRADED),
        ("attempted", None, None),
        ("initialized", None, None),
        ("terminated", {"duration": "PT1S"}, None),
        ("progressed", {"completion": True}, Kind.PROGRESS),
        ("experienced", {"completion": True}, Kind.PROGRESS),
        ("http://id.tincanapi.com/verb/earned", {"score": {"scaled": 0.2}}, Kind.GRADED),
        ("http://id.tincanapi.com/verb/earned", None, Kind.COMPLETED),
        ("https://w3id.org/xapi/tla/verbs/achieved", None, Kind.COMPLETED),
        ("https://w3id.org/xapi/tla/verbs/forfeited", None, Kind.REVOKED),
        ("https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted", None, Kind.UNCOMPLETED),
        ("https://example.org/of-my-own/passed", None, None),
        ("https://example.org/of-my-own/passed", {"score": {"raw": 1}}, Kind.GRADED),
        # An edit of settings, also where completions are what is set.
        ("http://curatr3.com/define/verb/edited", None, None),
        ("http://curatr3.com/define/verb/edited", {"completion": True, "success": True}, None),
        ("https://xapi.edlm/profiles/edlm-lms/concepts/verbs/edited", {"completion": True}, None),
        # The verb says more than the result does.
        ("passed", {"success": False}, Kind.GRADED),
        ("completed", {"completion": False}, Kind.PROGRESS),
    ],
)
def test_verbs(verb: str, result: dict[str, Any] | None, kind: Kind | None) -> None:
    found = read(simple(verb, result)).observations
    assert [one.kind for one in found] == ([] if kind is None else [kind])


def test_a_verdict_that_contradicts_its_verb_is_flagged() -> None:
    assert only(simple("passed", {"success": False})).flags
    assert only(simple("failed", {"success": True})).flags


def test_a_voided_statement_is_superseded_and_its_voider_is_no_learner() -> None:
    target = "7CCD3322-e1a5-411a-a67d-6a735c76f119"
    found = only(simple("voided", object={"objectType": "StatementRef", "id": target}))
    assert (found.supersedes, found.people, found.asserted_by) == (target.lower(), (), PAT)
    assert found.kind is Kind.REVOKED


@pytest.mark.parametrize(
    "thing",
    [
        {"objectType": "Agent", "mbox": "mailto:sam@example.org"},
        {"objectType": "StatementRef", "id": FULL["id"]},
        {
            "objectType": "SubStatement",
            "actor": AGENT,
            "verb": {"id": ADL + "passed"},
            "object": {"id": "https://lms.example.org/quiz/1"},
        },
    ],
)
def test_what_is_done_to_no_activity_is_no_achievement(thing: dict[str, Any]) -> None:
    assert read(simple("passed", object=thing)).observations == ()


# --- who -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actor", "people"),
    [
        (AGENT, [PAT]),
        (ACCOUNT, [PersonReference(PersonKind.ACCOUNT, "1625378", HOME)]),
        (
            {"openid": "https://pat.example.org/"},
            [PersonReference(PersonKind.OPENID, "https://pat.example.org/")],
        ),
        ({"mbox_sha1sum": "AB" * 20}, [PersonReference(PersonKind.MBOX_SHA1SUM, "ab" * 20)]),
    ],
)
def test_the_learner_is_the_actor(actor: dict[str, Any], people: list[PersonReference]) -> None:
    sam = {"mbox": "mailto:sam@example.org"}
    others = {"authority": sam, "context": {"instructor": sam, "team": GROUP}}
    assert list(only(simple("passed", actor=actor, **others)).people) == people


@pytest.mark.parametrize("actor", [GROUP, {"objectType": "Group", "mbox": "mailto:team@example.org"}])
def test_a_group_is_nobody(actor: dict[str, Any]) -> None:
    reading = read(simple("passed", actor=actor))
    assert reading.observations == ()
    assert [one.place for one in reading.passed_over] == ["/actor"]


@pytest.mark.parametrize("kind", ["username", "lms-id", "email"])
def test_moodle_names_accounts_by_one_of_its_settings(kind: str) -> None:
    found = only(simple("completed", actor=ACCOUNT), fields={"account": kind})
    assert found.people[1] == PersonReference(PersonKind(kind), "1625378")


def test_moodle_with_addresses_writes_its_object_type_as_a_list() -> None:
    """logstore_xapi sets `['Agent']` where its form says to send e-mail addresses."""
    reading = read(simple("completed", actor=AGENT | {"objectType": ["Agent"]}))
    assert [one.people for one in reading.observations] == [(PAT,)]
    assert [one.place for one in reading.unread] == ["/actor/objectType"]


@pytest.mark.parametrize("place", ["context", "object", "result"])
@pytest.mark.parametrize(
    ("verb", "kind"), [("created", Kind.COMPLETED), ("revoked", Kind.REVOKED), ("viewed", None)]
)
def test_the_recipient_of_a_brightspace_award_is_not_its_actor(
    place: str, verb: str, kind: Kind | None
) -> None:
    extensions = {"https://brightspace.example/xapi/issuedUserId": 4711}
    statement = simple(f"http://activitystrea.ms/schema/1.0/{verb}")
    if place == "object":
        statement["object"]["definition"] = {"extensions": extensions}
    else:
        statement[place] = {"extensions": extensions}
    found = read(statement).observations
    assert [(one.kind, one.people, one.asserted_by, one.name) for one in found] == (
        [] if kind is None else [(kind, (PersonReference(PersonKind.LMS_ID, "4711"),), PAT, None)]
    )
    assert all(one.activities[0].kind is ActivityKind.BADGE for one in found)


@pytest.mark.parametrize(
    "extensions",
    [
        {"https://brightspace.example/xapi/award": {"issuedUserId": "4711", "awardId": 9}},
        {"urn:x:issued-user-id": "4711", "urn:x:award_id": "9"},
    ],
)
def test_the_recipient_may_stand_inside_an_extension(extensions: dict[str, Any]) -> None:
    statement = simple("https://example.org/verbs/created", context={"extensions": extensions})
    found = only(statement)
    assert found.people == (PersonReference(PersonKind.LMS_ID, "4711"),)
    assert (found.activities[0].kind, found.activities[0].value) == (ActivityKind.BADGE, "9")


@pytest.mark.parametrize("value", [None, "", True, [4711], {}])
def test_an_award_without_a_recipient_is_nobodys(value: object) -> None:
    extensions = {"https://brightspace.example/xapi/issuedUserId": value}
    statement = simple("https://example.org/verbs/created", context={"extensions": extensions})
    assert read(statement).observations == ()


# --- how well --------------------------------------------------------------------------------------------


def test_numbers_are_kept_digit_by_digit() -> None:
    body = json.dumps(simple("scored", {"score": {"scaled": 0.5}})).replace(
        "0.5", "0.12345678901234567890123"
    )
    (found,) = XAPI.read(Message(body.encode()), {}).observations
    assert found.scaled == Decimal("0.12345678901234567890123")


def test_a_success_out_of_no_points_has_no_scaled_score() -> None:
    found = only(simple("attempted", {"score": {"scaled": 0, "raw": 0, "min": 0, "max": 0}, "success": True}))
    assert (found.scaled, found.raw, found.max, found.success) == (None, Decimal(0), Decimal(0), True)
    assert found.flags


def test_more_points_than_there_are_stay_and_are_flagged() -> None:
    reading = read(simple("scored", {"score": {"raw": 5, "max": 1}}))
    (found,) = reading.observations
    assert (found.raw, found.max) == (Decimal(5), Decimal(1))
    assert found.flags
    assert [one.place for one in reading.unread] == ["/result/score/raw"]


def test_times_are_kept_and_odd_ones_flagged() -> None:
    assert only(simple("passed", timestamp="1999-12-31T23:59:59Z")).flags
    assert only(simple("passed", timestamp="2026-03-14T09:26:53")).flags
    later = only(simple("passed", timestamp="2126-03-14T09:26:53Z"))
    assert later.occurred_at is not None
    assert later.occurred_at.year == 2126
    untimed = simple("passed")
    del untimed["timestamp"]
    assert only(untimed).occurred_at is None


# --- which is the same ------------------------------------------------------------------------------------


def unnamed() -> list[dict[str, Any]]:
    return [simple("passed", {"score": {"raw": points}}) for points in (90, 80.5)]


def test_a_statement_without_an_id_is_the_same_however_it_is_sent_again() -> None:
    first = [one.event_id for one in read(unnamed()).observations]
    assert len(set(first)) == 2
    again = json.loads(json.dumps(unnamed()).replace("90", "90.0").replace("53Z", "53.000+00:00"))
    again = [dict(reversed(one.items())) for one in again]
    for statement in again:
        statement["actor"] = statement["actor"] | {"name": "Pat Married"}
    assert [only(one).event_id for one in again] == first  # split otherwise, too
    assert XAPI.answer(Message(json.dumps(again).encode()), None, Outcome.TAKEN).status == 400
    message = Message(json.dumps(again).encode())
    assert XAPI.answer(message, XAPI.read(message, {}), Outcome.REPEATED).body == first


@pytest.mark.parametrize(
    "change",
    [
        ("/actor/mbox", "mailto:sam@example.org"),
        ("/verb/id", ADL + "failed"),
        ("/object/id", "https://lms.example.org/quiz/2"),
        ("/timestamp", "2026-03-14T09:26:54Z"),
        ("/result/score/raw", 91),
    ],
)
def test_a_statement_that_says_something_else_is_another(change: tuple[str, Any]) -> None:
    one = unnamed()[0]
    assert only(changed(*change, one)).event_id != only(one).event_id


# --- good ones among bad ones -------------------------------------------------------------------------------


def test_a_bad_statement_among_good_ones_is_told_and_the_good_are_read() -> None:
    reading = read([simple("passed"), changed("/actor/mbox", "pat", simple("passed")), simple("failed")])
    assert [one.kind for one in reading.observations] == [Kind.PASSED, Kind.FAILED]
    assert [one.place for one in reading.unread] == ["/1/actor/mbox"]


def test_a_fault_beside_what_is_said_is_told_and_the_statement_read() -> None:
    reading = read(changed("/context/language", "en_US"))
    assert [one.place for one in reading.unread] == ["/context/language"]
    assert [one.kind for one in reading.observations] == [Kind.PASSED]


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b"7", b'{"actor": {}, "object": {}}', b'{"type": "course.completed"}']
)
def test_what_is_no_xapi_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        XAPI.read(Message(body), {})


def test_what_a_conflicting_or_unreadable_message_is_answered() -> None:
    message = Message(json.dumps(simple("passed")).encode())
    assert XAPI.answer(message, XAPI.read(message, {}), Outcome.CONFLICT).status == 409
    assert XAPI.answer(Message(b"{"), None, Outcome.UNREADABLE).status == 400


# --- nothing is made of nothing ---------------------------------------------------------------------


def said(observation: Observation) -> set[str]:
    """The numbers, truths and people of an observation, as texts."""
    numbers = [(name, getattr(observation, name)) for name in ("raw", "min", "max", "scaled")]
    truths = [(name, getattr(observation, name)) for name in ("success", "completion")]
    people = [(one.kind, one.value) for one in observation.people]
    return {str((name, value)) for name, value in [*numbers, *truths] if value is not None} | {
        str(one) for one in people
    }


def places(value: Any, base: str = "") -> list[str]:
    if isinstance(value, dict):
        return [f"{base}/{name}" for name in value if "/" not in name] + [
            place
            for name, item in value.items()
            if "/" not in name
            for place in places(item, f"{base}/{name}")
        ]
    return []


@given(
    st.sets(st.sampled_from(places(FULL)), max_size=6),
    st.sampled_from([GONE, None, "", {}, [], "0", True, 0]),
)
def test_nothing_missing_becomes_a_number_a_truth_or_a_person(taken: set[str], instead: Any) -> None:
    made = FULL
    for place in sorted(taken, key=len, reverse=True):
        if instead in (True, 0) and place.rpartition("/")[2] in (
            "success",
            "completion",
            "raw",
            "min",
            "max",
            "scaled",
        ):
            continue  # there it would be said
        made = changed(place, instead, made)
    try:
        reading = read(made)
    except InputError:
        return
    for observation in reading.observations:
        assert said(observation) <= said(only(FULL))


@given(st.sampled_from([*SOUND, *BROKEN]), st.randoms(use_true_random=False))
def test_reading_never_raises_anything_but_an_input_error(name: str, chance: random.Random) -> None:
    where, value = (SOUND | BROKEN)[name]
    made = changed(where, value)
    members = list(made.items())
    chance.shuffle(members)
    reading = read([dict(members), FULL])
    assert reading.observations[-1] == only(FULL)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({}, ""),
        (
            {
                "lenient": True,
                "fields": {"account": "lms-id"},
                "origins": ["https://player.example.org:8443"],
            },
            "",
        ),
        ({"lenient": "yes"}, "/lenient"),
        ({"fields": {"account": "account"}}, "/fields/account"),
        ({"fields": {"actor": "lms-id"}}, "/fields/actor"),
        ({"origins": "https://player.example.org"}, "/origins"),
        ({"origins": ["https://player.example.org/"]}, "/origins"),
        ({"origins": ["*"]}, "/origins"),
        ({"origins": ["http://player.example.org"]}, "/origins"),
    ],
)
def test_options_are_checked_when_they_are_saved(options: dict[str, Any], place: str) -> None:
    if not place:
        XAPI.require_options(options)
        return
    with pytest.raises(SchemaFaultsError) as caught:
        XAPI.require_options(options)
    assert [fault.place for fault in caught.value.faults] == [place]
