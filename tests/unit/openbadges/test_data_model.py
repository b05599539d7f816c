"""Each statement of the VC Data Model 2.0 that can be broken in a document, broken alone."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from credserv.ground.encoding import encode_base64url
from credserv.openbadges.data_model import (
    check_data_model,
    check_envelope_model,
    check_presentation_model,
)

V2 = "https://www.w3.org/ns/credentials/v2"
V1 = "https://www.w3.org/2018/credentials/v1"
OTHER = "https://a.example/context"
TYPE = "https://a.example/#Type"
CONTENT = b"what is there"
RESOURCE = "https://a.example/resource"
SHA256 = hashlib.sha256(CONTENT).digest()
SRI = "sha256-" + base64.b64encode(SHA256).decode()
MULTIBASE = "u" + encode_base64url(b"\x12\x20" + SHA256)
WRONG_SRI = "sha384-" + base64.b64encode(hashlib.sha384(b"else").digest()).decode()
GOOD: dict[str, Any] = {
    "@context": [V2],
    "type": ["VerifiableCredential"],
    "issuer": "did:example:issuer",
    "credentialSubject": {"id": "did:example:subject"},
}
OLD = {**GOOD, "@context": [V1], "issuanceDate": "2020-01-01T00:00:00Z"}
GREETING = {"@value": "Dog", "@language": "en"}


def content_of(url: str) -> bytes | None:
    return CONTENT if url == RESOURCE else None


def places(document: dict[str, Any]) -> list[str]:
    return [fault.place for fault in check_data_model(document, content_of=content_of)]


def related(*resources: object) -> dict[str, Any]:
    return {"relatedResource": list(resources)}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"@context": [V2, OTHER, {"Type": TYPE}]},
        {"type": [TYPE, "VerifiableCredential"]},
        {"type": "VerifiableCredential"},
        {"id": "urn:uuid:1"},
        {"issuer": {"id": "did:example:issuer", "name": GREETING}},
        {"name": "Dog", "description": {**GREETING, "@direction": "ltr"}},
        {"name": [GREETING, {"@value": "Chien", "@language": "fr"}]},
        {"name": {"@value": "Dog"}},
        {"credentialSubject": [{"id": "did:example:1"}, {"name": "x"}]},
        {"validFrom": "2023-02-24T19:44:58.123-05:00", "validUntil": "2033-02-24T19:44:58Z"},
        {"validFrom": "2023-02-24T19:44:58Z", "validUntil": "2023-02-24T19:44:58Z"},
        {"credentialStatus": None, "validUntil": None, "evidence": None},
        {"id": None, "name": None, "description": None, "relatedResource": None},
        {"credentialStatus": {"type": TYPE}},
        {"credentialStatus": [{"id": "did:example:status", "type": TYPE}] * 2},
        {"credentialSchema": [{"id": "did:example:schema", "type": TYPE}]},
        {"refreshService": {"type": TYPE}},
        {"termsOfUse": [{"type": TYPE, "id": "did:example:terms"}, {"type": TYPE}]},
        {"evidence": {"type": [TYPE]}},
        {"evidence": {"type": [TYPE], "id": None}},
        {"evidence": [], "termsOfUse": [], "refreshService": [], "credentialSchema": []},
        related({"id": RESOURCE, "digestSRI": SRI, "mediaType": "text/plain"}),
        related({"id": RESOURCE, "digestSRI": SRI, "digestMultibase": MULTIBASE}),
        related({"id": RESOURCE, "digestMultibase": "u" + encode_base64url(SHA256)}),
        related({"id": OTHER, "digestSRI": WRONG_SRI}),
    ],
)
def test_what_the_model_allows_has_no_fault(change: dict[str, Any]) -> None:
    assert places({**GOOD, **change}) == []


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("/@context", {"@context": None}),
        ("/@context", {"@context": []}),
        ("/@context", {"@context": V2}),
        ("/@context", {"@context": [OTHER, V2]}),
        ("/@context", {"@context": [OTHER]}),
        ("/@context", {"@context": [V2, V1]}),
        ("/@context/1", {"@context": [V2, "https ://not-a-url/context"]}),
        ("/@context/1", {"@context": [V2, 192]}),
        ("/@context/2", {"@context": [V2, OTHER, None]}),
        ("/type", {"type": None}),
        ("/type", {"type": []}),
        ("/type", {"type": [TYPE]}),
        ("/type", {"type": ["VerifiableCredential", 2]}),
        ("/id", {"id": 7}),
        ("/id", {"id": "not-a-url"}),
        ("/id", {"id": ["did:example:1", "did:example:2"]}),
        ("/issuer", {"issuer": None}),
        ("/issuer", {"issuer": "not-a-url"}),
        ("/issuer", {"issuer": {}}),
        ("/issuer", {"issuer": {"id": None}}),
        ("/issuer", {"issuer": {"id": "not-a-url"}}),
        ("/issuer", {"issuer": ["did:example:issuer"]}),
        ("/issuer", {"issuer": 7}),
        ("/credentialSubject", {"credentialSubject": None}),
        ("/credentialSubject", {"credentialSubject": {}}),
        ("/credentialSubject", {"credentialSubject": []}),
        ("/credentialSubject", {"credentialSubject": "did:example:subject"}),
        ("/credentialSubject", {"credentialSubject": [{"id": "did:example:subject"}, {}]}),
        ("/credentialSubject/id", {"credentialSubject": {"id": ["did:example:1", "did:example:2"]}}),
        ("/credentialSubject/id", {"credentialSubject": {"id": "alice"}}),
        ("/name", {"name": {**GREETING, "url": "did:example:1"}}),
        ("/name", {"name": 7}),
        ("/name", {"name": {"@language": "en"}}),
        ("/description", {"description": {**GREETING, "@direction": "up"}}),
        ("/description", {"description": [GREETING, {"en": "Dog"}]}),
        ("/issuer/name", {"issuer": {"id": "did:example:issuer", "name": {**GREETING, "url": "x"}}}),
        ("/issuer/description", {"issuer": {"id": "did:example:issuer", "description": {"@value": 1}}}),
        ("", {"validFrom": "2023-02-24"}),
        ("", {"validFrom": "2023-02-24T19:44"}),
        ("", {"validFrom": 7}),
        ("", {"validUntil": "soon"}),
        ("", {"validFrom": "2033-02-24T19:44:58Z", "validUntil": "2023-02-24T19:44:58Z"}),
        ("/credentialStatus", {"credentialStatus": {"id": "did:example:status"}}),
        ("/credentialStatus", {"credentialStatus": {"type": 2}}),
        ("/credentialStatus", {"credentialStatus": {"type": TYPE, "id": "status"}}),
        ("/credentialStatus", {"credentialStatus": {"type": TYPE, "id": ["did:example:1", "did:example:2"]}}),
        ("/credentialSchema", {"credentialSchema": {"id": "did:example:schema"}}),
        ("/credentialSchema", {"credentialSchema": {"type": TYPE}}),
        ("/credentialSchema", {"credentialSchema": {"type": TYPE, "id": 1}}),
        ("/credentialSchema", {"credentialSchema": {"type": TYPE, "id": None}}),
        ("/refreshService", {"refreshService": {"id": "did:example:refresh"}}),
        ("/refreshService/1", {"refreshService": [{"type": TYPE}, {"id": "did:example:refresh"}]}),
        ("/termsOfUse", {"termsOfUse": {"id": "did:example:terms"}}),
        ("/evidence", {"evidence": {"name": "x"}}),
        ("/evidence", {"evidence": {"type": [TYPE, 2]}}),
        ("/relatedResource/0", related(RESOURCE)),
        ("/relatedResource/0", related({"digestSRI": SRI})),
        ("/relatedResource/0", related({"id": "resource", "digestSRI": SRI})),
        ("/relatedResource/1", related(*[{"id": RESOURCE, "digestSRI": SRI}] * 2)),
        ("/relatedResource/0", related({"id": RESOURCE})),
        ("/relatedResource", related()),
        ("/relatedResource/0/digestSRI", related({"id": RESOURCE, "digestSRI": WRONG_SRI})),
        ("/relatedResource/0/digestSRI", related({"id": OTHER, "digestSRI": "sha256-AAAA"})),
        ("/relatedResource/0/digestSRI", related({"id": OTHER, "digestSRI": "md5-" + "A" * 22})),
        ("/relatedResource/0/digestSRI", related({"id": OTHER, "digestSRI": 7})),
        ("/relatedResource/0/digestMultibase", related({"id": OTHER, "digestMultibase": "zQm"})),
        ("/relatedResource/0/digestMultibase", related({"id": OTHER, "digestMultibase": "uEiAA"})),
        ("/relatedResource/0/digestMultibase", related({"id": OTHER, "digestMultibase": "u=="})),
        (
            "/relatedResource/0/digestMultibase",
            related(
                {"id": RESOURCE, "digestMultibase": "u" + encode_base64url(hashlib.sha256(b"").digest())}
            ),
        ),
    ],
)
def test_each_statement_broken_alone_names_its_place(place: str, change: dict[str, Any]) -> None:
    assert places({**GOOD, **change}) == [place]


@pytest.mark.parametrize("name", ["@context", "type", "issuer", "credentialSubject"])
def test_what_every_credential_has_may_not_be_missing(name: str) -> None:
    document = {member: value for member, value in GOOD.items() if member != name}
    assert places(document) == [f"/{name}"]


def test_version_1_1_is_read_with_its_own_dates() -> None:
    assert places(OLD) == []
    assert places({**OLD, "expirationDate": "2019-01-01T00:00:00Z"}) == [""]
    assert places({**OLD, "validFrom": "2021-01-01T00:00:00Z"}) == [], "both names are its own"
    new = {**OLD, "@context": [V2], "validFrom": "2021-01-01T00:00:00Z"}
    assert places(new) == [""]  # attack 24


PRESENTATION: dict[str, Any] = {
    "@context": [V2],
    "type": ["VerifiablePresentation"],
    "verifiableCredential": [GOOD],
}
ENVELOPE = {"@context": V2, "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt,a.b.c"}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "urn:uuid:1", "holder": "did:example:holder"},
        {"holder": {"id": "did:example:holder", "name": "x"}},
        {"verifiableCredential": []},
        {"verifiableCredential": GOOD},
        {"verifiableCredential": [GOOD, ENVELOPE], "termsOfUse": {"type": TYPE}},
        {"type": ["VerifiablePresentation", TYPE]},
    ],
)
def test_what_a_presentation_may_have(change: dict[str, Any]) -> None:
    assert check_presentation_model({**PRESENTATION, **change}) == ()


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("/@context", {"@context": [OTHER, V2]}),
        ("/@context", {"@context": None}),
        ("/@context/1", {"@context": [V2, 123]}),
        ("/type", {"type": [TYPE]}),
        ("/type", {"type": None}),
        ("/id", {"id": "presentation"}),
        ("/holder", {"holder": {"name": "x"}}),
        ("/holder", {"holder": {"id": "z6Mk"}}),
        ("/holder", {"holder": 7}),
        ("/termsOfUse", {"termsOfUse": {}}),
        ("/verifiableCredential/0", {"verifiableCredential": ["a.b.c"]}),
        ("/verifiableCredential/0", {"verifiableCredential": None}),
        ("/verifiableCredential/1", {"verifiableCredential": [GOOD, "https://a.example/1"]}),
        ("/verifiableCredential/0", {"verifiableCredential": [{**GOOD, "type": []}]}),
        ("/verifiableCredential/0/id", {"verifiableCredential": [{**ENVELOPE, "id": "a.b.c"}]}),
    ],
)
def test_what_a_presentation_may_not_have(place: str, change: dict[str, Any]) -> None:
    assert [fault.place for fault in check_presentation_model({**PRESENTATION, **change})] == [place]


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("/@context", {"@context": []}),
        ("/@context", {"@context": OTHER}),
        ("/type", {"type": None}),
        ("/type", {"type": "VerifiableCredential"}),
        ("/type", {"type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]}),
        ("/id", {"id": "a.b.c"}),
        ("/id", {"id": "data:,a.b.c"}),
        ("/id", {"id": None}),
    ],
)
def test_an_envelope_is_nothing_but_one(place: str, change: dict[str, Any]) -> None:
    assert check_envelope_model(ENVELOPE) == ()
    assert check_envelope_model({**ENVELOPE, "type": ["EnvelopedVerifiablePresentation"]}) == ()
    assert [fault.place for fault in check_envelope_model({**ENVELOPE, **change})] == [place]
