"""Rules as they are read: every fault with its place, and the published schema says the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import SchemaFaultsError
from credserv.mastery.reading import MAX_CONDITIONS, MAX_DEPTH, parse_rule
from credserv.mastery.rule import Scored, leaves
from tests.unit.mastery.samples import KEY, SCALES

LEAF = {"observed": {"kind": "completed", "activity": "course"}}
SEEN = {"kind": "observed", "by_role": "assessor"}
GAIN = {"pre": "a", "post": "b", "at_least": 0.1}
SCHEMA = Draft202012Validator(
    json.loads((default_schemas_dir() / "credserv" / "mastery-rule.json").read_bytes())
)

GOOD: list[dict[str, Any]] = [
    {"when": LEAF},
    {"$schema": "https://a.example/schemas/mastery-rule.json", "award": "once", "when": {"all": [LEAF]}},
    {"when": {"n_of": {"n": 2, "of": [LEAF, LEAF, {"any": [LEAF]}]}}},
    {"when": {"observed": SEEN}},
    {"scales": SCALES, "when": {"observed": {**SEEN, "level_at_least": "#proficient", "within_days": 30}}},
    {"when": {"result": {"activity": {"value": "q", "kind": "assessment", "source": "campus", "name": "Quiz"},
                         "of": "scaled", "at_least": 0.8, "above_maximum_counts": True}}},
    {"when": {"result": {"activity": "q", "of": "level", "at_least": 3}}},
    {"scales": SCALES, "when": {"result": {"activity": "q", "of": "level", "at_least": "#developing",
                                           "description": "#mastery"}}},
    {"when": {"gain": {**GAIN, "of": "raw", "at_least": 12.5, "same_description": "#score"}}},
    {"when": {"credential": {"achievement": "first", "issuer": "ours", "not_expired": False}}},
    {"when": {"credential": {"alignment": "http://esco/1", "issuer": "did:web:b.example"}}},
    {"when": {"endorsements": {"count": 2, "by": "peer"}}},
    {"scales": SCALES, "when": {"coverage": {"contexts": ["a call", "a review"], "count": 2, "by": "assessor",
                                             "level_at_least": "#proficient", "within_days": 365}}},
    {"pathway": {"routes": [{"name": "Courses", "in_order": True, "steps": [
        {"achievement": "first", "milestone": "Half way", "by": "2027-03-01", "name": "The first"},
        {"alignment": "http://esco/1", "issuer": "trusted", "not_expired": False}]}]}},
]  # fmt: skip


@pytest.mark.parametrize("document", GOOD, ids=str)
def test_a_rule_is_read_as_the_schema_says(document: dict[str, Any]) -> None:
    rule = parse_rule(document, achievement=KEY)
    assert (rule.achievement, bool(list(leaves(rule.when)))) == (KEY, True)
    assert SCHEMA.is_valid(document)


def faults(document: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(SchemaFaultsError) as caught:
        parse_rule(document, achievement=KEY)
    return {fault.place: fault.message for fault in caught.value.faults}


# The last says whether the schema can tell it, too: some of it no schema can.
BAD: list[tuple[dict[str, Any], str, bool]] = [
    ({}, "/when", True),
    ({"when": None}, "/when", True),
    ({"when": []}, "/when", True),
    ({"when": {}}, "/when", True),
    ({"when": LEAF, "then": 1}, "/then", True),
    ({"when": LEAF, "award": "twice"}, "/award", True),
    ({"when": {**LEAF, "all": [LEAF]}}, "/when", True),
    ({"when": {"not": LEAF}}, "/when/not", True),
    ({"when": {"all": []}}, "/when/all", True),
    ({"when": {"all": [None]}}, "/when/all/0", True),
    ({"when": {"n_of": {"n": 3, "of": [LEAF, LEAF]}}}, "/when/n_of/n", False),
    ({"when": {"n_of": {"n": 0, "of": [LEAF]}}}, "/when/n_of/n", True),
    ({"when": {"n_of": {"of": [LEAF]}}}, "/when/n_of/n", True),
    ({"when": {"all": [LEAF, {"observed": {}}]}}, "/when/all/1/observed/kind", True),
    ({"when": {"observed": {"kind": "completed"}}}, "/when/observed/activity", True),
    ({"when": {"observed": {"kind": "failed", "activity": "a"}}}, "/when/observed/kind", True),
    ({"when": {"observed": {"kind": "observed"}}}, "/when/observed/by_role", True),
    ({"when": {"observed": {**SEEN, "by_role": "boss"}}}, "/when/observed/by_role", True),
    ({"when": {"observed": {**SEEN, "within_days": 0}}}, "/when/observed/within_days", True),
    ({"when": {"observed": {**SEEN, "level_at_least": "#x"}}}, "/when/observed/level_at_least", False),
    ({"scales": SCALES, "when": {"observed": {**SEEN, "level_at_least": "#x"}}},
     "/when/observed/level_at_least", False),
    ({"when": {"observed": {**SEEN, "activity": {"value": "a", "kind": "exam"}}}},
     "/when/observed/activity/kind", True),
    ({"when": {"result": {"activity": "a", "of": "scaled", "at_least": 80}}}, "/when/result/at_least", False),
    ({"when": {"result": {"activity": "a", "of": "raw", "at_least": True}}}, "/when/result/at_least", True),
    ({"when": {"result": {"activity": "a", "of": "best", "at_least": 1}}}, "/when/result/of", True),
    ({"when": {"gain": {**GAIN, "at_least": 0}}}, "/when/gain/at_least", True),
    ({"when": {"gain": {**GAIN, "at_least": 2.5}}}, "/when/gain/at_least", False),
    ({"when": {"gain": {**GAIN, "same_description": True}}}, "/when/gain/same_description", True),
    ({"when": {"credential": {}}}, "/when/credential", True),
    ({"when": {"credential": {"achievement": "a", "alignment": "b"}}}, "/when/credential", True),
    ({"when": {"credential": {"achievement": "a", "issuer": "anyone"}}}, "/when/credential/issuer", True),
    ({"when": {"endorsements": {"count": 0}}}, "/when/endorsements/count", True),
    ({"when": {"coverage": {"count": 1}}}, "/when/coverage/contexts", True),
    ({"when": {"coverage": {"contexts": [], "count": 1}}}, "/when/coverage/contexts", True),
    ({"when": {"coverage": {"contexts": ["a", " "], "count": 1}}}, "/when/coverage/contexts", True),
    ({"when": {"coverage": {"contexts": ["a", "A"], "count": 1}}}, "/when/coverage/contexts", False),
    ({"when": {"coverage": {"contexts": ["a"]}}}, "/when/coverage/count", True),
    ({"when": {"coverage": {"contexts": ["a"], "count": 2}}}, "/when/coverage/count", False),
    ({"when": {"coverage": {"contexts": ["a"], "count": 1, "by": "boss"}}}, "/when/coverage/by", True),
    ({"when": LEAF, "pathway": {"routes": [{"steps": [{"achievement": "a"}]}]}}, "/pathway", True),
    ({"pathway": {"routes": []}}, "/pathway/routes", True),
    ({"pathway": {"routes": [{"steps": []}]}}, "/pathway/routes/0/steps", True),
    ({"pathway": {"routes": [{"steps": [{"name": "a"}]}]}}, "/pathway/routes/0/steps/0", True),
    ({"pathway": {"routes": [{"steps": [{"achievement": "a", "by": "soon"}]}]}},
     "/pathway/routes/0/steps/0/by", False),
    ({"when": LEAF, "scales": [*SCALES, *SCALES]}, "/scales", False),
    ({"when": LEAF, "scales": [{"description": "mastery", "levels": []}]}, "/scales/0/description", True),
    ({"when": LEAF, "scales": [{"description": "#m", "levels": [{"level": "#a", "from": 0.8},
                                                                {"level": "#b", "from": 0.6}]}]},
     "/scales/0/levels", False),
    ({"when": LEAF, "scales": [{"description": "#m", "levels": [{"level": "#a", "words": ["B"]},
                                                                {"level": "#b"}]}]},
     "/scales/0/levels", False),
]  # fmt: skip


@pytest.mark.parametrize(("document", "place", "by_schema"), BAD, ids=str)
def test_a_fault_has_its_place(document: dict[str, Any], place: str, by_schema: bool) -> None:
    assert place in faults(document)
    assert SCHEMA.is_valid(document) is not by_schema


def test_every_fault_is_told_in_one_answer() -> None:
    both = {"observed": {"kind": "failed"}}
    assert len(faults({"award": "x", "when": {"all": [both, both]}})) == 5


@pytest.mark.parametrize("name", ["all", "any"])
def test_a_rule_has_bounds(name: str) -> None:
    deep: dict[str, Any] = LEAF
    for _ in range(40):
        deep = {name: [deep]}
    assert [place.count(name) for place in faults({"when": deep})] == [MAX_DEPTH]
    assert f"at most {MAX_CONDITIONS}" in str(faults({"when": {name: [LEAF] * 5_000}}))


def test_a_number_is_what_is_written() -> None:
    rule = parse_rule(
        {"when": {"result": {"activity": "a", "of": "scaled", "at_least": 0.1}}}, achievement=KEY
    )
    (leaf,) = leaves(rule.when)
    assert isinstance(leaf, Scored)
    assert leaf.at_least == Decimal("0.1")


def test_the_rule_in_the_documents_is_one() -> None:
    text = (default_schemas_dir().parent / "docs" / "administrator.md").read_text()
    block = text.partition("## Say what mastery is")[2].partition("```json\n")[2].partition("```")[0]
    document = json.loads(block)
    assert SCHEMA.is_valid(document)
    assert len(list(leaves(parse_rule(document, achievement=KEY).when))) == 4
