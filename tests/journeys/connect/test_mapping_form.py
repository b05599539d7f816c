"""The rules of a source, changed by a form and without JSON, as somebody at the console would."""

from __future__ import annotations

import html
import json
import re

from tests.testkit.browsing import Person
from tests.testkit.service import SOURCE, Service

PAGE = f"/console/sources/{SOURCE}/rules"


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the rules on a page."""
    found = {}
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and re.search(r"-\d", name[1]):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+-\d+)">(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected>', options)
        found[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea[^>]* name="(raw-\d+)"[^>]*>(.*?)</textarea>', page, re.S):
        found[name] = html.unescape(text)
    return found


def rules(here: Service) -> list[dict[str, object]]:
    found = here.services.store.sources.get(SOURCE)
    assert found is not None
    return list(found.mapping["rules"])


def test_rules_are_added_changed_ordered_and_removed_without_json(sqlite_service: Service) -> None:
    before = rules(sqlite_service)
    owner = Person(sqlite_service).sign_in_to_console()
    page = owner.get(PAGE)
    answer = owner.submit(PAGE, **fields(page), do="save")
    assert answer.status_code == 303
    assert rules(sqlite_service) == before, "a form that is sent as it came changes nothing"

    page = owner.submit(PAGE, **fields(page), do="add", new="mentor-foundation").text
    at = len(before)
    typed = {**fields(page), f"course-{at}": "MENTOR-2*", f"percent-{at}": "62,5", f"value-{at}": "score"}
    assert typed[f"event-{at}"] == "course.completed"
    assert rules(sqlite_service) == before, "nothing counts before it is saved"
    description = re.search(rf'name="description-{at}">.*?<option value="(#[^"]+)"', page, re.S)[1]
    level = re.search(rf'name="(from-{at}{description}#[^"]+)"', page)[1]
    typed |= {f"description-{at}": description, level: "70"}
    page = owner.submit(PAGE, **typed, do=f"up-{at}").text
    assert fields(page)[f"course-{at - 1}"] == "MENTOR-2*"
    assert owner.submit(PAGE, **fields(page), do="save").status_code == 303
    assert rules(sqlite_service)[at - 1] == {
        "event": "course.completed",
        "course": "MENTOR-2*",
        "achievement": "mentor-foundation",
        "minimum_score": 0.625,
        "result": {
            "description": description,
            "value": "score",
            "levels": [{"from": 0.7, "level": "#" + level.rpartition("#")[2]}],
        },
    }
    page = owner.submit(PAGE, **fields(owner.get(PAGE)), do=f"remove-{at - 1}").text
    assert owner.submit(PAGE, **fields(page), do="save").status_code == 303
    assert rules(sqlite_service) == before


def test_what_is_wrong_is_told_at_its_rule_and_what_was_typed_stays(sqlite_service: Service) -> None:
    before = rules(sqlite_service)
    owner = Person(sqlite_service).sign_in_to_console()
    typed = {**fields(owner.get(PAGE)), "percent-0": "sixty"}
    answer = owner.submit(PAGE, **typed, do="save")
    assert (answer.status_code, 'value="sixty"' in answer.text) == (400, True)
    assert '<a href="#rule-0">Rule 1</a>: a number from 0 to 100' in answer.text
    answer = owner.submit(PAGE, **{**typed, "percent-0": "60", "course-0": ""}, do="check")
    assert answer.status_code == 400
    assert '<a href="#rule-0">Rule 1</a>' in answer.text
    course = "c" * 5_000
    answer = owner.submit(PAGE, **{**typed, "percent-0": "60", "course-0": course}, do="save")
    assert ("is longer than 500 characters" in answer.text, course in answer.text) == (True, True)
    assert rules(sqlite_service) == before


def test_a_message_is_tried_on_rules_that_are_not_saved(sqlite_service: Service) -> None:
    before = rules(sqlite_service)
    owner = Person(sqlite_service).sign_in_to_console()
    body, _ = sqlite_service.event(), None
    typed = {**fields(owner.get(PAGE)), "message": json.dumps(body)}
    page = owner.submit(PAGE, **typed, do="check").text
    assert "These rules can be saved. They are not saved yet." in page
    assert "Looked at by</dt><dd>mentor-foundation" in page
    elsewhere = owner.submit(PAGE, **{**typed, "course-0": "another course"}, do="check").text
    assert "Looked at by</dt><dd>mentor-foundation" not in elsewhere
    assert rules(sqlite_service) == before


def test_a_rule_that_no_field_says_stays_as_it_is(sqlite_service: Service) -> None:
    (rule, *_) = rules(sqlite_service)
    two = [{**rule, "result": [{"description": "#mastery", "value": "score"}]}]
    sqlite_service.services.store.sources.set_mapping(SOURCE, {"rules": two})
    owner = Person(sqlite_service).sign_in_to_console()
    page = owner.get(PAGE)
    assert "Says more than these fields can, as JSON" in page
    assert owner.submit(PAGE, **fields(page), do="save").status_code == 303
    assert rules(sqlite_service) == two
