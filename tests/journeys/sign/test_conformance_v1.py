"""What suites ask of an issuer for version 1.1 of the data model (found S1); no document ends in a 500."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credserv.journeys.sign.conformance import DATA_INTEGRITY, STATUS
from tests.testkit.service import Service
from tests.testkit.vc_api import (
    CREDENTIAL,
    CREDENTIAL_1,
    EXAMPLES,
    OB3,
    SUBJECT,
    TYPE,
    V1,
    V2,
    change_status,
    issue,
    issued,
    verify,
)

ISSUERS = ["", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019-p384", "bitstring-status-list"]
OWN = CREDENTIAL_1["@context"][1]


@pytest.mark.parametrize("name", ISSUERS)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"@context": [V1], "credentialSubject": SUBJECT},
        {"@context": [V1, DATA_INTEGRITY], "credentialSubject": SUBJECT},
        {"@context": [V1, {"@protected": True, **OWN}]},
        {"@context": [V1, {"@context": OWN}]},
        {"issuanceDate": "2020-03-16T22:37:26.544Z"},
        {"issuanceDate": "2020-03-16T22:37:26Z", "expirationDate": "2033-02-24T19:44:58-05:00"},
        {"issuer": {"id": "did:example:issuer"}},
        {"credentialSubject": [SUBJECT, {"id": "did:example:other:subject"}]},
        {"@context": [V1, OWN, {"ExampleType": TYPE}], "type": ["VerifiableCredential", "ExampleType"]},
    ],
)
def test_found_s1_a_document_of_version_1_is_issued_and_verified(
    suites: Service, name: str, change: dict[str, Any]
) -> None:
    secured = issued(suites, change, name, model="1.1")
    sent = {**CREDENTIAL_1, **change}
    added = [DATA_INTEGRITY, *([STATUS] if name == "bitstring-status-list" else [])]
    assert secured["@context"] == [*sent["@context"], *(url for url in added if url not in sent["@context"])]
    assert secured["issuanceDate"] == sent.get("issuanceDate", "2026-03-14T09:26:53Z")
    assert verify(suites, secured).status_code == 200
    for altered in ({"id": "urn:uuid:1"}, {"issuanceDate": "2020-03-16T22:37:27Z"}):
        assert verify(suites, {**secured, **altered}).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"@context": [V1]},  # nothing gives `name` a meaning
        {"@context": V1},
        {"@context": 4},
        {"@context": None},
        {"@context": []},
        {"@context": [OWN, V1]},
        {"@context": [V1, V2, OWN]},
        {"@context": [V2, V1, OWN]},
        {"@context": [V1, 4, OWN]},
        {"@context": [V1, OWN, {"VerifiableCredential": TYPE}]},
        {"type": 4},
        {"type": [None, "VerifiableCredential"]},
        {"type": ["UniversityDegreeCredential"]},
        {"issuer": None},
        {"issuer": 4},
        {"issuer": []},
        {"credentialSubject": None},
        {"credentialSubject": "did:example:1234"},
        {"credentialSubject": []},
        {"issuanceDate": "yesterday"},
        {"issuanceDate": "2033-02-24T19:44:58Z", "expirationDate": "2023-02-24T19:44:58Z"},
        {"validFrom": "2023-02-24T19:44:58Z"},
        {"credentialStatus": {"id": "did:example:status"}},
        {"evidence": {"id": "did:example:evidence/1"}},
        {"proof": {"type": "DataIntegrityProof"}},
        {"undefined": "term"},
    ],
)
def test_found_s1_what_version_1_forbids_is_refused(suites: Service, change: dict[str, Any]) -> None:
    for name in ("", "eddsa-jcs-2022", "bitstring-status-list"):
        answer = issue(suites, {**CREDENTIAL_1, **change}, name)
        assert answer.status_code in (400, 422), answer.text
        assert answer.content_type == "application/problem+json"


def test_found_s1_a_status_of_version_1_is_set_and_told(suites: Service) -> None:
    secured = issued(suites, {"id": "urn:uuid:s1"}, "bitstring-status-list", model="1.1")
    entries = {entry["statusPurpose"]: entry for entry in secured["credentialStatus"]}
    assert set(entries) == {"revocation", "suspension"}
    assert verify(suites, secured).status_code == 200
    assert change_status(suites, "urn:uuid:s1", "revocation") == 200
    told = verify(suites, secured)
    assert told.status_code == 400
    assert any("status" in error for error in told.json["errors"]), told.json


def test_found_s1_the_product_itself_issues_version_2_alone(sqlite_service: Service) -> None:
    service = sqlite_service
    own = {
        **CREDENTIAL_1,
        "@context": [V1],
        "credentialSubject": SUBJECT,
        "issuer": service.services.issuer.did,
    }
    headers = service.api_headers("vc-api:issue")
    answer = service.client().post("/credentials/issue", json={"credential": own}, headers=headers)
    assert (answer.status_code, answer.json["faults"][0]["place"]) == (422, "/@context")


# --- never a 500 ----------------------------------------------------------------------------------

CONTEXTS = st.sampled_from(
    [
        *(V1, V2, OB3, EXAMPLES, DATA_INTEGRITY, OWN, {}, {"@vocab": None}, {"@vocab": "https://a.example/"}),
        *({"@base": None}, {"@version": 1.1}, {"@import": V2}, {"@propagate": False}, {"a": None}, {"a": {}}),
        *({"a": {"@id": "@type"}}, {"a": {"@id": "https://a.example/a", "@container": ["@list", "@set"]}}),
        *({"a": {"@reverse": "https://a.example/a"}}, {"id": "@id", "type": "@type"}, {"@context": [OWN]}),
        *({"a": {"@id": "https://a.example/a", "@context": {"b": None}}}, {"a": "b", "b": "a"}, [], 7, None),
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["did:example:1", "https://a.example", "@id", "_:b0", "\ud800", "2020-01-01T00:00:00Z"]),
)
NAMES = st.one_of(
    st.sampled_from(
        [
            *("@context", "@id", "@type", "@value", "@list", "@graph", "@included", "@json", "id", "type"),
            *("a", "name", "description", "proof", "issuer", "credentialStatus", "credentialSchema"),
            *("credentialSubject", "relatedResource", "evidence", "statusListIndex", "validFrom"),
        ]
    ),
    st.text(max_size=5),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from([*CREDENTIAL_1, "credentialStatus", "credentialSchema", "evidence", "issuanceDate"])


@st.composite
def _documents(draw: st.DrawFn) -> Any:
    document = copy.deepcopy(draw(st.sampled_from([CREDENTIAL, CREDENTIAL_1])))
    if draw(st.booleans()):
        document["@context"] = [document["@context"][0], *draw(st.lists(CONTEXTS, max_size=3))]
    for name, value in draw(st.dictionaries(st.one_of(MEMBERS, NAMES), JSON, max_size=2)).items():
        document[name] = value
    if draw(st.booleans()):
        deep: Any = draw(LEAVES)
        for _ in range(draw(st.sampled_from([1, 40, 70, 400]))):
            deep = [deep] if draw(st.booleans()) else {"a": deep}
        document[draw(NAMES)] = deep
    for name in draw(st.sets(MEMBERS, max_size=2)):
        document.pop(name, None)
    return document


@given(document=_documents(), name=st.sampled_from([*ISSUERS, "vc-jwt", "vc-sd-jwt", "ecdsa-sd-2023"]))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_found_s1_no_document_ends_in_a_500(suites: Service, document: Any, name: str) -> None:
    answer = issue(suites, document, name)
    assert answer.status_code in (201, 400, 413, 422), (document, answer.text)
    if answer.status_code == 201 and name != "ecdsa-sd-2023":  # what is signed is what our verifier reads
        secured = answer.json["verifiableCredential"]
        assert verify(suites, secured, checks=["proof"]).status_code == 200, (document, secured)
    told = verify(suites, document)
    assert told.status_code in (400, 413, 422), (document, told.text)
    shown = suites.client().post("/presentations/verify", json={"verifiablePresentation": document})
    assert shown.status_code in (400, 413, 422), (document, shown.text)
    based = {**document, "proof": issued(suites, {}, "ecdsa-sd-2023")["proof"]}
    for body in ({"verifiableCredential": based, "options": {"selectivePointers": ["/a", "/issuer"]}}, based):
        derived = suites.client().post("/credentials/derive", json=body)
        assert derived.status_code in (201, 400, 413, 422), (document, derived.text)
    held = suites.client().post("/issuers/vc-cose/presentations", json={"presentation": document})
    assert held.status_code in (400, 413, 422), (document, held.text)
