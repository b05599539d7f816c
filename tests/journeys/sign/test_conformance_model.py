"""Each statement of the data model that W3C's suite tests of an issuer: once accepted, and once broken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.testkit.service import Service
from tests.testkit.vc_api import (
    CREDENTIAL,
    EXAMPLES,
    INLINE,
    MULTIBASE,
    NAME,
    SRI,
    SUBJECT,
    TYPE,
    V2,
    issue,
    issued,
    verify,
)

# --- VC Data Model 2.0 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"@context": [V2, EXAMPLES]},
        {"@context": [V2, EXAMPLES], "type": ["VerifiableCredential", "RelationshipCredential"]},
        {**INLINE, "type": ["VerifiableCredential", "ExampleType"]},
        {"type": [TYPE, "https://example.org/#Other", "VerifiableCredential"]},
        {"type": [TYPE, "VerifiableCredential", "https://example.org/#Other"]},
        {"id": "did:example:credential"},
        {"id": "urn:uuid:36245ee9-9074-4b05-a777-febff2e69757"},
        {"issuer": {"id": "did:example:issuer"}},
        {"issuer": {"id": "did:example:issuer", "name": "Dog", "description": NAME}},
        {"issuer": {"id": "did:example:issuer", "name": {**NAME, "@direction": "ltr"}}},
        {
            "name": [NAME, {"@value": "Chien", "@language": "fr"}],
            "description": {**NAME, "@direction": "ltr"},
        },
        {"credentialSubject": [SUBJECT, {"id": "did:example:other:subject"}]},
        {"validFrom": "2023-02-24T19:44:58.123Z", "validUntil": "2033-02-24T19:44:58-05:00"},
        {"validFrom": "2123-02-24T19:44:58Z"},
        {**INLINE, "credentialStatus": {"id": "did:example:status", "type": "ExampleType"}},
        {**INLINE, "credentialStatus": {"type": "ExampleType"}},
        {"credentialSchema": {"type": TYPE, "id": "did:example:schemas/1"}},
        {
            "credentialSchema": [
                {"type": TYPE, "id": "did:example:schemas/1"},
                {"type": TYPE, "id": "did:example:schemas/2"},
            ]
        },
        {"refreshService": {"type": TYPE, "id": "did:example:refresh/1"}},
        {**INLINE, "termsOfUse": [{"type": "ExampleType"}, {"type": "ExampleType"}]},
        {**INLINE, "termsOfUse": {"type": "ExampleType", "id": "did:example:terms/1"}},
        {**INLINE, "evidence": [{"type": "ExampleType"}, {"type": "ExampleType"}]},
        {"relatedResource": [{"id": V2, "digestSRI": SRI}]},
        {"relatedResource": {"id": V2, "digestMultibase": MULTIBASE, "mediaType": "application/ld+json"}},
    ],
)
def test_an_issuer_accepts_what_the_data_model_allows(suites: Service, change: dict[str, Any]) -> None:
    secured = issued(suites, change)
    assert secured["@context"] == {**CREDENTIAL, **change}["@context"]
    assert verify(suites, secured, checks=["proof"]).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"@context": None},
        {"@context": []},
        {"@context": [EXAMPLES]},
        {"@context": [EXAMPLES, V2]},
        {"@context": [V2, "https ://not-a-url/contexts/example/v1"]},
        {"@context": [V2, "https://example.com"]},
        {"@context": [V2, 192875]},
        {"@context": [V2, {"VerifiableCredential": TYPE}]},
        {
            "@context": [V2, {"@protected": True, "ExampleType": TYPE}, {"ExampleType": f"{TYPE}2"}],
            "type": ["VerifiableCredential", "ExampleType"],
        },
        {"id": None},
        {"id": "not-a-url"},
        {"id": ["did:example:1", "did:example:2"]},
        {"credentialSubject": {"id": ["did:example:1", "did:example:2"]}},
        {"type": None},
        {"type": [TYPE]},
        {"type": ["VerifiableCredential", "ExampleType"]},
        {
            "@context": [V2, {"ExampleType": "https ://not-a-url#ExampleType"}],
            "type": ["VerifiableCredential", "ExampleType"],
        },
        {"name": {**NAME, "url": "did:example:dog"}},
        {"description": {**NAME, "url": "did:example:dog"}},
        {"issuer": {"id": "did:example:issuer", "name": {**NAME, "url": "did:example:dog"}}},
        {"issuer": {"id": "did:example:issuer", "description": {**NAME, "url": "did:example:dog"}}},
        {"issuer": None},
        {"issuer": "not-a-url"},
        {"issuer": {"id": None}},
        {"issuer": {"id": "not-a-url"}},
        {"issuer": {"name": "Dog"}},
        {"credentialSubject": None},
        {"credentialSubject": {}},
        {"credentialSubject": [SUBJECT, {}]},
        {"validFrom": "2023-02-24"},
        {"validUntil": "2033-02-24T19:44:58"},
        {"validUntil": "2023-02-24 19:44"},
        {"validFrom": "2033-02-24T19:44:58Z", "validUntil": "2023-02-24T19:44:58Z"},
        {"credentialStatus": {"id": "did:example:status"}},
        {"credentialStatus": {"id": "did:example:status", "type": 2}},
        {"credentialStatus": {"id": "not-a-url", "type": TYPE}},
        {"credentialStatus": {"id": ["did:example:1", "did:example:2"], "type": TYPE}},
        {"credentialSchema": {"id": "did:example:schemas/1"}},
        {"credentialSchema": {"type": TYPE}},
        {"credentialSchema": {"type": TYPE, "id": 1}},
        {"refreshService": {"id": "did:example:refresh/1"}},
        {"termsOfUse": {"id": "did:example:terms/1"}},
        {"evidence": {"id": "did:example:evidence/1"}},
        {"relatedResource": [V2]},
        {"relatedResource": [{"digestSRI": SRI}]},
        {"relatedResource": [{"id": V2, "digestSRI": SRI}] * 2},
        {"relatedResource": [{"id": V2}]},
        {"relatedResource": [{"id": V2, "digestSRI": "sha384-" + "A" * 64}]},
        {"relatedResource": [{"id": V2, "digestMultibase": MULTIBASE.replace("W", "X")}]},
        {"statusEntry": {"type": "BitstringStatusListEntry", "statusListIndex": True}},
        {
            "credentialStatus": {
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "-1",
                "statusListCredential": "https://a.example/status",
            }
        },
        {"proof": {"type": "DataIntegrityProof"}},
    ],
)
def test_an_issuer_refuses_what_the_data_model_forbids(suites: Service, change: dict[str, Any]) -> None:
    for name in ("", "eddsa-jcs-2022", "vc-jwt"):
        answer = issue(suites, {**CREDENTIAL, **change}, name)
        assert answer.status_code in (400, 422), answer.text
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("name", ["@context", "type", "issuer", "credentialSubject"])
def test_an_issuer_adds_nothing_that_is_missing(suites: Service, name: str) -> None:
    credential = {member: value for member, value in CREDENTIAL.items() if member != name}
    assert issue(suites, credential).status_code in (400, 422)


def test_every_fault_is_told_with_its_place(suites: Service) -> None:
    answer = issue(suites, {**CREDENTIAL, "id": "x", "refreshService": {}, "type": []})
    assert answer.status_code == 422
    assert [fault["place"] for fault in answer.json["faults"]] == ["/type", "/id", "/refreshService"]
