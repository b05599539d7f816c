"""Of a message that is replayed in a sandbox nobody is to be known, and everything else is to stay."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from credserv.ground.errors import InputError
from credserv.sources.adapter import Message
from credserv.sources.adapters import ADAPTERS
from credserv.sources.pseudonyms import DOMAIN, Pseudonyms

HIDE = Pseudonyms(b"k" * 32)
GENERIC = {
    "type": "course.completed",
    "timestamp": "2026-11-21T09:00:00Z",
    "data": {
        "learner": {"email": "Pat@example.org", "did": "did:key:z6MkPat", "name": "Pat Doe"},
        "course": {"id": "course-v1:Example+MENTOR101+2026", "name": "Mentoring 101"},
        "result": {"score": 0.87, "passed": True},
    },
}


def hidden(message: Any, by: Pseudonyms = HIDE) -> Any:
    return json.loads(by.hide(json.dumps(message).encode()))


def test_of_the_generic_dialect_only_the_learner_changes() -> None:
    found = hidden(GENERIC)
    learner = found["data"].pop("learner")
    data = dict(GENERIC["data"])
    data.pop("learner")
    assert found == {**GENERIC, "data": data}
    assert learner["email"].endswith(f"@{DOMAIN}")
    assert learner["did"].startswith(f"did:web:{DOMAIN}:people:")
    assert learner["name"].startswith("Person ")


def test_the_same_person_is_the_same_in_every_message_and_in_no_other_sandbox() -> None:
    one, other = hidden({"email": "pat@example.org"}), hidden({"user": {"mbox": "mailto:PAT@example.org"}})
    assert other["user"]["mbox"] == f"mailto:{one['email']}"
    assert hidden({"email": "sam@example.org"}) != one
    assert hidden({"email": "pat@example.org"}, Pseudonyms(b"j" * 32)) != one


def test_nothing_that_names_somebody_is_left_in_a_statement() -> None:
    statement = {
        "id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "actor": {
            "objectType": "Agent",
            "name": "Pat Doe",
            "account": {"homePage": "https://lms.example", "name": "pdoe"},
            "mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9",
        },
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "completed"}},
        "object": {"id": "https://lms.example/course/1", "definition": {"name": {"en": "Mentoring 101"}}},
        "result": {"score": {"scaled": 0.9}, "response": "My boss Sam Roe says so"},
        "context": {"instructor": {"name": "Ines Structor", "mbox": "mailto:ines@example.org"}},
    }
    text = json.dumps(hidden(statement))
    for word in ("Pat", "pdoe", "ebd31e95", "Sam Roe", "Ines", "ines@"):
        assert word not in text
    for word in (
        "3f2504e0-4f89",
        "verbs/completed",
        "course/1",
        "Mentoring 101",
        "0.9",
        "https://lms.example",
    ):
        assert word in text


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"lis_person_name_full=Pat+Doe", b"name,email\nPat,pat@example.org"]
)
def test_what_cannot_be_searched_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        HIDE.hide(body)


def test_what_an_adapter_reads_of_it_is_the_same_but_for_the_person() -> None:
    body = json.dumps(GENERIC).encode()
    (before,) = ADAPTERS["generic"].read(Message(body), {}).observations
    (after,) = ADAPTERS["generic"].read(Message(HIDE.hide(body)), {}).observations
    assert replace(before, people=(), name=None, event_id="") == replace(
        after, people=(), name=None, event_id=""
    )
    assert {one.kind for one in before.people} == {one.kind for one in after.people}
    assert {one.value for one in before.people}.isdisjoint({one.value for one in after.people})
