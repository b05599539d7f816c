"""The API: achievements, credentials, status, verification; OpenAPI and problems."""

from __future__ import annotations

import base64
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from credserv.openbadges.baking import unbake
from tests.testkit.service import ACHIEVEMENT, Service, make_service

DEFINITION = {
    "key": "active-listening-2",
    "kind": "competency-mastery",
    "validity_days": 365,
    "achievement": {
        "achievementType": "Competency",
        "name": "Listens actively",
        "description": "Hears what is said, and what is not.",
        "criteria": {"narrative": "Shown in three observed talks."},
        "tag": ["mentoring"],
    },
}
ORDER = {"achievement": ACHIEVEMENT, "recipient": {"email": "sam@example.org", "name": "Sam Roe"}}


def order(
    service: Service, key: str = "order-0001", headers: dict[str, str] | None = None, **changed: Any
) -> TestResponse:
    headers = {**(headers or service.api_headers()), "Idempotency-Key": key}
    return service.client().post("/api/v1/credentials", json={**ORDER, **changed}, headers=headers)


@pytest.fixture(scope="module")
def answering(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """For what is refused before anything is kept, and for what no database knows."""
    folder = tmp_path_factory.mktemp("answering")
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)


# --- achievements -------------------------------------------------------------------------------


def test_an_achievement_is_made_repeated_and_changed(service: Service) -> None:
    client, headers = service.client(), service.api_headers()
    first = client.post("/api/v1/achievements", json=DEFINITION, headers=headers)
    assert first.status_code == 201, first.text
    assert (first.json["key"], first.json["version"]) == ("active-listening-2", 1)
    assert client.get(first.headers["Location"]).status_code == 200

    again = client.post("/api/v1/achievements", json=DEFINITION, headers=headers)
    assert (again.status_code, again.json) == (200, first.json)

    changed = {**DEFINITION, "validity_days": 730}
    second = client.post("/api/v1/achievements", json=changed, headers=headers)
    assert (second.status_code, second.json["version"]) == (201, 2)

    newest = client.get("/api/v1/achievements/active-listening-2", headers=headers)
    assert newest.json == second.json
    listed = client.get("/api/v1/achievements", headers=headers).json["items"]
    assert len(listed) >= 6
    assert [item["version"] for item in listed if item["key"] == "active-listening-2"] == [2]


def test_a_wrong_definition_is_told_every_fault_in_one_answer(answering: Service) -> None:
    wrong = {"key": "No Spaces", "kind": "nobility", "achievement": {"name": 7, "criteria": {}}, "extra": 1}
    answer = answering.client().post("/api/v1/achievements", json=wrong, headers=answering.api_headers())
    assert answer.status_code == 422
    places = {fault["place"] for fault in answer.json["faults"]}
    assert {"/key", "/kind", "/extra"} <= places
    assert any(place.startswith("/achievement") for place in places)
    assert answering.services.store.achievements.newest("No Spaces") is None


def test_a_picture_comes_inline(service: Service) -> None:
    png = service.services.default_image.png  # type: ignore[union-attr]  # every service has one
    uri = "data:image/png;base64," + base64.b64encode(png).decode()
    definition = {**DEFINITION, "image": {"png": uri, "caption": "An ear."}}
    made = service.client().post("/api/v1/achievements", json=definition, headers=service.api_headers())
    assert made.status_code == 201, made.text
    picture = service.client().get(made.json["achievement"]["image"]["id"])
    assert (picture.status_code, picture.content_type, picture.data) == (200, "image/png", png)
    named = {**DEFINITION, "image": {"png": "../../etc/passwd", "caption": "An ear."}}
    refused = service.client().post("/api/v1/achievements", json=named, headers=service.api_headers())
    assert [fault["place"] for fault in refused.json["faults"]] == ["/image/png"]


# --- credentials --------------------------------------------------------------------------------


def test_an_order_becomes_a_credential_and_its_repeat_does_not(service: Service) -> None:
    headers = service.api_headers()
    first = order(service, headers=headers)
    assert first.status_code == 201, first.text
    assert first.headers["Location"] == first.json["credential"]
    assert first.json["state"] == "active"
    again = order(service, headers=headers)
    assert (again.status_code, again.json) == (200, first.json)
    read = service.client().get(f"/api/v1/credentials/{first.json['id']}", headers=headers)
    assert read.json == first.json
    assert "sam@example.org" not in first.text


def test_attack_107_the_same_key_for_another_order_is_a_conflict(service: Service) -> None:
    headers = service.api_headers()
    order(service, headers=headers)
    other = order(service, headers=headers, recipient={"email": "someone@example.org"})
    assert other.status_code == 409
    assert sum(service.services.store.credentials.count_by_state().values()) == 1


def test_found_f12_idempotency_keys_are_the_organisations(service: Service) -> None:
    first = order(service, headers=service.api_headers())
    again = order(service, headers=service.api_headers())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json


def test_found_u5_credentials_are_found_by_recipient_achievement_state_and_time(service: Service) -> None:
    headers, client = service.api_headers(), service.client()
    ids = []
    for number, (email, achievement) in enumerate(
        [
            ("a@example.org", ACHIEVEMENT),
            ("b@example.org", ACHIEVEMENT),
            ("a@example.org", "active-listening"),
        ]
    ):
        sent = {**headers, "Idempotency-Key": f"found-{number:04}"}
        body = {"achievement": achievement, "recipient": {"email": email}}
        ids.append(client.post("/api/v1/credentials", json=body, headers=sent).json["id"])
        service.clock.advance(minutes=1)
    status = {"state": "revoked", "reason": "x"}
    client.post(f"/api/v1/credentials/{ids[1]}/status", json=status, headers=headers)

    def find(**query: Any) -> list[int]:
        answer = client.get("/api/v1/credentials", query_string=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return [ids.index(item["id"]) for item in answer.json["items"]]

    assert find() == [2, 1, 0]
    assert find(recipient="A@example.org") == [2, 0]
    assert find(recipient="a@example.org", achievement=ACHIEVEMENT) == [0]
    assert find(state="revoked") == [1]
    assert find(state="active", achievement="active-listening") == [2]
    start = service.clock.now - timedelta(minutes=2)
    assert find(issued_from=start.isoformat()) == [2, 1]
    assert find(issued_before=start.isoformat()) == [0]
    assert find(recipient="nobody@example.org") == find(recipient="did:key:z6Mk") == []
    unreadable = [{"recipient": "a b@example.org"}, {"recipient": "pat"}, {"recipient": ""}]
    others = [{"state": "good"}, {"limit": "0"}, {"after": "x"}, {"issued_from": "soon"}, {"who": "a"}]
    for wrong in unreadable + others:
        answer = client.get("/api/v1/credentials", query_string=wrong, headers=headers)
        assert answer.status_code == 422, wrong


def test_found_u5_pages_go_on_from_a_row_whatever_is_issued_meanwhile(service: Service) -> None:
    headers, client = service.api_headers(), service.client()
    ids = [service.issue(email=f"p{number}@example.org") for number in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        answer = client.get("/api/v1/credentials", query_string=query, headers=headers).json
        seen += [item["id"] for item in answer["items"]]
        service.clock.advance(seconds=1)
        service.issue(email=f"later-{len(seen)}@example.org")
        if answer["next"] is None:
            break
        query["after"] = answer["next"]
    assert sorted(seen) == sorted(ids)

    keys, query = [], {"limit": 2}
    while True:
        answer = client.get("/api/v1/achievements", query_string=query, headers=headers).json
        keys += [item["key"] for item in answer["items"]]
        if answer["next"] is None:
            break
        query["after"] = answer["next"]
    whole = client.get("/api/v1/achievements", headers=headers).json
    assert keys == [item["key"] for item in whole["items"]]
    assert len(keys) > 4


def test_found_u5_nothing_of_another_organisation_is_listed(service: Service) -> None:
    service.issue()
    other = service.services.store.of("nobody")
    assert other.credentials.search(limit=9).items == ()


def test_without_an_idempotency_key_nothing_is_issued(answering: Service) -> None:
    answer = answering.client().post("/api/v1/credentials", json=ORDER, headers=answering.api_headers())
    assert answer.status_code == 422
    assert answer.json["faults"] == [
        {"place": "/Idempotency-Key", "message": "Missing data for required field."}
    ]


def test_an_unknown_achievement_is_not_found(answering: Service) -> None:
    assert order(answering, achievement="no-such-thing").status_code == 404


def _define(service: Service, key: str, **members: Any) -> None:
    achievement = {"name": "Bread", "description": "Bakes.", "criteria": {"narrative": "Bake."}}
    body = {"key": key, "kind": "competency-mastery", "achievement": achievement} | members
    headers = service.api_headers("achievements:write", "credentials:issue")
    answer = service.client().post("/api/v1/achievements", json=body, headers=headers)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("validity", "awarded_at", "ends"),
    [
        ({"validity_years": 2}, "2020-11-20T09:00:00Z", "2022-11-20T09:00:00Z"),
        ({"validity_years": 2}, "2024-02-29T09:00:00Z", "2026-02-28T09:00:00Z"),
        ({"validity_months": 6}, "2025-08-31T09:00:00+02:00", "2026-02-28T07:00:00Z"),
        ({"validity_days": 730}, "2023-03-01T00:00:00Z", "2025-02-28T00:00:00Z"),
        ({"validity_years": 90}, "9990-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_b4_validity_counts_from_the_award_in_calendar_years(
    sqlite_service: Service, validity: dict[str, int], awarded_at: str, ends: str, batch: bool
) -> None:
    _define(sqlite_service, "bread", **validity)
    if batch:
        body = {
            "credentials": [
                {**ORDER, "achievement": "bread", "awarded_at": awarded_at, "idempotency_key": "1"}
            ]
        }
        headers = sqlite_service.api_headers("credentials:issue")
        answer = sqlite_service.client().post("/api/v1/credentials/batch", json=body, headers=headers)
        url = answer.json["items"][0]["credential"]
    else:
        url = order(sqlite_service, achievement="bread", awarded_at=awarded_at).json["credential"]
    document = sqlite_service.client().get(url).json
    assert document["validUntil"] == ends
    assert document["validFrom"] < ends
    found = sqlite_service.client().post("/api/v1/verify", json={"credential": document}).json
    (proof,) = [check for check in found["checks"] if check["name"] == "proof"]
    (validity_check,) = [check for check in found["checks"] if check["name"] == "validity"]
    assert proof["outcome"] == "passed"
    assert validity_check.get("code", "") in ("", "expired")


def test_results_and_evidence_go_into_the_credential(service: Service) -> None:
    version = service.services.store.achievements.newest(ACHIEVEMENT)
    assert version is not None
    described = version.achievement["resultDescription"][0]["id"].rpartition("#")[2]
    answer = order(
        service,
        results=[{"resultDescription": f"#{described}", "value": "87"}],
        evidence=[
            {"id": "https://example.org/portfolio/1", "name": "Portfolio", "narrative": "Three talks."}
        ],
        awarded_at="2026-02-01T10:00:00+01:00",
    )
    assert answer.status_code == 201, answer.text
    document = service.client().get(answer.json["credential"]).json
    assert document["credentialSubject"]["result"][0]["value"] == "87"
    assert document["evidence"][0]["id"] == "https://example.org/portfolio/1"
    assert document["awardedDate"] == "2026-02-01T09:00:00Z"
    assert service.client().post("/api/v1/verify", json={"credential": document}).json["verified"] is True


@pytest.mark.parametrize(
    "result",
    [
        {"resultDescription": "#no-such-thing", "value": "87"},
        {"resultDescription": "#score", "value": "120"},
        {"resultDescription": "#score", "achievedLevel": "#proficient"},
        {"resultDescription": "#mastery", "achievedLevel": "#no-such-level"},
        {"achievedLevel": "#proficient"},
    ],
)
def test_b15_what_the_achievement_does_not_define_is_not_signed(
    answering: Service, result: dict[str, str]
) -> None:
    answer = order(answering, achievement="ict-troubleshooting", results=[result])
    assert answer.status_code == 422
    assert answer.json["faults"][0]["place"] == "/credentialSubject/result/0"
    assert sum(answering.services.store.credentials.count_by_state().values()) == 0


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"recipient": {}}, "/recipient"),
        ({"recipient": {"email": "a@b@c"}}, "/recipient/email"),
        ({"recipient": {"email": "a@b.example\r\nBcc: x@y.example"}}, "/recipient/email"),
        ({"recipient": {"did": "did:"}}, "/recipient/did"),
        ({"version": "1"}, "/version"),
        ({"version": 0}, "/version"),
        ({"awarded_at": "2026-02-01"}, "/awarded_at"),
        ({"awarded_at": 7}, "/awarded_at"),
        ({"results": [{"value": 7}]}, "/results/0/value"),
        ({"evidence": [{"id": "javascript:alert(1)"}]}, "/evidence/0/id"),
    ],
)
def test_a_faulty_order_names_the_place(answering: Service, changed: dict[str, Any], place: str) -> None:
    answer = order(answering, **changed)
    assert answer.status_code == 422, answer.text
    assert place in [fault["place"] for fault in answer.json["faults"]]
    assert sum(answering.services.store.credentials.count_by_state().values()) == 0


# --- status -------------------------------------------------------------------------------------


def change(service: Service, credential_id: str, state: str, reason: str = "a reason") -> TestResponse:
    return service.client().post(
        f"/api/v1/credentials/{credential_id}/status",
        json={"state": state, "reason": reason},
        headers=service.api_headers("credentials:status"),
    )


def test_suspend_restore_revoke(service: Service) -> None:
    credential_id = service.issue()
    for state in ("suspended", "active", "revoked"):
        assert change(service, credential_id, state).json["state"] == state
    assert change(service, credential_id, "revoked").status_code == 200
    back = change(service, credential_id, "active")
    assert (back.status_code, back.json["code"]) == (409, "conflict")


def test_a_revocation_needs_a_reason(service: Service) -> None:
    credential_id = service.issue()
    answer = change(service, credential_id, "revoked", reason="  ")
    assert [fault["place"] for fault in answer.json["faults"]] == ["/reason"]


def test_attack_74_a_revoked_credential_fails_within_the_stated_bound(service: Service) -> None:
    credential_id = service.issue()
    document = service.client().get(f"/credentials/{credential_id}").json
    assert change(service, credential_id, "revoked", reason="issued by mistake").status_code == 200
    service.clock.advance(seconds=service.settings.status_list_refresh_seconds)
    answer = service.client().post("/api/v1/verify", json={"credential": document})
    assert answer.json["verified"] is False
    assert answer.json["verdict"] == "not_verified"
    assert {check["name"]: check["outcome"] for check in answer.json["checks"]}["status"] == "failed"
    assert "issued by mistake" not in answer.text


def test_the_status_of_what_is_not_there(service: Service) -> None:
    assert change(service, "AAAAAAAAAAAAAAAAAAAAAA", "revoked").status_code == 404


# --- verification -------------------------------------------------------------------------------


def test_each_form_of_a_credential_is_verified(service: Service) -> None:
    url = f"/credentials/{service.issue()}"
    signed = service.client().get(url).data
    forms = [
        ("application/json", json.dumps({"credential": json.loads(signed)}).encode()),
        ("application/json", signed),
        ("application/vc+ld+json", signed),
    ]
    for suffix, media_type in (("png", "image/png"), ("svg", "image/svg+xml")):
        picture = service.client().get(f"{url}.{suffix}").data
        assert unbake(picture) == signed
        forms.append((media_type, picture))
    for media_type, body in forms:
        answer = service.client().post("/api/v1/verify", data=body, content_type=media_type)
        assert answer.status_code == 200, answer.text
        assert answer.json["verified"] is True, (media_type, answer.json)
        assert answer.json["verdict"] == "verified"
        assert answer.json["sentence"]


def test_our_own_url_is_verified_without_a_fetch(service: Service) -> None:
    url = f"{service.settings.public_url}/credentials/{service.issue()}"
    assert service.client().post("/api/v1/verify", json={"url": url}).json["verified"] is True


def test_an_altered_credential_is_answered_with_every_check(service: Service) -> None:
    document = service.client().get(f"/credentials/{service.issue()}").json
    document["name"] = "Grand Master"
    answer = service.client().post("/api/v1/verify", json={"credential": document})
    assert answer.status_code == 200
    outcomes = {check["name"]: check["outcome"] for check in answer.json["checks"]}
    assert outcomes["proof"] == "failed"
    assert "failed" not in [outcomes[name] for name in outcomes if name not in ("proof",)]
    assert all(check["reason"] for check in answer.json["checks"])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"credential": 7}', b"{}", b'{"credential": {}, "url": "x"}']
)
def test_what_is_no_credential_is_a_problem(answering: Service, body: bytes) -> None:
    answer = answering.client().post("/api/v1/verify", data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.content_type == "application/problem+json"


def test_vc_api_answers_200_or_400(service: Service) -> None:
    document = service.client().get(f"/credentials/{service.issue()}").json
    client = service.client()
    good = client.post("/credentials/verify", json={"verifiableCredential": document})
    assert (good.status_code, good.json["verified"]) == (200, True)
    assert "proof" in good.json["checks"]
    assert good.json["errors"] == []

    altered = {**document, "validFrom": "2020-01-01T00:00:00Z"}
    bad = client.post("/credentials/verify", json={"verifiableCredential": altered, "options": {}})
    assert (bad.status_code, bad.json["verified"]) == (400, False)
    assert bad.json["errors"]

    alone = client.post(
        "/credentials/verify", json={"verifiableCredential": document, "options": {"checks": ["proof"]}}
    )
    assert alone.status_code == 200
    assert client.post("/credentials/verify", json={}).status_code == 400
    assert (
        client.post("/credentials/verify", json={"verifiableCredential": document, "x": 1}).status_code == 400
    )


# --- OpenAPI, problems, health ------------------------------------------------------------------


def test_openapi_names_every_call_of_the_api(answering: Service) -> None:
    document = answering.client().get("/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": answering.settings.public_url}]
    assert set(document["paths"]) >= {
        "/api/v1/achievements",
        "/api/v1/achievements/{key}",
        "/api/v1/credentials",
        "/api/v1/credentials/{credential_id}",
        "/api/v1/credentials/{credential_id}/status",
        "/api/v1/verify",
        "/hooks/{source}",
        "/credentials/verify",
    }
    issue = document["paths"]["/api/v1/credentials"]["post"]
    assert issue["security"] == [{"apiKey": ["credentials:issue"]}]
    assert "Idempotency-Key" in [parameter["name"] for parameter in issue["parameters"]]
    assert issue["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    order_shape = document["components"]["schemas"]["CredentialOrderPayload"]
    assert order_shape["additionalProperties"] is False
    assert set(order_shape["required"]) == {"achievement", "recipient"}


def test_every_reference_in_the_openapi_document_leads_somewhere(answering: Service) -> None:
    document = answering.client().get("/api/v1/openapi.json").json

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if "$ref" in value else []
            return own + [found for below in value.values() for found in references(below)]
        return [found for below in value for found in references(below)] if isinstance(value, list) else []

    found = set(references(document))
    assert found
    for reference in found:
        target: Any = document
        for token in reference.removeprefix("#/").split("/"):
            target = target[token]


def test_the_docs_page_explains_each_call_and_each_problem(answering: Service) -> None:
    answer = answering.client().get("/api/v1/docs", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "POST /api/v1/credentials" in answer.text
    problem = answering.client().get("/api/v1/nothing").json
    anchor = problem["type"].partition("#")[2]
    assert f'id="{anchor}"' in answer.text
    assert len(answer.data) < 100_000
    parts = set(re.findall(r'href="(/api/v1/docs/[a-z]+)"', answer.text))
    told = {part: answering.client().get(part, headers={"Accept": "text/html"}) for part in parts}
    assert "POST /api/v1/credentials" in told["/api/v1/docs/credentials"].text
    for one in told.values():
        assert one.status_code == 200
        assert len(one.data) < 100_000
        for name in re.findall(r'href="#schema-([^"]+)"', one.text):
            assert f'id="schema-{name}"' in one.text
    assert answering.client().get("/api/v1/docs/nothing").status_code == 404


def test_a_problem_document_is_complete(answering: Service) -> None:
    answer = answering.client().get(
        "/api/v1/credentials/AAAAAAAAAAAAAAAAAAAAAA", headers=answering.api_headers()
    )
    assert answer.content_type == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail", "code", "instance"}
    assert answer.json["status"] == answer.status_code == 404
    assert answer.json["instance"] == f"urn:uuid:{answer.headers['X-Request-Id']}"


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/api/v1/nothing", {}, 404),
        ("DELETE", "/api/v1/achievements", {}, 405),
        ("POST", "/api/v1/verify", {"data": b"x", "content_type": "text/csv"}, 415),
        ("POST", "/api/v1/verify", {"data": b"{}", "content_type": "application/json; charset=utf-8"}, 422),
    ],
)
def test_errors_of_http_are_problems_too(
    answering: Service, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    answer = answering.client().open(path, method=method, **options)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status


def test_a_405_says_what_is_allowed(answering: Service) -> None:
    answer = answering.client().delete("/api/v1/achievements")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].replace(" ", "").split(","))


def test_a_browser_gets_an_error_as_a_page(answering: Service) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = answering.client().get("/nothing/here", headers=browser)
    assert page.status_code == 404
    assert page.content_type.startswith("text/html")
    machine = answering.client().get("/nothing/here")
    assert machine.content_type == "application/problem+json"
    api = answering.client().get("/api/v1/nothing", headers=browser)
    assert api.content_type == "application/problem+json"


def test_health(service: Service) -> None:
    assert service.client().get("/healthz").json == {"status": "alive"}
    said = service.client().get("/readyz").json
    assert said["status"] == "degraded"  # no worker runs in a test
    assert [name for name, part in said["parts"].items() if not part["ok"]] == ["worker"]


def test_not_ready_without_the_tables(empty_database_url: str, tmp_path: Path, service: Service) -> None:
    from credserv.app.factory import create_app
    from credserv.store.store import open_store

    empty = open_store(empty_database_url, secret_key=service.settings.secret_key)
    services = type(service.services)(**{**vars(service.services), "store": empty})
    answer = create_app(service.settings, services).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["code"] == "unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    empty.close()
