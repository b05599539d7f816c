import pytest

from credserv.openbadges.data_model import check_data_model
from credserv.openbadges.structure import (
    endorsements_of,
    issuer_of,
    names_recipient,
    subject_faults,
)
from tests.testkit.proofs import V2, badge, issuer

GOOD = badge(issuer())
V1 = "https://www.w3.org/2018/credentials/v1"
SRI = "sha384-" + "A" * 64


def test_a_good_credential_has_no_faults() -> None:
    assert check_data_model(GOOD) == ()
    assert subject_faults(GOOD) == ()
    assert names_recipient(GOOD)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("/@context", {"@context": V2}),
        ("/@context", {"@context": []}),
        ("/@context", {"@context": ["https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json", V2]}),
        ("/@context", {"@context": [V2, V1]}),
        ("/@context", {"@context": [V2, V2]}),
        ("/type", {"type": ["OpenBadgeCredential"]}),
        ("/type", {"type": None}),
        ("/id", {"id": "credentials/1"}),
        ("/id", {"id": ["https://a.example/1"]}),
        ("/id", {"id": 7}),
        ("/issuer", {"issuer": None}),
        ("/issuer", {"issuer": "alice"}),
        ("/issuer", {"issuer": {"name": "Alice"}}),
        ("/issuer", {"issuer": ["https://a.example/"]}),
        ("/issuer", {"issuer": {"id": ["https://a.example/"]}}),
        ("/credentialStatus", {"credentialStatus": {"id": "https://a.example/1"}}),
        ("/credentialStatus", {"credentialStatus": []}),
        ("/credentialStatus", {"credentialStatus": {"type": "X", "id": "one"}}),
        ("/evidence/1", {"evidence": [{"type": "Evidence"}, {"name": "x"}]}),
        ("/termsOfUse", {"termsOfUse": "free"}),
        ("/refreshService", {"refreshService": {"id": "https://a.example/1"}}),
        ("/credentialSchema", {"credentialSchema": {"type": "JsonSchema"}}),
        ("/relatedResource/0", {"relatedResource": [{"digestSRI": SRI}]}),
        ("/relatedResource/0", {"relatedResource": {"id": "https://a.example/1"}}),
        (
            "/relatedResource/1",
            {"relatedResource": [{"id": "https://a.example/1", "digestSRI": SRI}] * 2},
        ),
        ("", {"validUntil": "2020-01-01T00:00:00Z"}),
        ("", {"validFrom": "today"}),
    ],
)
def test_each_rule_names_the_place_of_its_fault(place: str, change: dict[str, object]) -> None:
    assert [fault.place for fault in check_data_model({**GOOD, **change})] == [place]


@pytest.mark.parametrize(
    "subject",
    [
        None,
        [],
        {},
        "did:example:pat",
        [GOOD["credentialSubject"], "did:example:pat"],
        [GOOD["credentialSubject"]] * 2,
        {"id": "did:example:pat"},
        {**GOOD["credentialSubject"], "achievement": [GOOD["credentialSubject"]["achievement"]] * 2},
        {**GOOD["credentialSubject"], "achievement": "https://a.example/achievement"},
    ],
)
def test_a_badge_has_one_subject_with_one_achievement(subject: object) -> None:
    assert subject_faults({**GOOD, "credentialSubject": subject})


def test_other_credentials_may_have_several_subjects() -> None:
    several = {"type": "VerifiableCredential", "credentialSubject": [{"id": "did:example:1"}, {"name": "x"}]}
    assert subject_faults(several) == ()
    assert not names_recipient(several)


@pytest.mark.parametrize(
    "subject", [{"id": "alice"}, {"id": 7}, {"identifier": []}, {"identifier": {"salt": "x"}}]
)
def test_an_identity_that_identifies_nobody(subject: dict[str, object]) -> None:
    assert not names_recipient({"credentialSubject": subject})


@pytest.mark.parametrize(
    ("issuer", "found"),
    [
        ("https://a.example/", "https://a.example/"),
        ({"id": "did:web:a.example"}, "did:web:a.example"),
        ({"id": "relative"}, None),
        ("with space:x y", None),
        (None, None),
        ([{"id": "did:web:a.example"}], None),
    ],
)
def test_the_issuer_has_two_forms(issuer: object, found: str | None) -> None:
    assert issuer_of({"issuer": issuer}) == found


def test_endorsements_are_found_in_their_three_places() -> None:
    document = {
        "endorsement": [1],
        "issuer": {"endorsementJwt": "a.b.c"},
        "credentialSubject": {"achievement": {"endorsement": [2, 3]}},
    }
    assert dict(endorsements_of(document)) == {
        "/endorsement/0": 1,
        "/issuer/endorsementJwt/0": "a.b.c",
        "/credentialSubject/achievement/endorsement/0": 2,
        "/credentialSubject/achievement/endorsement/1": 3,
    }
