"""Programmes as they are read: 20 rule sets and the small form, every fault with its place."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema_rs import Draft202012Validator

from credserv.accreditation.programme import Unit, flatten
from credserv.accreditation.programme_reading import parse_programme
from credserv.accreditation.standing import State
from credserv.accreditation.words import asked_words
from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import SchemaFaultsError
from tests.testkit.shared import shared_path

SCHEMAS = default_schemas_dir()
SCHEMA = Draft202012Validator(json.loads((SCHEMAS / "credserv" / "programme.json").read_bytes()))
CARRIED = sorted((SCHEMAS / "programmes").glob("*.json"))
FOUNDATION: dict[str, Any] = json.loads((SCHEMAS / "programmes" / "internal-foundation.json").read_bytes())
SMALL: dict[str, Any] = {
    "key": "mentor-basic", "version": 1, "term_months": 24, "notice_days": 60, "grace_days": 30,
    "endorsements": 2, "assessment_min": 70, "observed": 1, "observed_level": 2, "sprint_days": 42,
    "renewal": {"sessions": 8, "cpd_hours": 6, "supervision": 2}, "audit_share": 0.1, "audit_min": 2,
    "endorsement_received_within_hours": 24, "in_force_counts": ["live", "due", "grace"],
}  # fmt: skip


def test_what_is_carried_is_aligned_to_frameworks_that_can_be_looked_up_and_to_nothing_else() -> None:
    """Of the "mentoring standards of 2024 and 2025" that some pages name, no body could be found."""
    aligned = [
        alignment
        for path in (SCHEMAS / "achievements").glob("*.json")
        for alignment in json.loads(path.read_bytes())["achievement"].get("alignment", ())
    ]
    assert len(aligned) > 6
    assert {urlsplit(one["targetUrl"]).hostname for one in aligned} == {
        "data.europa.eu",
        "www.onetcenter.org",
    }
    assert [path.stem for path in CARRIED if "alignment" in json.loads(path.read_bytes())] == []


@pytest.mark.parametrize("path", CARRIED, ids=lambda path: path.stem)
def test_a_rule_set_loads(path: Path) -> None:
    document = json.loads(path.read_bytes())
    programme = parse_programme(document, owner="Learning and development")
    assert SCHEMA.is_valid(document)
    assert (programme.key, programme.owner) == (path.stem, "Learning and development")
    assert all(asked_words(one) for one in flatten((*programme.grant, *programme.renewal)))
    assert bool(programme.body) == bool(programme.sources)
    if programme.body:
        assert "Not the body's award" in programme.notes[0]


def test_all_twenty_of_the_rule_sets_load() -> None:
    given = sorted(shared_path("accreditation/rule-sets").glob("*.json"))
    read = [parse_programme(json.loads(path.read_bytes()), owner="x") for path in given]
    assert len(read) == 20
    assert [one.key for one in read] == [path.stem for path in CARRIED]


def test_what_nobody_can_count_is_told_as_such() -> None:
    acc = parse_programme(json.loads((SCHEMAS / "programmes" / "icf-acc.json").read_bytes()), owner="x")
    by_person = {one.kind for one in acc.grant if one.by_person}
    assert by_person == {"performance-evaluation", "exam"}
    coaching = next(one for one in acc.grant if one.kind == "mentor-coaching")
    assert "given by people who were entitled to assess" in asked_words(coaching)
    exam = next(one for one in acc.grant if one.kind == "exam")
    assert asked_words(exam) == "Exam (a person decides, by a declaration)"


def test_our_own_says_who_is_entitled_and_in_which_states() -> None:
    programme = parse_programme(FOUNDATION, owner="x")
    assert programme.entitlement["assessor"].states == {State.LIVE, State.DUE}
    assert programme.entitlement["endorser"].states == {State.LIVE, State.DUE, State.GRACE}
    assert (programme.sprint_days, programme.competencies, programme.attempts()) == (42, (1, 3), 3)
    assert programme.why_closed(date(2026, 1, 1)) == ""


def test_the_small_form_is_a_programme_with_the_same_members() -> None:
    programme = parse_programme(SMALL, owner="x")
    assert SCHEMA.is_valid(SMALL)
    assert [one.kind for one in programme.grant] == ["assessment", "endorsements", "observation"]
    asked = {one.kind: one.asks[0] for one in programme.renewal}
    assert (asked["cpd"].need, asked["cpd"].unit) == (360, Unit.MINUTES)
    assert (asked["supervision"].need, asked["supervision"].unit) == (2, Unit.PIECES)
    assert programme.term is not None
    assert (programme.term.months, programme.term.notice_days, programme.term.grace_days) == (24, 60, 30)
    assert set(programme.entitlement) == {"endorser", "assessor"}
    assert "also-endorser" in programme.conflicts


@pytest.mark.parametrize("owner", ["", "  ", None])
def test_a_programme_has_an_owner(owner: str | None) -> None:
    for document in (FOUNDATION, SMALL):
        with pytest.raises(SchemaFaultsError) as caught:
            parse_programme(document, owner=owner)
        assert [fault.place for fault in caught.value.faults] == ["/owner"]


def test_a_retired_version_takes_no_application() -> None:
    programme = parse_programme({**FOUNDATION, "retires_on": "2026-06-01"}, owner="x")
    assert programme.why_closed(date(2026, 5, 31)) == ""
    assert "retired on 2026-06-01" in programme.why_closed(date(2026, 6, 1))


def changed(place: str, value: Any) -> dict[str, Any]:
    """The foundation with one member of another value."""
    document = deepcopy(FOUNDATION)
    *path, last = place.split("/")[1:]
    at: Any = document
    for name in path:
        at = at[int(name)] if isinstance(at, list) else at[name]
    at[last if isinstance(at, dict) else int(last)] = value
    return document


# The last says whether the schema can tell it, too: some of it no schema can.
BAD: list[tuple[str, Any, str, bool]] = [
    ("/schema", "rule-set/2", "/schema", True),
    ("/key", "Not a slug", "/key", True),
    ("/kind", "award", "/kind", True),
    ("/name", "", "/name", True),
    ("/surprise", 1, "/surprise", True),
    ("/grant", {}, "/grant", True),
    ("/grant", [], "/grant", False),
    ("/grant", [{"kind": "attendance"}], "/grant", False),
    ("/grant", [{"kind": "education-hours", "hours": 60}, {"kind": "course"}], "/grant", False),
    ("/grant", [{"kind": "any_of", "of": [{"kind": "course"}, {"kind": "attendance"}]}], "/grant", False),
    ("/grant/0/kind", "asessment", "/grant/0/kind", True),
    ("/grant/0/minimum_percent", 101, "/grant/0/minimum_percent", True),
    ("/grant/1/minimum", 0, "/grant/1/minimum", True),
    ("/grant/1/minimum", None, "/grant/1/minimum", True),
    ("/grant/2/surprise", 1, "/grant/2/surprise", True),
    ("/grant/2", {"kind": "declaration"}, "/grant/2/of", True),
    ("/grant/2", {"kind": "accreditation", "held_months": 12}, "/grant/2", True),
    ("/grant/2", {"kind": "any_of", "of": [{"kind": "exam"}]}, "/grant/2/of", True),
    ("/grant/2", {"kind": "any_of", "of": [{"kind": "exam"}, {"kind": "x"}]}, "/grant/2/of/1/kind", True),
    ("/renewal/0/within", "year", "/renewal/0/within", True),
    ("/renewal/2/hours", -1, "/renewal/2/hours", True),
    ("/renewal/2/per", "week", "/renewal/2/per", True),
    ("/term/months", 0, "/term/months", True),
    ("/term/in_force", ["live", "lapsed"], "/term/in_force", True),
    ("/term/next_term_from", "decision", "/term/next_term_from", True),
    ("/entitlement/assessor/terms", ["suspended"], "/entitlement/assessor/terms", True),
    ("/conflicts", ["friend"], "/conflicts", True),
    ("/competencies/minimum", 4, "/competencies/minimum", False),
    ("/audit/share", 2, "/audit/share", True),
    ("/sprint/days", 0, "/sprint/days", True),
    ("/retires_on", "soon", "/retires_on", False),
]


@pytest.mark.parametrize(("place", "value", "told", "in_schema"), BAD, ids=str)
def test_a_fault_is_told_with_its_place(place: str, value: Any, told: str, in_schema: bool) -> None:
    document = changed(place, value)
    with pytest.raises(SchemaFaultsError) as caught:
        parse_programme(document, owner="x")
    assert told in [fault.place for fault in caught.value.faults]
    assert SCHEMA.is_valid(document) is not in_schema
