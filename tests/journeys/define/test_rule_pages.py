"""The rule of an achievement by form, without a script: added, tried, saved, ended; and as JSON."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from credserv.journeys.define.rules import current_rule, set_rule
from credserv.records.observations import Kind
from credserv.records.roles import Role
from tests.testkit.browsing import Person
from tests.testkit.observed import add_member, add_source, observe
from tests.testkit.service import NOW, Service

KEY = "mentor-practitioner"
PAGE = f"/console/achievements/{KEY}/rule"


@pytest.fixture
def owner(sqlite_service: Service) -> Person:
    return Person(sqlite_service).sign_in_to_console()


def document(service: Service) -> Any:
    current = current_rule(service.services, KEY)
    return None if current is None else current.document


def types_on(text: str) -> list[str]:
    return re.findall(r'name="type-\d+" value="(\w+)"', text)


def test_a_rule_is_built_tried_and_saved_by_form(sqlite_service: Service, owner: Person) -> None:
    services = sqlite_service.services
    add_source(services, NOW, "lms")
    ann = add_member(services, "ann@example.org", NOW, "Ann")
    observe(services, "1", Kind.COMPLETED, "course", of=ann, at=NOW, source="lms")
    assert "What it takes" in owner.get(f"/console/achievements/{KEY}")
    assert types_on(owner.get(PAGE)) == []

    added = owner.submit(PAGE, do="add", new="done")
    assert types_on(added.text) == ["done"]
    filled = {
        "type-0": "done",
        "kind-0": "completed",
        "activity-0": "course",
        "name-0": "Safety",
        "source-0": "lms",
    }
    more = owner.submit(PAGE, **filled, do="add", new="word")
    assert types_on(more.text) == ["done", "word"]
    assert 'value="course"' in more.text
    fewer = owner.submit(PAGE, **filled, **{"type-1": "word", "role-1": "peer"}, do="remove-1")
    assert types_on(fewer.text) == ["done"]
    assert document(sqlite_service) is None  # none of this saved anything

    tried = owner.submit(PAGE, **filled, do="try").text
    assert ("Would issue" in tried, "Ann" in tried, document(sqlite_service)) == (True, True, None)
    word = {"type-1": "word", "role-1": "assessor", "level-1": "#proficient", "wanted": "all", "from-0": "60"}
    assert "Version 1 of the rule was saved" in owner.follow(owner.submit(PAGE, **filled, **word, do="save"))
    assert document(sqlite_service) == {
        "scales": [
            {
                "description": "#mastery",
                "levels": [
                    {"level": "#developing", "from": 0.6},
                    {"level": "#proficient"},
                    {"level": "#exemplary"},
                ],
            }
        ],
        "when": {
            "all": [
                {
                    "observed": {
                        "kind": "completed",
                        "activity": {"value": "course", "source": "lms", "name": "Safety"},
                    }
                },
                {"observed": {"kind": "observed", "by_role": "assessor", "level_at_least": "#proficient"}},
            ]
        },
    }
    again = owner.get(PAGE)
    assert types_on(again) == ["done", "word"]
    assert re.search(r'name="from-0" type="text" value="60"', again)
    owner.follow(owner.submit(f"{PAGE}/end", on=PAGE))
    assert document(sqlite_service) is None


def test_what_is_wrong_is_told_and_what_was_typed_stays(sqlite_service: Service, owner: Person) -> None:
    fields = {"type-0": "score", "activity-0": "quiz", "percent-0": "a lot", "do": "save"}
    answer = owner.submit(PAGE, **fields)
    assert (answer.status_code, 'value="a lot"' in answer.text) == (400, True)
    answer = owner.submit(PAGE, **{**fields, "percent-0": "800"})
    assert (answer.status_code, "80 per cent is 0.8" in answer.text) == (400, True)
    answer = owner.submit(PAGE, do="save")
    assert (answer.status_code, "at least one condition" in answer.text) == (400, True)
    answer = owner.submit(f"{PAGE}/json", on=PAGE, document='{"when": ', do="save")
    assert (answer.status_code, "{&#34;when&#34;: " in answer.text) == (400, True)
    assert document(sqlite_service) is None


def test_what_the_form_cannot_say_is_json_and_stays_as_it_is(sqlite_service: Service, owner: Person) -> None:
    nested = {"when": {"all": [{"any": [{"credential": {"achievement": "mentor-foundation"}}]}]}}
    assert "would get it" in owner.submit(f"{PAGE}/json", on=PAGE, document=json.dumps(nested), do="try").text
    owner.follow(owner.submit(f"{PAGE}/json", on=PAGE, document=json.dumps(nested), do="save"))
    text = owner.get(PAGE)
    assert "more than the form can" in text
    shown = re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)
    assert shown is not None
    assert json.loads(html.unescape(shown[1])) == nested == document(sqlite_service)


def test_who_may_only_look_sees_the_rule_and_no_button(sqlite_service: Service, owner: Person) -> None:
    rule = {"when": {"all": [{"observed": {"kind": "completed", "activity": "<b>course"}}]}}
    set_rule(sqlite_service.services, KEY, rule, actor="test", now=NOW)
    text = Person(sqlite_service).sign_in_as(Role.ISSUER).get(PAGE)
    assert ("&lt;b&gt;course" in text, "<b>course" in text, 'value="save"' in text) == (True, False, False)
