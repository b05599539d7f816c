"""What a credential says, also when it says it strangely."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.openbadges.display import CredentialDisplay, build_display
from credserv.openbadges.skills import AlignmentDisplay, LevelDisplay, ResultDisplay, result_descriptions

ACHIEVEMENT: dict[str, Any] = {
    "id": "https://a.example/achievements/x",
    "type": ["Achievement"],
    "achievementType": "Competency",
    "name": "Night watch",
    "description": "Kept watch.",
    "criteria": {"id": "https://a.example/criteria", "narrative": "Watch **one** night."},
    "image": {"id": "https://a.example/x.png", "type": "Image"},
    "alignment": [{"targetName": "watch", "targetUrl": "https://b.example/1", "targetCode": "W1"}],
    "resultDescription": [
        {
            "id": "urn:uuid:1",
            "name": "Mastery",
            "resultType": "RubricCriterionLevel",
            "rubricCriterionLevel": [{"id": "urn:uuid:2", "name": "Proficient"}],
        }
    ],
    "tag": ["night"],
}
CREDENTIAL: dict[str, Any] = {
    "id": "https://a.example/credentials/1",
    "name": "A credential",
    "issuer": {"id": "did:web:a.example", "type": ["Profile"], "name": "A", "url": "https://a.example"},
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00+01:00",
    "credentialSubject": {
        "id": "did:key:z6Mk",
        "achievement": ACHIEVEMENT,
        "result": [
            {"resultDescription": "urn:uuid:1", "achievedLevel": "urn:uuid:2", "value": "87"},
        ],
    },
    "evidence": [{"id": "https://a.example/log", "name": "The log"}],
}


def test_a_whole_credential() -> None:
    display = build_display(CREDENTIAL)
    assert (display.name, display.criteria_url) == ("Night watch", "https://a.example/criteria")
    assert (display.issuer_id, display.issuer_name) == ("did:web:a.example", "A")
    assert display.valid_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert display.valid_until == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert display.image == "https://a.example/x.png"
    assert display.alignments == (AlignmentDisplay("watch", "https://b.example/1", code="W1"),)
    level, kind = LevelDisplay("Proficient", achieved=True), "RubricCriterionLevel"
    assert display.results == (ResultDisplay("Mastery", "87", "Proficient", kind, levels=(level,)),)
    assert display.holder_kind == "did"
    measured = ResultDisplay("Mastery", kind=kind, levels=(LevelDisplay("Proficient"),))
    assert result_descriptions(ACHIEVEMENT) == (measured,)


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ({}, ""),
        ({"id": "did:key:z"}, "did"),
        ({"id": "https://a.example/me"}, "url"),
        ({"identifier": [{"identityHash": "sha256$0"}]}, "hash"),
        ({"identifier": "text"}, ""),
    ],
)
def test_the_holder_is_told_by_kind_alone(subject: dict[str, Any], kind: str) -> None:
    assert build_display({"credentialSubject": subject}).holder_kind == kind


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ({"id": "did:key:z"}, False),
        ({"identifier": [{"identityType": "studentId", "identityHash": "7"}]}, False),
        ({"id": "did:key:z", "identifier": [{"identityType": "emailAddress"}]}, True),
        ({"identifier": {"identityType": "emailAddress"}}, True),
    ],
)
def test_whether_an_address_names_the_holder(subject: dict[str, Any], told: bool) -> None:
    assert build_display({"credentialSubject": subject}).names_address is told


def test_other_shapes_of_the_field() -> None:
    """VCDM 1.1 dates, an issuer as a string, an image as a string, several subjects, language maps."""
    display = build_display(
        {
            "issuer": "did:web:b.example",
            "issuanceDate": "2020-01-01T00:00:00Z",
            "expirationDate": "2021-01-01T00:00:00Z",
            "credentialSubject": [
                {
                    "achievement": {
                        "name": {"en": "Named", "de": "Benannt"},
                        "description": {"@value": "Described"},
                        "image": "https://b.example/i.png",
                        "alignment": {"targetName": "one", "targetUrl": "x"},
                    },
                    "result": {"value": 3, "status": "Completed"},
                },
                {"achievement": {"name": "second"}},
            ],
        }
    )
    assert (display.name, display.description) == ("Named", "Described")
    assert (display.issuer_id, display.image) == ("did:web:b.example", "https://b.example/i.png")
    assert display.valid_until == datetime(2021, 1, 1, tzinfo=UTC)
    assert display.results == (ResultDisplay("Result", "3", status="Completed"),)
    assert [alignment.name for alignment in display.alignments] == ["one"]


def test_criteria_may_be_an_address_and_the_picture_that_of_the_subject() -> None:
    criteria, picture = "https://a.example/criteria", {"id": "https://a.example/mine.png", "type": "Image"}

    def shown(achievement: dict[str, Any], **subject: Any) -> tuple[str, str]:
        display = build_display({"credentialSubject": {"achievement": achievement, **subject}})
        return display.criteria_url, display.image

    for written in (criteria, [criteria], {"id": criteria}, [{"id": criteria}]):
        assert shown({"criteria": written}) == (criteria, "")
    assert shown({"criteria": "Watch one night."}) == ("", "")
    assert shown({}, image=picture) == shown({}, image=picture["id"]) == ("", picture["id"])
    assert shown({"image": "https://a.example/x.png"}, image=picture) == ("", "https://a.example/x.png")


def test_what_is_of_an_unexpected_kind_is_left_out() -> None:
    odd = {
        "id": 5,
        "issuer": {"id": ["x"], "name": True},
        "validFrom": "yesterday",
        "validUntil": 7,
        "credentialSubject": {
            "achievement": {"name": [1, 2], "criteria": "text", "tag": [None, 1], "alignment": [3]}
        },
    }
    assert build_display(odd) == CredentialDisplay(tags=("1",))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
MEMBERS = ["id", "issuer", "credentialSubject", "achievement", "result", "alignment", "criteria"]
MEMBERS += ["name", "image", "evidence", "validFrom"]


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=6))
def test_nothing_that_json_can_say_is_an_error(document: dict[str, Any]) -> None:
    build_display(document)
    build_display({"credentialSubject": document})
    build_display({"credentialSubject": {"achievement": document}})
