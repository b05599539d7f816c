"""Rules: set in versions, checked against what there is, and found by what they look at."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import NotFoundError, SchemaFaultsError
from credserv.journeys.award.rules import current_rules, rule_as_of
from credserv.journeys.define.rules import (
    current_rule,
    end_rule,
    rule_history,
    rule_version,
    set_rule,
)
from credserv.records.observations import Kind
from credserv.records.rules import RuleVersion
from tests.testkit.service import NOW, Service
from tests.unit.mastery.samples import fact

KEY = "mentor-practitioner"
LEAF = {"observed": {"kind": "completed", "activity": "course"}}
RULE = {
    "award": "per-validity",
    "scales": [{"description": "#mastery", "levels": [{"level": "#developing"}, {"level": "#proficient"}]}],
    "when": {"all": [{"credential": {"achievement": "mentor-foundation"}}, LEAF]},
}


def put(service: Service, document: dict[str, Any] = RULE, key: str = KEY) -> tuple[RuleVersion, bool]:
    return set_rule(service.services, key, document, actor="console", now=NOW)


def test_a_rule_is_kept_in_versions_with_a_line_for_each(sqlite_service: Service) -> None:
    first, created = put(sqlite_service)
    assert ((first.version, first.document), created) == ((1, RULE), True)
    assert put(sqlite_service, dict(reversed(RULE.items()))) == (first, False)  # the same, written otherwise
    second, _ = put(sqlite_service, {"when": LEAF})
    services = sqlite_service.services
    assert current_rule(services, KEY) == second
    assert end_rule(services, KEY, actor="cli", now=NOW)
    assert (current_rule(services, KEY), end_rule(services, KEY, actor="cli", now=NOW)) == (None, False)
    fourth, _ = put(sqlite_service)
    assert [version.version for version in rule_history(services, KEY)] == [4, 3, 2, 1]
    assert rule_version(services, KEY, 1) == first
    trail = services.store.audit
    said = [(line.actor, line.action) for at in (1, 2, 3, 4) for line in trail.of_subject(f"{KEY}/rule/{at}")]
    assert said == [("console", "rule.set")] * 2 + [("cli", "rule.ended"), ("console", "rule.set")]
    assert fourth.sha256 == first.sha256


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ({"when": {"n_of": {"n": 2, "of": [LEAF]}}}, ["/when/n_of/n"]),
        ({"award": "once", "when": LEAF}, ["/award"]),
        ({"when": {"credential": {"achievement": "nobody-s"}}}, ["/when/credential"]),
        ({"when": {"observed": {**LEAF["observed"], "description": "#x"}}}, ["/when/observed"]),
        ({"when": {"observed": {"kind": "passed", "activity": {"value": "1", "source": "x"}}}}, ["/when"]),
        ({**RULE, "scales": [{"description": "#x", "levels": [{"level": "#a"}]}]}, ["/scales/0"]),
        (
            {
                **RULE,
                "scales": [
                    {
                        "description": "#mastery",
                        "levels": [{"level": "#proficient"}, {"level": "#developing"}, {"level": "#x"}],
                    }
                ],
            },
            ["/scales/0", "/scales/0"],
        ),
    ],
)
def test_what_is_not_there_is_told_with_its_place(
    sqlite_service: Service, document: dict[str, Any], places: list[str]
) -> None:
    with pytest.raises(SchemaFaultsError) as caught:
        put(sqlite_service, document)
    assert [fault.place for fault in caught.value.faults] == places
    assert current_rule(sqlite_service.services, KEY) is None


def test_a_rule_is_of_an_achievement_and_of_a_version(sqlite_service: Service) -> None:
    with pytest.raises(NotFoundError):
        put(sqlite_service, key="nobody-s")
    with pytest.raises(NotFoundError):
        rule_version(sqlite_service.services, KEY, 1)


def test_rules_are_found_by_what_they_look_at_as_soon_as_they_are_set(sqlite_service: Service) -> None:
    services = sqlite_service.services
    seen = fact("1", Kind.COMPLETED)
    assert current_rules(services).touching(seen) == ()
    put(sqlite_service)
    (found,) = current_rules(services).touching(seen)
    assert (found.rule.achievement, found.version) == (KEY, 1)
    assert current_rules(services) is current_rules(services)  # read once
    put(sqlite_service, {"when": {"observed": {"kind": "passed", "activity": "other"}}})
    assert current_rules(services).touching(seen) == ()
    end_rule(services, KEY, actor="cli", now=NOW + timedelta(days=1))
    assert current_rules(services).rules == {}
    assert rule_as_of(services, KEY, 1) == found.rule
    assert (rule_as_of(services, KEY, 3), rule_as_of(services, KEY, 9)) == (None, None)


def test_of_two_who_set_a_rule_at_once_each_gets_a_version(service: Service) -> None:
    documents = [{"when": {"observed": {"kind": "passed", "activity": str(one)}}} for one in range(6)]
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda document=document: found.append(put(service, document)[0].version))  # type: ignore[misc]
        for document in documents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [1, 2, 3, 4, 5, 6]


def test_the_form_of_a_rule_is_published(sqlite_service: Service) -> None:
    answer = sqlite_service.client().get("/schemas/mastery-rule.json")
    carried = default_schemas_dir() / "credserv" / "mastery-rule.json"
    assert (answer.status_code, answer.mimetype) == (200, "application/schema+json")
    assert answer.data == carried.read_bytes()
