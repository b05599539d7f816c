"""Many orders in one request: each answered in its place, each as idempotent as if it had come alone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from credserv.issuing.making import SAMPLE_EVERY
from credserv.records.credentials import CredentialState, IssuanceStep
from tests.testkit.service import ACHIEVEMENT, Service

DID = "did:key:z6MkmKvdJ3Hq2DxQRZHjqT6pEFWiF9yA5QCyGXBkD7jrFbgX"


def an_order(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "idempotency_key": f"row-{number}",
        "achievement": ACHIEVEMENT,
        "recipient": {"email": f"p{number}@example.org", "name": 'Ann "A" Roe'},
        **changed,
    }


Headers = dict[str, str]


@pytest.fixture
def key(service: Service) -> Headers:
    """One client's key: idempotency keys count per client."""
    return service.api_headers()


def send(service: Service, key: Headers, orders: list[dict[str, Any]]) -> TestResponse:
    return service.client().post("/api/v1/credentials/batch", json={"items": orders}, headers=key)


def document(service: Service, credential_id: str) -> dict[str, Any]:
    found: dict[str, Any] = service.client().get(f"/credentials/{credential_id}.json").json
    return found


def verdict(service: Service, credential_id: str) -> str:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.signed is not None
    answer = service.client().post("/api/v1/verify", data=record.signed, content_type="application/vc")
    return str(answer.json["verdict"])


def test_a_batch_issues_what_verifies(service: Service, key: Headers) -> None:
    level = {"resultDescription": "#mastery", "achievedLevel": "#proficient", "value": 'he said "87"\n'}
    orders = [
        an_order(0),
        an_order(1, recipient={"did": DID}),
        an_order(2, recipient={"email": "both@example.org", "did": DID}),
        an_order(3, results=[{"resultDescription": "#score", "value": "87"}]),
        an_order(4, results=[{"resultDescription": "#score", "value": "93"}, level]),
        an_order(5, evidence=[{"id": "https://portfolio.example/1", "name": "Observed"}]),
        an_order(6, awarded_at="2026-03-01T10:00:00Z"),
    ]
    answer = send(service, key, orders)
    assert answer.status_code == 200, answer.text
    assert (answer.json["created"], answer.json["repeated"], answer.json["failed"]) == (7, 0, 0)
    assert [item["idempotency_key"] for item in answer.json["items"]] == [f"row-{n}" for n in range(7)]
    assert {verdict(service, item["id"]) for item in answer.json["items"]} == {"verified"}

    documents = [document(service, item["id"]) for item in answer.json["items"]]
    assert documents[1]["credentialSubject"]["id"] == DID
    assert "identifier" not in documents[1]["credentialSubject"]
    assert [result["value"] for result in documents[4]["credentialSubject"]["result"]] == [
        "93",
        'he said "87"\n',
    ]
    assert documents[6]["awardedDate"] == "2026-03-01T10:00:00Z"


def test_a_batch_and_a_single_order_make_the_same_document(service: Service, key: Headers) -> None:
    item = send(service, key, [an_order(0)]).json["items"][0]
    single = {name: value for name, value in an_order(1).items() if name != "idempotency_key"}
    headers = {**key, "Idempotency-Key": "alone-0001"}
    alone = service.client().post("/api/v1/credentials", json=single, headers=headers).json

    one, other = (document(service, found) for found in (item["id"], alone["id"]))
    assert list(one) == list(other)
    ours, theirs = one["credentialSubject"], other["credentialSubject"]
    assert ours["achievement"] == theirs["achievement"]
    assert ours["identifier"][0]["salt"] != theirs["identifier"][0]["salt"]


def test_the_same_batch_again_issues_nothing(service: Service, key: Headers) -> None:
    orders = [an_order(number) for number in range(SAMPLE_EVERY + 10)]
    first = send(service, key, orders).json
    again = send(service, key, orders).json
    assert (first["created"], again["created"], again["repeated"]) == (len(orders), 0, len(orders))
    assert [item["id"] for item in again["items"]] == [item["id"] for item in first["items"]]

    changed = send(service, key, [an_order(0, recipient={"email": "other@example.org"})]).json
    assert changed["failed"] == 1
    assert changed["items"][0]["error"]["code"] == "conflict"


def test_what_is_wrong_with_one_order_harms_no_other(service: Service, key: Headers) -> None:
    orders = [an_order(0), an_order(1, achievement="nothing-like-it"), an_order(2)]
    answer = send(service, key, orders).json
    assert (answer["created"], answer["failed"]) == (2, 1)
    assert answer["items"][1]["error"]["code"] == "not-found"
    assert "credential" not in answer["items"][1]


def test_found_u3_one_bad_row_never_stops_the_others(service: Service, key: Headers) -> None:
    """A malformed address among many; then every kind of row that its shape refuses."""
    orders = [an_order(number) for number in range(50)]
    orders[7] = an_order(7, recipient={"email": "ann@@example.org"})
    answer = send(service, key, orders)
    assert answer.status_code == 200
    assert (answer.json["created"], answer.json["failed"]) == (49, 1)
    assert answer.json["items"][7]["error"]["faults"] == [
        {"place": "/items/7/recipient/email", "message": "Not one plain e-mail address."}
    ]
    wrong: list[Any] = [
        None,
        "row",
        [],
        {},
        an_order(61, recipient={}),
        an_order(62, more=1),
        an_order(63, awarded_at="yesterday"),
        an_order(64, results="87"),
        {name: value for name, value in an_order(65).items() if name != "idempotency_key"},
    ]
    mixed = [*wrong, an_order(60)]
    answered = send(service, key, mixed).json
    assert (answered["created"], answered["failed"]) == (1, len(wrong))
    for number, item in enumerate(answered["items"][:-1]):
        assert item["error"]["code"] == "schema-faults", item
        assert all(fault["place"].startswith(f"/items/{number}") for fault in item["error"]["faults"])
        assert item["error"]["faults"]
    assert "error" not in answered["items"][-1]


def test_found_u3_a_key_that_stands_twice_is_one_orders(service: Service, key: Headers) -> None:
    first, other, same, conflict = send(
        service,
        key,
        [an_order(0), an_order(1), an_order(0), an_order(0, recipient={"email": "else@example.org"})],
    ).json["items"]
    assert first["id"] == same["id"] != other["id"]
    assert (first["created"], same["created"]) == (True, False)
    assert conflict["error"]["code"] == "conflict"


def test_the_orders_of_a_batch_are_items_and_were_credentials(service: Service, key: Headers) -> None:
    def ask(body: dict[str, Any]) -> TestResponse:
        return service.client().post("/api/v1/credentials/batch", json=body, headers=key)

    orders = [an_order(0)]
    assert ask({"items": orders}).json["created"] == 1
    assert ask({"credentials": orders}).json["repeated"] == 1
    for wrong in ({}, {"items": orders, "credentials": orders}, {"items": []}, {"items": {}}, {"orders": []}):
        assert ask(wrong).status_code == 422, wrong


def test_parallel_copies_of_a_batch_make_each_credential_once(service: Service, key: Headers) -> None:
    orders = [an_order(number) for number in range(20)]
    with ThreadPoolExecutor(6) as pool:
        answers = [answer.json for answer in pool.map(lambda _: send(service, key, orders), range(6))]
    ids = {tuple(item["id"] for item in answer["items"]) for answer in answers}
    assert len(ids) == 1
    assert sum(answer["created"] for answer in answers) == 20
    assert service.services.store.credentials.count_by_state()[CredentialState.ACTIVE] == 20


def test_the_steps_of_a_batch_are_written_down(service: Service, key: Headers) -> None:
    item = send(service, key, [an_order(0)]).json["items"][0]
    store = service.services.store
    assert [line.action for line in store.audit.of_subject(item["id"])] == ["credential.sign"]
    record = store.credentials.get(item["id"])
    assert record is not None
    assert record.step is IssuanceStep.STORED
    assert json.loads(record.signed or b"")["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
