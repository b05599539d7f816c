"""Journey 1, award: an event of a learning system becomes a credential that verifies, once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from credserv.app.factory import create_app
from credserv.ground.encoding import KeyType
from credserv.ground.errors import SigningKeyError
from credserv.issuing.recipe import Recipe
from credserv.journeys.award.award import retry_event
from credserv.records.credentials import CredentialState, IssuanceStep
from credserv.records.sources import EventState
from credserv.sources.webhook import create_secret
from tests.testkit.service import ACHIEVEMENT, COURSE, SOURCE, Service


def count_issued(service: Service) -> int:
    return sum(service.services.store.credentials.count_by_state().values())


def test_an_event_becomes_a_credential_that_verifies(service: Service) -> None:
    answer = service.send_event(email="pat@example.org")
    assert answer.status_code == 201
    url = answer.json["credential"]
    assert answer.json["state"] == "issued"
    assert answer.headers["Location"] == url
    assert url.startswith(f"{service.settings.public_url}/credentials/")

    document = service.client().get(url).json
    assert document["id"] == url
    assert document["issuer"]["id"] == service.services.issuer.did
    assert "pat@example.org" not in json.dumps(document)

    verdict = service.client().post("/api/v1/verify", json={"credential": document})
    assert verdict.status_code == 200
    assert verdict.json["verified"] is True, verdict.json


def test_the_steps_are_on_record(service: Service) -> None:
    credential_id = service.issue()
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.step is IssuanceStep.STORED
    assert record.issued_at == record.stored_at == service.clock.now
    assert record.delivered_at is None


def test_the_same_event_again_is_answered_with_the_first_result(service: Service) -> None:
    event = service.event()
    first = service.send_event(event, event_id="evt_same")
    again = service.send_event(event, event_id="evt_same")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert count_issued(service) == 1


def test_the_same_id_with_another_body_is_a_conflict(service: Service) -> None:
    service.send_event(service.event(score=0.9), event_id="evt_same")
    other = service.send_event(service.event(score=0.7), event_id="evt_same")
    assert other.status_code == 409
    assert other.json["code"] == "conflict"
    assert count_issued(service) == 1


@pytest.mark.parametrize("made", [{"passed": False}, {"score": 0.3}])
def test_what_was_not_passed_is_answered_and_ignored(service: Service, made: dict[str, object]) -> None:
    answer = service.send_event(event_id="evt_1", **made)
    assert answer.status_code == 200
    assert answer.json["state"] == "ignored"
    assert answer.json["credential"] is None
    assert answer.json["note"]
    assert count_issued(service) == 0


def test_attack_105_an_event_for_an_unknown_course_waits_for_an_administrator(service: Service) -> None:
    answer = service.send_event(course="course-v1:Nobody+KNOWS+2026", event_id="evt_1")
    assert answer.status_code == 202
    assert answer.json["state"] == "quarantined"
    store = service.services.store
    (kept,) = store.events.recent(SOURCE, state=EventState.QUARANTINED, limit=10)
    assert kept.event_id == "evt_1"
    again = service.send_event(course="course-v1:Nobody+KNOWS+2026", event_id="evt_1")
    assert again.status_code == 202


def test_the_learner_may_be_named_by_did_or_by_both(service: Service) -> None:
    did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    for number, email in enumerate((None, "pat@example.org")):
        answer = service.send_event(email=email, did=did, event_id=f"evt_{number}_did")
        subject = service.client().get(answer.json["credential"]).json["credentialSubject"]
        assert subject["id"] == did
        assert ("identifier" in subject) is (email is not None)


_LEARNER = {"email": "pat@example.org"}
_COURSE = {"id": COURSE}
FAULTY: dict[str, bytes] = {
    "no JSON": b"{",
    "a list": b"[]",
    "text": b'"course.completed"',
    "nothing": b"{}",
    "members twice": b'{"type": "course.completed", "type": "course.completed"}',
    "no learner": json.dumps({"type": "course.completed", "timestamp": "yesterday", "data": {}}).encode(),
    "a misspelt result": json.dumps(
        {
            "type": "course.completed",
            "timestamp": "2026-03-14T09:00:00Z",
            "data": {"learner": _LEARNER, "course": _COURSE, "reslut": {"passed": False}},
        }
    ).encode(),
    "a score of another scale": json.dumps(
        {
            "type": "course.completed",
            "timestamp": "2026-03-14T09:00:00Z",
            "data": {"learner": _LEARNER, "course": _COURSE, "result": {"score": 87, "passed": True}},
        }
    ).encode(),
}


@pytest.mark.parametrize("name", FAULTY)
def test_found_b3_an_authenticated_event_is_never_lost(sqlite_service: Service, name: str) -> None:
    """Whatever is in it, it is kept to the byte, and an administrator is told why nothing came of it."""
    service, body = sqlite_service, FAULTY[name]
    for _ in range(2):
        headers = service.sign(body, "evt_1")
        answer = service.client().post(f"/hooks/{SOURCE}", data=body, headers=headers)
        assert (answer.status_code, answer.json["state"]) == (202, "quarantined"), answer.text
        assert answer.json["note"]
    (kept,) = service.services.store.events.recent(SOURCE, state=EventState.QUARANTINED, limit=9)
    assert (kept.body, kept.note) == (body, answer.json["note"])


def test_found_b3_every_fault_of_an_event_is_told_with_its_place(sqlite_service: Service) -> None:
    event = {"type": "course.completed", "timestamp": "yesterday", "data": {"learner": {}, "course": {}}}
    note = sqlite_service.send_event(event).json["note"]
    assert all(place in note for place in ("/timestamp", "/data/learner", "/data/course/id")), note


@pytest.mark.parametrize("name", ["", "x" * 5_000])
def test_found_b3_a_display_name_costs_no_badge(sqlite_service: Service, name: str) -> None:
    assert sqlite_service.send_event(name=name).status_code == 201


@pytest.mark.parametrize(
    "name",
    [
        rb"Pat \ud83d",
        rb"\udc4d\ud83d\ud83d\udc4d",
        rb"Pat\u0000",
        b"Jos\xe9",
        "José".encode(),
        rb"Jos\u00e9 \\ud83d \ud83d\udc4d",
    ],
)
def test_found_b3_half_a_letter_in_a_name_costs_no_badge(sqlite_service: Service, name: bytes) -> None:
    """Systems cut names in the middle of an emoji, fill them with NUL, or send them in Latin-1."""
    service = sqlite_service
    body = json.dumps(service.event(name="NAME")).encode().replace(b"NAME", name)
    answer = service.client().post(f"/hooks/{SOURCE}", data=body, headers=service.sign(body, "evt_1"))
    assert (answer.status_code, answer.json["state"]) == (201, "issued"), answer.text


@pytest.mark.parametrize(
    "address", [rb"pat\ud83d@example.org", rb"pat\u0000@example.org", b"p\xe9t@example.org"]
)
def test_found_b3_an_address_is_never_guessed(sqlite_service: Service, address: bytes) -> None:
    service = sqlite_service
    body = json.dumps(service.event(email="ADDRESS")).encode().replace(b"ADDRESS", address)
    answer = service.client().post(f"/hooks/{SOURCE}", data=body, headers=service.sign(body, "evt_1"))
    assert (answer.status_code, answer.json["state"]) == (202, "quarantined"), answer.text
    assert "/data/learner/email" in answer.json["note"]


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_found_b3_a_byte_order_mark_costs_no_badge(sqlite_service: Service, mark: str) -> None:
    service = sqlite_service
    body = json.dumps(service.event()).encode(mark)
    answer = service.client().post(f"/hooks/{SOURCE}", data=body, headers=service.sign(body, "evt_1"))
    assert (answer.status_code, answer.json["state"]) == (201, "issued"), answer.text


def test_found_b18_extra_credit_costs_no_badge(sqlite_service: Service) -> None:
    assert sqlite_service.send_event(score=1.05).status_code == 201


def test_found_b18_events_of_another_type_are_kept_and_taken(sqlite_service: Service) -> None:
    """Whatever their shape: a sender that is refused switches the hook off. A rule made later finds them."""
    service = sqlite_service
    other = {"type": "user.loggedin", "when": 17, "data": ["x"]}
    answer = service.send_event(other, event_id="evt_other")
    assert (answer.status_code, answer.json["state"], answer.json["credential"]) == (200, "ignored", None)
    assert "user.loggedin" in answer.json["note"]
    assert service.services.store.events.get(SOURCE, "evt_other") is not None

    later = service.event(type="course.mastered")
    assert service.send_event(later, event_id="evt_later").json["state"] == "ignored"
    rule = {"event": "course.mastered", "course": COURSE, "achievement": ACHIEVEMENT}
    service.services.store.sources.set_mapping(SOURCE, {"rules": [rule]})
    award = retry_event(service.services, SOURCE, "evt_later", now=service.clock.now)
    assert award.state is EventState.ISSUED
    assert award.created


def test_found_d8_the_outcome_of_an_event_is_known_by_its_id(sqlite_service: Service) -> None:
    service = sqlite_service
    issued = service.send_event(event_id="urn:uuid:1/2@x").json
    service.send_event(event_id="evt_failed", passed=False)
    headers, client = service.api_headers("credentials:read"), service.client()
    found = client.get(f"/api/v1/events/{SOURCE}/urn:uuid:1/2@x", headers=headers)
    assert (found.status_code, found.json["state"]) == (200, "issued"), found.text
    assert found.json["credential"] == issued["credential"]
    quoted = client.get(f"/api/v1/events/{SOURCE}/urn%3Auuid%3A1%2F2%40x", headers=headers)
    assert quoted.json == found.json
    ignored = client.get(f"/api/v1/events/{SOURCE}/evt_failed", headers=headers).json
    assert (ignored["state"], ignored["credential_url"]) == ("ignored", None)
    assert ignored["note"]
    assert client.get(f"/api/v1/events/{SOURCE}/evt_never", headers=headers).status_code == 404
    assert client.get(f"/api/v1/events/{SOURCE}/evt_failed").status_code == 401


def test_found_d6_the_event_has_a_schema_in_the_openapi_document(sqlite_service: Service) -> None:
    document = sqlite_service.client().get("/api/v1/openapi.json").json
    body = document["paths"]["/hooks/{source}"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/EventPayload"}
    shapes = document["components"]["schemas"]
    for name, members in (
        ("EventPayload", {"type", "timestamp", "data"}),
        ("EventData", {"learner", "course", "result"}),
        ("EventResult", {"score", "passed"}),
    ):
        assert shapes[name]["properties"].keys() == members


def test_during_rotation_old_and_new_secret_both_work(service: Service) -> None:
    fresh = create_secret()
    service.services.store.sources.add_secret(SOURCE, fresh)
    body = json.dumps(service.event()).encode()
    for number, secret in enumerate((service.secret, fresh)):
        headers = service.sign(body, f"evt_rotation_{number}", secret=secret)
        assert service.client().post(f"/hooks/{SOURCE}", data=body, headers=headers).status_code == 201
    service.services.store.sources.remove_secret(SOURCE, service.secret)
    headers = service.sign(body, "evt_rotation_3")
    assert service.client().post(f"/hooks/{SOURCE}", data=body, headers=headers).status_code == 401


def test_a_paused_source_takes_nothing_in(service: Service) -> None:
    service.services.store.sources.set_enabled(SOURCE, False)
    assert service.send_event().status_code == 401
    service.services.store.sources.set_enabled(SOURCE, True)
    assert service.send_event().status_code == 201


def test_a_new_version_leaves_what_was_issued_with_its_own(service: Service) -> None:
    credential_id = service.issue(event_id="evt_old")
    definition = {
        "key": ACHIEVEMENT,
        "kind": "mentor-accreditation",
        "achievement": {
            "name": "Mentor, renewed",
            "description": "The same in other words.",
            "criteria": {"narrative": "Mentor three people."},
        },
    }
    headers = service.api_headers("achievements:write")
    made = service.client().post("/api/v1/achievements", json=definition, headers=headers)
    assert made.status_code == 201, made.text
    old = service.services.store.credentials.get(credential_id)
    assert old is not None
    assert old.order.achievement_version == 1
    new = service.services.store.credentials.get(service.issue(event_id="evt_new"))
    assert new is not None
    assert new.order.achievement_version == made.json["version"] == 2


class AbsentKey:
    """A signer whose token was pulled out."""

    key_type = KeyType.ED25519

    def __init__(self, public_key_multibase: str) -> None:
        self.public_key_multibase = public_key_multibase

    def sign_again(self, data: bytes) -> None:
        return None

    def sign(self, data: bytes) -> bytes:
        raise SigningKeyError("slot 3 of /dev/hsm is empty")


def test_attack_138_without_the_key_issuing_waits_and_verifying_works(service: Service) -> None:
    document = service.client().get(f"/credentials/{service.issue(event_id='evt_before')}").json
    issuing = service.services.issuing
    absent = AbsentKey(issuing.signer.public_key_multibase)
    broken = replace(issuing, signer=absent, unstopped_signer=absent)
    services = replace(service.services, recipe=Recipe(broken))
    crippled = replace(
        service, services=services, app=create_app(service.settings, services, clock=service.clock)
    )

    refused = crippled.send_event(event_id="evt_1")
    assert (refused.status_code, refused.json["code"]) == (503, "unavailable")
    assert "hsm" not in refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert crippled.client().get("/readyz").status_code == 503
    verdict = crippled.client().post("/api/v1/verify", json={"credential": document})
    assert verdict.json["verified"] is True, verdict.json

    answer = service.send_event(event_id="evt_1")
    assert answer.status_code in (200, 201)
    assert answer.json["state"] == "issued"
    assert count_issued(service) == 2


def test_the_record_of_an_award_names_its_source_and_what_came_is_kept(service: Service) -> None:
    credential_id = service.issue()
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.state is CredentialState.ACTIVE
    assert record.order.scope == f"hook:{SOURCE}"
    assert COURSE in service.services.store.events.get(SOURCE, record.order.idempotency_key).body.decode()
