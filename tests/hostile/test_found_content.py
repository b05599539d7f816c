"""Row D8 of found.md: programs get what a credential says where it was signed, and a budget by their key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credserv.journeys.admit.access import end_api_key
from credserv.journeys.check.many import Submitted, report_on
from tests.testkit.proofs import badge, issuer
from tests.testkit.reports import check_report
from tests.testkit.service import Service, make_service
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list

ALICE, MALLORY = issuer(1), issuer(2)
VERIFY, BATCH = "/api/v1/verify", "/api/v1/verify/batch"
LEVEL, MASTERY = "urn:uuid:2", "urn:uuid:1"


def skilled() -> dict[str, Any]:
    document = badge(ALICE)
    subject = document["credentialSubject"]
    subject["id"] = "did:example:pat"
    subject["result"] = [
        {"type": ["Result"], "resultDescription": MASTERY, "achievedLevel": LEVEL, "value": "87"}
    ]
    level = {"id": LEVEL, "type": ["RubricCriterionLevel"], "name": "Proficient"}
    subject["achievement"] |= {
        "alignment": [
            {
                "type": ["Alignment"],
                "targetName": "Guides",
                "targetUrl": "http://data.europa.eu/esco/skill/1",
                "targetCode": "S1",
                "targetFramework": "ESCO",
            }
        ],
        "resultDescription": [
            {
                "id": MASTERY,
                "type": ["ResultDescription"],
                "name": "Mastery",
                "resultType": "RubricCriterionLevel",
                "valueMax": "100",
                "rubricCriterionLevel": [level],
            }
        ],
    }
    return document


GOOD = ALICE.sign(skilled())


@pytest.fixture
def service(tmp_path: Path) -> Service:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})
    rates = {"rate_verify": "4/minute", "rate_verify_keys": "6/minute"}
    return make_service(url, tmp_path, fetcher=hosts, starters=False, **rates)


def report(service: Service, document: dict[str, Any]) -> dict[str, Any]:
    given = Submitted(data=json.dumps(document).encode())
    found = dict(report_on(service.services, given, now=service.clock.now))
    check_report(found)
    return found


def test_found_d8_a_report_says_what_was_signed(service: Service) -> None:
    found = service.client().post(VERIFY, json={"credential": GOOD}).json
    content = found["content"]
    assert content["subject"] == {"id": "did:example:pat", "named_by": "did"}
    assert (content["achievement"]["name"], content["achievement"]["type"]) == ("Mentor", "Certification")
    assert content["achievement"]["criteria"] == "Three observed sessions."
    assert content["achievement"]["tags"] == ["mentoring", "coaching"]
    (result,) = content["results"]
    assert (result["name"], result["value"], result["level"], result["maximum"]) == (
        *("Mastery", "87", "Proficient", "100"),
    )
    (alignment,) = content["alignments"]
    assert (alignment["name"], alignment["code"], alignment["framework_kind"]) == ("Guides", "S1", "ESCO")
    assert content["issuer"]["id"] == ALICE.did == found["issuer"]["id"]
    assert content["valid_until"] == "2028-03-14T09:00:00Z"


def altered(**changes: Any) -> dict[str, Any]:
    """Signed as `GOOD`, and then changed in the subject."""
    document: dict[str, Any] = json.loads(json.dumps(GOOD))
    document["credentialSubject"] |= changes
    return document


@pytest.mark.parametrize(
    "document",
    [
        {name: value for name, value in GOOD.items() if name != "proof"},
        altered(id="did:example:mallory"),
        altered(result=[]),
        {**GOOD, "issuer": {**GOOD["issuer"], "id": MALLORY.did}},
        {**GOOD, "proof": {**GOOD["proof"], "cryptosuite": "x-2030"}},
        {**GOOD, "credentialSubject": [{"id": "did:example:mallory"}, GOOD["credentialSubject"]]},
        {"type": "VerifiablePresentation", "verifiableCredential": [GOOD, GOOD]},
    ],
    ids=["unsigned", "subject", "results", "issuer", "unknown-proof", "subject-before", "presentation"],
)
def test_found_d8_nothing_is_told_that_was_not_signed(service: Service, document: dict[str, Any]) -> None:
    found = report(service, document)
    assert found["verdict"] in ("not_verified", "could_not_be_checked")
    assert "content" not in found


def test_found_d8_what_the_page_passes_on_leaves_the_content_out(service: Service) -> None:
    client = service.client()
    shown = client.post("/verify", data={"text": json.dumps(GOOD)}).text
    signed = shown.split('name="report" value="')[1].split('"')[0]
    exported = client.post("/verify/export", data={"report": signed, "format": "json"}).json
    assert exported["verdict"] == "verified_issuer_unknown"
    assert "content" not in exported


def test_found_d8_a_key_has_a_budget_of_its_own_for_verifying(service: Service) -> None:
    client, key = service.client(), service.api_headers("credentials:read")
    asked = {"items": [{}] * 4}
    assert client.post(BATCH, json=asked).status_code == 200
    assert client.post(VERIFY, json={"credential": {}}).status_code == 429
    # Another in the same network, with a key: by that, and each item of a batch.
    assert client.post(BATCH, json=asked, headers=key).status_code == 200
    assert client.post(BATCH, json={"items": [{}] * 2}, headers=key).status_code == 200
    assert client.post(VERIFY, json={"credential": {}}, headers=key).status_code == 429
    other = service.api_headers("credentials:issue")
    assert client.post("/credentials/verify", json={}, headers=other).status_code != 429


@pytest.mark.parametrize("kind", ["ended", "unknown", "malformed", "of a browser"])
def test_found_d8_a_key_that_does_not_work_brings_no_budget(service: Service, kind: str) -> None:
    client, headers = service.client(), service.api_headers("credentials:read")
    if kind == "ended":
        key_id = headers["Authorization"].split("_")[1]
        end_api_key(service.services, key_id, service.clock.now)
    made = {
        "unknown": f"Bearer csk_{'0' * 12}_{'A' * 43}",
        "malformed": "Bearer csk_",
        "of a browser": "Basic eDp5",
    }
    headers = headers if kind == "ended" else {"Authorization": made[kind]}
    answers = [client.post(VERIFY, json={"credential": {}}, headers=headers) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
