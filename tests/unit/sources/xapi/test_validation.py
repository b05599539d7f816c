"""The standard's rules for a statement: sound ones are taken, broken ones told with the place."""

from __future__ import annotations

import pytest

from credserv.sources.xapi.data_types import has_zone, is_duration, is_language, read_timestamp
from credserv.sources.xapi.validation import find_faults
from tests.testkit.xapi_statements import ACCOUNT, AGENT, BROKEN, FULL, GROUP, SOUND, changed

TOLD_AT = {"voiding an activity": "/object", "platform of an agent": "/context/platform"}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_statement_has_no_fault(name: str) -> None:
    assert find_faults(changed(*SOUND[name])) == ()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_statement_is_told_at_its_place(name: str) -> None:
    where, _ = BROKEN[name]
    places = [fault.place for fault in find_faults(changed(*BROKEN[name]))]
    assert places
    assert any(place.startswith(TOLD_AT.get(name, where.rpartition("/")[0])) for place in places)


@pytest.mark.parametrize("what", [None, 7, "text", [], True])
def test_what_is_no_object_is_one_fault(what: object) -> None:
    assert [fault.place for fault in find_faults(what)] == [""]


def test_every_fault_is_told_at_once() -> None:
    broken = changed("/result/success", "yes", changed("/actor/mbox", "pat", changed("/verb/id", "passed")))
    assert {fault.place for fault in find_faults(broken)} == {"/verb/id", "/actor/mbox", "/result/success"}


def test_agents_in_the_context_are_of_version_2() -> None:
    both = changed("/context/contextAgents", [{"objectType": "contextAgent", "agent": ACCOUNT}])
    both["context"]["contextGroups"] = [
        {"objectType": "contextGroup", "group": GROUP, "relevantTypes": ["https://example.org/mentor"]}
    ]
    assert find_faults(both) == ()
    assert find_faults(both, version="2.0.0") == ()
    assert {fault.place for fault in find_faults(both, version="1.0.3")} == {
        "/context/contextAgents",
        "/context/contextGroups",
    }
    wrong = changed("/context/contextAgents", [{"objectType": "Agent", "agent": AGENT}])
    assert [fault.place for fault in find_faults(wrong)] == ["/context/contextAgents/0/objectType"]


def test_a_planned_statement_within_is_held_to_the_same_rules() -> None:
    within = {key: FULL[key] for key in ("actor", "verb", "object", "result")} | {
        "objectType": "SubStatement"
    }
    assert find_faults(changed("/object", within, changed("/context", {}))) == ()
    broken = changed(
        "/object", within | {"id": FULL["id"], "result": {"success": 1}}, changed("/context", {})
    )
    assert {fault.place for fault in find_faults(broken)} == {"/object/id", "/object/result/success"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-03-14T09:26:53Z", "2026-03-14T09:26:53+00:00"),
        ("2026-03-14T09:26:53.5899999999+01:00", "2026-03-14T08:26:53.589999+00:00"),
        ("2026-03-14t09:26:53-0530", "2026-03-14T14:56:53+00:00"),
        ("2026-03-14T09:26", "2026-03-14T09:26:00+00:00"),
        ("2026-03-14T09:26:53-00", None),
        ("2026-03-14T09:26:53-0000", None),
        ("2026-03-14T09:26:53+15:00", None),
        ("2026-03-14", None),
        ("2026-02-29T09:26:53Z", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("", None),
    ],
)
def test_times(text: str, read: str | None) -> None:
    found = read_timestamp(text)
    assert (found and found.isoformat()) == read
    assert has_zone(text) == (text.endswith("Z") or "+" in text or text[10:].count("-") > 0)


@pytest.mark.parametrize("text", ["PT0.096S", "P1Y2M3DT4H5M6S", "P4W", "PT16559.14S", "P1D"])
def test_durations(text: str) -> None:
    assert is_duration(text)


@pytest.mark.parametrize("text", ["", "P", "PT", "1H", "P1H", "PT1D", "P1W2D", "PT1S "])
def test_what_is_no_duration(text: str) -> None:
    assert not is_duration(text)


@pytest.mark.parametrize(
    "text", ["en", "en-US", "zh-Hant-TW", "de-CH-1996", "x-pirate", "i-klingon", "es-419"]
)
def test_languages(text: str) -> None:
    assert is_language(text)


@pytest.mark.parametrize("text", ["", "e", "en_US", "english language", "en-", "123"])
def test_what_is_no_language(text: str) -> None:
    assert not is_language(text)
