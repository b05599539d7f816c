"""LTI 1.3: launches, members and results say who, and how well, and nothing that is not there."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.ground.errors import InputError
from credserv.records.observations import ActivityKind, Kind, Observation, PersonKind, PersonReference
from credserv.sources.adapter import Message, Outcome, Reading
from credserv.sources.adapters import ADAPTERS
from credserv.sources.lti.reading import CLAIM
from tests.testkit.shared import shared_path

LTI = ADAPTERS["lti"]
ISSUER = "https://lms.example.org"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "client-7",
    "sub": "a6d5c443",
    "nonce": "n-1",
    "iat": 1795600000,
    CLAIM + "message_type": "LtiResourceLinkRequest",
    CLAIM + "deployment_id": "2",
    CLAIM + "lis": {"person_sourcedid": "E-4711"},
    CLAIM + "context": {
        "id": "3",
        "title": "Mentoring",
        "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
    },
    CLAIM + "ext": {"user_username": "pat"},
    "email": "pat@example.org",
    "name": "Pat Doe",
}
MEMBERS: dict[str, Any] = {
    "id": "https://lms.example.org/members",
    "context": {"id": "3", "label": "M"},
    "members": [
        {"user_id": "a6d5c443", "status": "Active", "email": "pat@example.org", "roles": ["Learner"]},
        {"user_id": "b7", "lis_person_sourcedid": "", "ext_user_username": "sam", "name": "Sam"},
        {"email": "nobody@example.org"},
    ],
}
RESULTS: list[dict[str, Any]] = [
    {
        "id": "https://lms.example.org/items/1/results/5",
        "scoreOf": "https://lms.example.org/items/1",
        "userId": "a6d5c443",
        "resultScore": 0.83,
        "resultMaximum": 1,
        "scoringUserId": "t9",
        "comment": "Well done",
    },
    {"id": "https://lms.example.org/items/1/results/6", "userId": "b7", "resultMaximum": 1},
]


def read(value: Any, **options: Any) -> Reading:
    return LTI.read(Message(json.dumps(value).encode()), options)


def only(value: Any, **options: Any) -> Observation:
    (found,) = read(value, **options).observations
    return found


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def test_a_launch_says_who_somebody_is() -> None:
    found = only(CLAIMS)
    assert found.kind is Kind.IDENTITY
    assert found.people == (
        PersonReference(PersonKind.OIDC, "a6d5c443", ISSUER),
        PersonReference(PersonKind.SIS_ID, "E-4711"),
        PersonReference(PersonKind.USERNAME, "pat"),
        PersonReference(PersonKind.EMAIL, "pat@example.org"),
    )
    assert [(one.kind, one.value, one.name) for one in found.activities] == [
        (ActivityKind.COURSE, "3", "Mentoring")
    ]
    assert found.occurred_at is not None
    assert found.occurred_at.isoformat() == "2026-11-25T09:46:40+00:00"
    assert (found.raw, found.success, found.completion, found.name) == (None, None, None, "Pat Doe")


def test_the_sample_launch_of_moodle() -> None:
    message = Message(shared_path("payloads/lti/moodle-resource-link.claims.json").read_bytes())
    (found,) = LTI.read(message, {}).observations
    assert [(one.kind, one.value, one.home) for one in found.people] == [
        (PersonKind.OIDC, "2", "https://moodle.example.org"),
        (PersonKind.USERNAME, "sam@example.org", None),  # a username that looks like an address is a username
        (PersonKind.EMAIL, "sam@example.org", None),
    ]
    assert [(one.kind, one.value) for one in found.activities] == [(ActivityKind.COURSE, "3")]


@pytest.mark.parametrize("name", ["email", "name", CLAIM + "lis", CLAIM + "ext", CLAIM + "context", "iat"])
def test_what_a_platform_does_not_share_is_not_there(name: str) -> None:
    found = only(without(name))
    assert set(found.people) < set(only(CLAIMS).people) or name in ("name", "iat", CLAIM + "context")
    assert not (name == "name" and found.name)
    assert not (name == "iat" and found.occurred_at)
    assert not (name.endswith("context") and found.activities)


def test_a_launch_of_nobody_is_nobodys() -> None:
    anonymous = {name: CLAIMS[name] for name in ("iss", "aud", CLAIM + "message_type")}
    reading = read(anonymous)
    assert reading.observations == ()
    assert reading.unread


def test_a_token_is_read_like_its_claims() -> None:
    payload = base64.urlsafe_b64encode(json.dumps(CLAIMS).encode()).rstrip(b"=")
    token = b"eyJhbGciOiJSUzI1NiJ9." + payload + b".c2ln"
    assert LTI.read(Message(token), {}).observations == (only(CLAIMS),)
    assert LTI.read(Message(b"state=x&id_token=" + token), {}).observations == (only(CLAIMS),)
    assert only({"header": {}, "claims": CLAIMS}) == only(CLAIMS)


def test_members_are_people_by_the_names_of_their_platform() -> None:
    reading = read(MEMBERS, issuer=ISSUER)
    pat, sam = reading.observations
    assert pat.people == (
        PersonReference(PersonKind.OIDC, "a6d5c443", ISSUER),
        PersonReference(PersonKind.EMAIL, "pat@example.org"),
    )
    assert sam.people == (
        PersonReference(PersonKind.OIDC, "b7", ISSUER),
        PersonReference(PersonKind.USERNAME, "sam"),
    )
    assert {one.kind for one in reading.observations} == {Kind.IDENTITY}
    assert reading.unread  # the third has no user_id
    assert read(MEMBERS, issuer=ISSUER).observations == reading.observations


def test_results_are_grades_and_one_without_a_score_is_none() -> None:
    found = only(RESULTS, issuer=ISSUER)
    assert (found.kind, found.raw, found.max, found.scaled) == (
        Kind.GRADED,
        Decimal("0.83"),
        Decimal(1),
        None,
    )
    assert found.people == (PersonReference(PersonKind.OIDC, "a6d5c443", ISSUER),)
    assert found.asserted_by == PersonReference(PersonKind.OIDC, "t9", ISSUER)
    assert found.activities[0].value == "https://lms.example.org/items/1"
    changed = only([RESULTS[0] | {"resultScore": 0.84}], issuer=ISSUER)
    assert changed.event_id != found.event_id
    assert only([RESULTS[0] | {"comment": "Corrected"}], issuer=ISSUER).event_id == found.event_id


def test_a_score_that_is_not_final_is_progress() -> None:
    score = {"userId": "a", "scoreGiven": 5, "scoreMaximum": 4, "timestamp": "2026-03-14T09:26:53Z"}
    assert only(score | {"gradingProgress": "Pending"}).kind is Kind.PROGRESS
    final = only(score | {"gradingProgress": "FullyGraded"})
    assert final.kind is Kind.GRADED
    assert final.flags
    assert final.occurred_at is not None


@pytest.mark.parametrize("body", [b"{", b"7", b"[1]", b"{}", b"null", b'{"members": 7}', b"id_token=abc"])
def test_what_is_no_lti_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        LTI.read(Message(body), {})


def test_what_is_answered() -> None:
    message = Message(json.dumps(CLAIMS).encode())
    assert LTI.answer(message, read(CLAIMS), Outcome.TAKEN).status == 200
    assert LTI.answer(message, None, Outcome.UNREADABLE).status == 400


@given(
    st.dictionaries(
        st.sampled_from(
            ["sub", "email", "name", "iat", "nonce", "iss", CLAIM + "lis", CLAIM + "ext", CLAIM + "context"]
        ),
        st.sampled_from([None, "", " ", [], {}, 0, True, {"person_sourcedid": ""}, {"id": None}]),
    )
)
def test_nothing_missing_becomes_a_person(changes: dict[str, Any]) -> None:
    values = {one.value for one in only(CLAIMS).people}
    for found in read(CLAIMS | changes).observations:
        assert {one.value for one in found.people} <= values
        assert (found.raw, found.success, found.completion) == (None, None, None)
