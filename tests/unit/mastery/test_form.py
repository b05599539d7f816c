"""A rule by form: what is typed becomes the document, and the document the form again."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import SchemaFaultsError
from credserv.mastery.form import TYPES, Band, RuleForm, build_document, read_form
from credserv.mastery.reading import parse_rule
from tests.unit.mastery.samples import KEY, rule

LEVELS = ("#developing", "#proficient")
FORM = RuleForm(
    rows=(
        {
            "type": "done",
            "kind": "passed",
            "activity": "course",
            "name": "Safety",
            "source": "campus",
            "days": "30",
        },
        {"type": "done", "kind": "completed", "activity": "c", "name": "", "source": "", "days": ""},
        {
            "type": "score",
            "activity": "quiz",
            "name": "",
            "source": "",
            "percent": "82.5",
            "above": "yes",
            "description": "#mastery",
        },
        {"type": "gain", "pre": "a", "post": "b", "percent": "10", "description": ""},
        {"type": "word", "role": "assessor", "level": "#proficient", "days": ""},
        {"type": "peers", "count": "2", "role": "peer"},
        {
            "type": "contexts",
            "contexts": "a call, a review",
            "covered": "2",
            "role": "assessor",
            "level": "#proficient",
            "days": "365",
        },
        {"type": "held", "achievement": "mentor-foundation"},
    ),
    wanted="n_of",
    n="3",
    description="#mastery",
    bands=(Band("#developing", "60", "2, fair"), Band("#proficient", "80", "")),
)
DOCUMENT: dict[str, Any] = {
    "scales": [
        {
            "description": "#mastery",
            "levels": [
                {"level": "#developing", "from": 0.6, "words": ["2", "fair"]},
                {"level": "#proficient", "from": 0.8},
            ],
        }
    ],
    "when": {
        "n_of": {
            "n": 3,
            "of": [
                {
                    "observed": {
                        "kind": "passed",
                        "activity": {"value": "course", "source": "campus", "name": "Safety"},
                        "within_days": 30,
                    }
                },
                {"observed": {"kind": "completed", "activity": "c"}},
                {
                    "result": {
                        "activity": "quiz",
                        "of": "scaled",
                        "at_least": 0.825,
                        "above_maximum_counts": True,
                        "description": "#mastery",
                    }
                },
                {"gain": {"pre": "a", "post": "b", "at_least": 0.1}},
                {"observed": {"kind": "observed", "by_role": "assessor", "level_at_least": "#proficient"}},
                {"endorsements": {"count": 2, "by": "peer"}},
                {
                    "coverage": {
                        "contexts": ["a call", "a review"],
                        "count": 2,
                        "by": "assessor",
                        "level_at_least": "#proficient",
                        "within_days": 365,
                    }
                },
                {"credential": {"achievement": "mentor-foundation"}},
            ],
        }
    },
}


def test_what_is_typed_becomes_the_document_and_back() -> None:
    assert build_document(FORM) == DOCUMENT
    assert read_form(DOCUMENT, "#mastery", LEVELS) == FORM
    parse_rule(DOCUMENT, achievement=KEY)
    assert {row["type"] for row in FORM.rows} == set(TYPES)


def test_no_scale_is_made_where_no_level_is_asked_for() -> None:
    bare = RuleForm(FORM.rows[1:2], description="#mastery", bands=(Band("#developing"), Band("#proficient")))
    assert build_document(bare) == {"when": {"all": [DOCUMENT["when"]["n_of"]["of"][1]]}}


@pytest.mark.parametrize(
    "document",
    [
        {"when": {"all": [{"any": [{"credential": {"achievement": "a"}}]}]}},
        {"when": {"credential": {"achievement": "a"}}},
        {"when": {"all": [{"result": {"activity": "a", "of": "raw", "at_least": 3}}]}},
        {"award": "once", "when": {"all": [{"credential": {"achievement": "a"}}]}},
        {"when": {"all": [{"credential": {"achievement": "a", "not_expired": False}}]}},
    ],
    ids=str,
)
def test_a_rule_that_no_form_gives_has_none_and_loses_nothing(document: dict[str, Any]) -> None:
    parse_rule(document, achievement=KEY)
    assert read_form(document, "#mastery", LEVELS) is None


def test_what_is_no_number_has_its_place_and_what_is_left_out_is_told_by_the_rule() -> None:
    rows = ({"type": "score", "activity": "q", "percent": "much"}, {"type": "peers", "count": "1e9"})
    with pytest.raises(SchemaFaultsError) as caught:
        build_document(RuleForm(rows))
    assert [fault.place for fault in caught.value.faults] == ["/rows/0/percent", "/rows/1/count"]
    with pytest.raises(SchemaFaultsError) as caught:
        rule(build_document(RuleForm(({"type": "score", "activity": ""},)))["when"])
    places = {fault.place for fault in caught.value.faults}
    assert {"/when/all/0/result/at_least", "/when/all/0/result/activity"} <= places
