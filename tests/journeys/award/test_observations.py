"""What learning systems send is kept, finds its person, and is judged as a set: by pairs of misfortunes."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from credserv.ground.errors import ConflictError
from credserv.journeys.award.award import award_event
from credserv.journeys.award.replay import replay, replay_of
from credserv.journeys.award.resume import settle_left
from credserv.journeys.award.settle import FOR_REVIEW
from credserv.journeys.award.waiting import assert_identifiers, assign_person, release
from credserv.journeys.define.rules import set_rule
from credserv.journeys.publish.publish import set_status
from credserv.processes.commands.replay import tell
from credserv.records.credentials import CredentialRecord, CredentialState, Recipient
from credserv.records.observations import PersonKind, PersonReference
from credserv.records.observed import ObservationRecord, ObservationState
from credserv.records.people import ProvedKind
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.adapters import ADAPTERS
from credserv.sources.webhook import create_secret
from credserv.store.frame.database import open_engine
from tests.testkit.browsing import Person
from tests.testkit.moving import command
from tests.testkit.service import COURSE, SOURCE, Service

WHO = "pat@example.org"
ACHIEVEMENT = "active-listening"  # awarded once, and again when it has ended
CANVAS = "campus"
MAPPING = {"rules": [{"event": "course_completed", "course": "565", "achievement": ACHIEVEMENT}]}
GENERIC = {"rules": [{"event": "course.completed", "course": COURSE, "achievement": ACHIEVEMENT}]}
OTHER = "constructive-feedback"
BY_PATH = {"method": "secret-path"}


@dataclass(frozen=True)
class Canvas:
    """A Canvas that sends to one service; unsigned, by the secret in its address, unless told otherwise."""

    service: Service
    name: str = CANVAS
    secret: str = field(default_factory=create_secret)

    def connect(self, mapping: Any = MAPPING, **options: Any) -> Canvas:
        told = {"authentication": BY_PATH, **options}
        record = SourceRecord(
            self.name, "canvas", (self.secret,), mapping, self.service.clock.now, options=told
        )
        self.service.services.store.sources.create(record)
        return self

    def send(self, event: Any) -> TestResponse:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        headers = {"Content-Type": "application/json"}
        return self.service.client().post(f"/hooks/{self.name}/{self.secret}", data=body, headers=headers)

    def sign(self, event: Any, event_id: str) -> TestResponse:
        body = json.dumps(event).encode()
        headers = self.service.sign(body, event_id, secret=self.secret)
        return self.service.client().post(f"/hooks/{self.name}", data=body, headers=headers)


def completed(user: str = "123", at: str = "2026-03-01T10:00:00Z", **changed: Any) -> Any:
    """As Canvas tells it. changed: `email`, `course`, `done`, `event_name`."""
    told = {"email": changed.get("email")} if changed.get("email") else {}
    return {
        "metadata": {
            "event_name": changed.get("event_name", "course_completed"),
            "event_time": at,
            "root_account_uuid": "VicYj3cu5BIFpoZhDVU4DZumnlBrWi1grgJEzADs",
            "user_id": "999",
            "hostname": "oxana.instructure.com",
        },
        "body": {
            "course": {"id": changed.get("course", "565"), "name": "Computer Science I"},
            "progress": {
                "completed_at": at,
                "requirement_completed_count": changed.get("done", 6),
                "requirement_count": 6,
            },
            "user": {"id": user, "name": "Isaac Newton", **told},
        },
    }


def known(service: Service, user: str = "123", email: str = WHO, namespace: str = CANVAS) -> str:
    """That somebody is the user of this number there; the id of their membership."""
    name = (PersonReference(PersonKind.LMS_ID, user), namespace)
    member, _ = assert_identifiers(
        service.services, Recipient(email=email), [name], actor="test", now=service.clock.now
    )
    return member.id


def said(service: Service) -> tuple[ObservationRecord, ...]:
    return service.services.store.observations.recent(limit=100)


def states(service: Service) -> list[str]:
    return sorted(one.state.value for one in said(service))


def held(service: Service) -> list[CredentialRecord]:
    return list(service.services.store.credentials.search("", limit=100).items)


@pytest.fixture
def canvas(sqlite_service: Service) -> Canvas:
    return Canvas(sqlite_service).connect()


# --- who ------------------------------------------------------------------------------------------


def test_an_event_before_its_person_waits_and_goes_on_at_once(service: Service) -> None:
    canvas = Canvas(service).connect()
    answer = canvas.send(completed())
    assert (answer.status_code, held(service)) == (200, [])
    (waiting,) = said(service)
    assert waiting.state is ObservationState.WAITING
    assert "lms-id 123" in waiting.note

    known(service)
    (record,) = held(service)
    assert (record.state, record.order.recipient.email) == (CredentialState.ACTIVE, WHO)
    assert record.order.awarded_at.isoformat() == "2026-03-01T10:00:00+00:00"
    assert record.order.grounds == {
        "mapping": {"source": CANVAS, "rules": MAPPING["rules"]},
        "observations": [waiting.id],
    }
    assert states(service) == ["judged"]
    document = json.loads(record.signed or b"")
    assert "Unsigned source" in document["evidence"][0]["narrative"]
    verdict = service.client().post("/api/v1/verify", json={"credential": document})
    assert verdict.json["verified"] is True, verdict.json


def test_a_message_is_kept_with_what_was_found_of_it(canvas: Canvas) -> None:
    canvas.send(completed())
    canvas.send(completed(event_name="wiki_page_updated"))
    assert canvas.send(b"{").status_code == 200
    events = canvas.service.services.store.events.recent(CANVAS, limit=9)
    assert {event.state for event in events} == {EventState.READ, EventState.UNREADABLE}
    for event in events:
        assert event.authentication is not None
        assert (event.authentication["method"], event.authentication["is_signed"]) == ("secret-path", False)
        assert (event.adapter, event.adapter_version) == ("canvas", ADAPTERS["canvas"].version)
        assert canvas.secret not in json.dumps(event.headers)
        assert canvas.secret not in json.dumps(event.authentication)
    unreadable = next(event for event in events if event.state is EventState.UNREADABLE)
    assert (unreadable.body, bool(unreadable.note)) == (b"{", True)


def test_attack_104_only_the_secret_in_the_address_lets_in(canvas: Canvas) -> None:
    body = json.dumps(completed()).encode()
    answers = [
        canvas.service.client().post(path, data=body)
        for path in (
            f"/hooks/{CANVAS}",
            f"/hooks/{CANVAS}/{create_secret()}",
            f"/hooks/nobody/{canvas.secret}",
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({json.dumps(answer.json["detail"]) for answer in answers[1:]}) == 1
    assert canvas.service.services.store.events.recent(None, limit=9) == ()


def test_a_stale_signature_is_refused_and_a_fresh_one_of_the_same_message_is_a_repeat(
    sqlite_service: Service,
) -> None:
    service = sqlite_service
    canvas = Canvas(service).connect(authentication={"method": "standard-webhooks"})
    known(service)
    body = json.dumps(completed()).encode()
    headers = service.sign(body, "evt_1", secret=canvas.secret)
    service.clock.advance(seconds=301)
    assert service.client().post(f"/hooks/{CANVAS}", data=body, headers=headers).status_code == 401
    assert said(service) == ()
    assert [canvas.sign(completed(), "evt_1").status_code for _ in range(2)] == [200, 200]
    assert len(held(service)) == 1
    assert "The message was signed." in str(held(service)[0].order.evidence)
    # The id of before with another body: kept, not read, and its sender hears no fault.
    assert canvas.sign(completed("7"), "evt_1").status_code == 200
    events = service.services.store.events.recent(CANVAS, limit=9)
    assert sorted(event.state.value for event in events) == ["conflict", "read"]
    assert len(said(service)) == 1


def test_an_address_counts_only_where_its_source_is_the_authority(sqlite_service: Service) -> None:
    service = sqlite_service
    Canvas(service).connect().send(completed(email=WHO))
    assert states(service) == ["waiting"]
    Canvas(service, "other").connect(authoritative_email=True).send(completed("55", email=WHO))
    assert states(service) == ["judged", "waiting"]
    assert [record.order.recipient.email for record in held(service)] == [WHO]


def test_a_recycled_address_moves_nothing(sqlite_service: Service) -> None:
    """The mailbox was handed on to somebody whom the system knows by another id, or is not known yet."""
    service = sqlite_service
    canvas = Canvas(service).connect(authoritative_email=True)
    before = known(service, "1")
    canvas.send(completed("1", email=WHO))
    # Somebody else under the address, before anybody told us that it was handed on:
    canvas.send(completed("2", at="2026-03-02T10:00:00Z", email=WHO))
    (conflict,) = (one for one in said(service) if one.state is ObservationState.CONFLICT)
    assert "another id" in conflict.note

    (address,) = (one for one in service.services.store.members.identifiers(before) if not one.namespace)
    ended = service.clock.now
    service.services.store.members.end_identifier(address.id, ended, ended)
    service.clock.advance(days=2)
    # What it did before the day is not the next one's; what comes after is.
    canvas.send(completed("3", at="2026-03-05T10:00:00Z", email=WHO))
    assert states(service) == ["conflict", "judged", "waiting"]
    canvas.send(completed("4", at="2026-03-15T10:00:00Z", email=WHO))
    people = {record.person_id for record in held(service)}
    assert len(held(service)) == len(people) == 2


def test_two_people_in_one_message_are_nobodys(canvas: Canvas) -> None:
    service = canvas.service
    ann, ben = known(service, "1", "ann@example.org"), known(service, "2", "ben@example.org")
    event = completed("1")
    event["body"]["user"]["uuid"] = "u-2"
    service.services.store.identifiers.add(ben, ("uuid", "u-2", CANVAS), written="u-2", now=service.clock.now)
    canvas.send(event)
    (conflict,) = said(service)
    assert (conflict.state, held(service)) == (ObservationState.CONFLICT, [])

    assign_person(
        service.services,
        conflict.id,
        Recipient(email="ann@example.org"),
        actor="test",
        now=service.clock.now,
    )
    (record,) = held(service)
    assert record.order.recipient.email == "ann@example.org"
    assert service.services.store.identifiers.named([("uuid", "u-2", CANVAS)])[0].membership_id == ben != ann


def test_further_names_in_a_signed_message_are_learned_and_unsigned_ones_are_not(
    sqlite_service: Service,
) -> None:
    service = sqlite_service
    signed = Canvas(service).connect(authentication={"method": "standard-webhooks"}, namespace="school")
    unsigned = Canvas(service, "relay").connect(namespace="school")
    known(service, "1", namespace="school")
    for number, canvas in enumerate((unsigned, signed)):
        event = completed("1", at=f"2026-03-0{number + 1}T10:00:00Z")
        event["body"]["user"]["uuid"] = f"u-{number}"
        answer = canvas.send(event) if canvas is unsigned else canvas.sign(event, "evt_1")
        assert answer.status_code == 200
    store = service.services.store
    assert store.identifiers.named([("uuid", "u-0", "school")]) == ()
    assert len(store.identifiers.named([("uuid", "u-1", "school")])) == 1


def test_somebody_without_an_address_waits_for_one(canvas: Canvas) -> None:
    service = canvas.service
    member = known(service)
    store = service.services.store
    for one in store.members.identifiers(member):
        if not one.namespace:
            store.members.end_identifier(one.id, service.clock.now - timedelta(days=20), service.clock.now)
    canvas.send(completed())
    (waiting,) = said(service)
    assert (waiting.state, waiting.membership_id) == (ObservationState.WAITING, member)
    assert "no e-mail address" in waiting.note
    with pytest.raises(ConflictError):  # the number is somebody's, who is not addressed so
        known(service, email="new@example.org")
    assert states(service) == ["waiting"]


# --- once -----------------------------------------------------------------------------------------


def test_a_re_serialised_body_and_one_in_another_batch_say_the_same_thing(canvas: Canvas) -> None:
    service = canvas.service
    known(service)
    event, other = completed(), completed("124", at="2026-03-02T10:00:00Z")
    canvas.send(event)
    canvas.send(json.dumps(event, indent=2, sort_keys=True).encode())
    canvas.send([other, event])
    canvas.send([event])
    assert states(service) == ["judged", "waiting"]
    assert len(service.services.store.events.recent(CANVAS, limit=9)) == 4
    assert len(held(service)) == 1


def test_attack_107_fifty_at_once_over_three_doors_are_one_credential(service: Service) -> None:
    canvas = Canvas(service).connect()
    known(service)
    api = service.api_headers()
    body = {"achievement": ACHIEVEMENT, "recipient": {"email": WHO}}

    def one(number: int) -> int:
        if number % 3 == 0:
            return service.send_event(event_id=f"evt_{number}", email=WHO).status_code
        if number % 3 == 1:
            return canvas.send(completed(at=f"2026-03-01T10:00:{number:02}Z")).status_code
        headers = {**api, "Idempotency-Key": f"order-{number:04}"}
        return service.client().post("/api/v1/credentials", json=body, headers=headers).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(one, range(50)))
    assert set(answers) <= {200, 201}
    assert len(held(service)) == 1
    settle_left(service.services, said(service), now=service.clock.advance(seconds=9))
    assert (len(held(service)), set(states(service))) == (1, {"judged"})


# --- when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["2026-03-14T10:00:00Z", "1999-12-31T10:00:00Z"])
def test_what_a_wrong_clock_dated_is_queued_until_somebody_says_so(canvas: Canvas, at: str) -> None:
    service = canvas.service
    known(service)
    assert canvas.send(completed(at=at)).status_code == 200
    (queued,) = said(service)
    assert (queued.state, held(service)) == (ObservationState.QUEUED, [])
    assert "dated" in queued.note
    release(service.services, queued.id, actor="test", now=service.clock.now)
    assert [record.state for record in held(service)] == [CredentialState.ACTIVE]
    with pytest.raises(ConflictError):
        release(service.services, queued.id, actor="test", now=service.clock.now)


def test_an_event_of_our_dialect_that_is_dated_ahead_is_an_administrators(sqlite_service: Service) -> None:
    event = {**sqlite_service.event(), "timestamp": "2031-01-01T00:00:00Z"}
    answer = sqlite_service.send_event(event)
    assert (answer.status_code, answer.json["state"]) == (202, "quarantined")
    assert held(sqlite_service) == []


def undone(at: str) -> Any:
    """A grade of the whole course, lowered."""
    event = completed(at=at)
    event["metadata"]["event_name"] = "grade_change"
    return event


# --- corrections ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _award_once(request: pytest.FixtureRequest) -> None:
    """Our own dialect's source earns the same achievement as the others."""
    name = "service" if "service" in request.fixturenames else "sqlite_service"
    request.getfixturevalue(name).services.store.sources.set_mapping(SOURCE, GENERIC)


def send_generic(service: Service, day: int, *, passed: bool) -> TestResponse:
    event = {**service.event(email=WHO, passed=passed), "timestamp": f"2026-03-0{day}T09:00:00Z"}
    return service.send_event(event, event_id=f"evt_{day}_{passed}")


def in_force(service: Service) -> int:
    return sum(record.state is CredentialState.ACTIVE for record in held(service))


def test_corrected_and_corrected_back(service: Service) -> None:
    first = send_generic(service, 1, passed=True)
    assert first.status_code == 201
    assert send_generic(service, 2, passed=False).json["state"] == "ignored"
    (record,) = held(service)
    assert record.state is CredentialState.SUSPENDED
    assert record.reason.startswith(FOR_REVIEW)

    again = send_generic(service, 3, passed=True)
    assert (again.status_code, again.json["credential"]) == (200, first.json["credential"])
    (record,) = held(service)
    assert (record.state, record.reason) == (CredentialState.ACTIVE, "earned again")


def test_found_b5_a_grade_that_falls_below_passing_later_is_put_under_review(sqlite_service: Service) -> None:
    service = sqlite_service
    mapping = {"rules": [{**GENERIC["rules"][0], "event": "course.graded", "minimum_score": 0.6}]}
    service.services.store.sources.set_mapping(SOURCE, mapping)
    for day, score, state in ((1, 0.8, "active"), (2, 0.5, "suspended"), (3, 0.7, "active")):
        event = service.event(email=WHO, score=score, type="course.graded")
        event = {**event, "timestamp": f"2026-03-0{day}T09:00:00Z"}
        service.send_event(event, event_id=f"grade-{day}")
        assert [record.state.value for record in held(service)] == [state]


def test_what_somebody_else_suspended_or_revoked_stays_so(sqlite_service: Service) -> None:
    service = sqlite_service
    send_generic(service, 1, passed=True)
    (record,) = held(service)
    change = {"reason": "a complaint", "actor": "test", "now": service.clock.now}
    set_status(service.services, record.id, CredentialState.SUSPENDED, **change)
    send_generic(service, 2, passed=False)
    send_generic(service, 3, passed=True)
    assert [one.reason for one in held(service)] == ["a complaint"]
    set_status(service.services, record.id, CredentialState.REVOKED, **change)
    send_generic(service, 4, passed=False)
    assert [one.state for one in held(service)] == [CredentialState.REVOKED]


def test_taken_back_before_it_was_issued_is_not_issued(sqlite_service: Service) -> None:
    """The correction comes first: what it corrects earns nothing any more."""
    service = sqlite_service
    send_generic(service, 2, passed=False)
    answer = send_generic(service, 1, passed=True)
    assert (answer.status_code, answer.json["state"]) == (200, "ignored")
    assert held(service) == []
    assert send_generic(service, 3, passed=True).status_code == 201


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_attack_106_every_order_of_arrival_ends_alike(
    sqlite_service: Service, order: tuple[int, ...]
) -> None:
    """Passed, failed, passed, and in the end failed: nothing is in force, and nothing is lost."""
    service = sqlite_service
    for number in order:
        send_generic(service, number + 1, passed=number % 2 == 0)
    assert in_force(service) == 0
    send_generic(service, 9, passed=True)
    assert in_force(service) == 1


def test_whoever_issues_while_a_correction_comes_in_is_corrected_by_the_sweep(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of another process, which has not heard yet that this source takes things back."""
    service = sqlite_service
    send_generic(service, 2, passed=False)
    heard = service.services.store.sources.get(SOURCE)
    assert heard is not None
    assert heard.corrects
    event = {**service.event(email=WHO), "timestamp": "2026-03-01T09:00:00Z"}
    body = json.dumps(event).encode()
    unheard = SourceRecord(
        heard.name, heard.dialect, heard.secrets, heard.mapping, heard.created_at, options=heard.options
    )
    award_event(service.services, unheard, "evt_late", body, now=service.clock.now)
    assert in_force(service) == 1

    later = service.clock.advance(seconds=9)
    store = service.services.store
    settle_left(service.services, store.observations.unfinished(later, 99), now=later)
    assert in_force(service) == 0
    assert store.observations.unfinished(later, 99) == ()


# --- rules ----------------------------------------------------------------------------------------


RULE = {
    "award": "once",
    "when": {
        "all": [
            {"observed": {"kind": "completed", "activity": "565"}},
            {"observed": {"kind": "completed", "activity": COURSE}},
        ]
    },
}


@pytest.fixture
def ruled(sqlite_service: Service) -> Canvas:
    """Mastery across two sources: Canvas, and our own dialect without a mapping for it."""
    service = sqlite_service
    set_rule(service.services, OTHER, RULE, actor="test", now=service.clock.now)
    return Canvas(service).connect({"rules": []})


def test_a_rule_over_two_sources_is_met_by_the_second_whichever_it_is(ruled: Canvas) -> None:
    service = ruled.service
    ruled.send(completed())
    member = known(service)
    assert held(service) == []
    service.send_event(email=WHO)
    by_rule = service.services.store.credentials.by_rule(f"rule:{OTHER}", OTHER, member)
    (record,) = by_rule
    assert record.state is CredentialState.ACTIVE
    grounds = record.order.grounds or {}
    assert grounds["rule"] == {"achievement": OTHER, "version": 1}
    assert set(grounds["observations"]) == {one.id for one in said(service)}
    assert {one.order.achievement_key for one in held(service)} == {OTHER, ACHIEVEMENT}

    # One of the two is taken back: what rested on both is suspended, under the version that issued it.
    set_rule(
        service.services,
        OTHER,
        {"when": {"observed": {"kind": "completed", "activity": "none"}}},
        actor="test",
        now=service.clock.now,
    )
    event = {**service.event(email=WHO, passed=False), "timestamp": "2026-03-14T09:10:00Z"}
    service.send_event(event)
    assert {one.state for one in held(service)} >= {CredentialState.SUSPENDED}


def test_what_was_revoked_of_somebody_is_not_awarded_anew_since_they_are_another_member_now(
    sqlite_service: Service,
) -> None:
    """They prove a second address of their own, so that two members become one; then more is reported."""
    service = sqlite_service
    wanted = {"award": "once", "when": {"observed": {"kind": "completed", "activity": "565"}}}
    set_rule(service.services, OTHER, wanted, actor="test", now=service.clock.now)
    canvas = Canvas(service).connect({"rules": []})
    member = known(service)
    canvas.send(completed())
    (record,) = held(service)
    set_status(
        service.services,
        record.id,
        CredentialState.REVOKED,
        reason="a fraud",
        actor="test",
        now=service.clock.now,
    )
    canvas.send(completed(at="2026-03-02T10:00:00Z"))
    service.issue(email="second@example.org", course=COURSE)
    person = Person(service).open_wallet("second@example.org")
    proved = service.services.store.people.find_proved(ProvedKind.EMAIL, "second@example.org")
    assert proved is not None
    service.services.store.people.prove(
        proved.person_id, ProvedKind.EMAIL, WHO, added_by="test", now=service.clock.now
    )
    assert record.id in person.get("/wallet")
    canvas.send(completed(at="2026-03-03T10:00:00Z"))
    assert service.services.store.roster.get(member) is None
    assert [one.state for one in held(service) if one.order.achievement_key == OTHER] == [
        CredentialState.REVOKED
    ]


# --- replay ---------------------------------------------------------------------------------------


def replayed(service: Service, credential_id: str) -> Any:
    return tell(replay(service.services, credential_id))


def test_replay_leads_from_a_credential_to_the_raw_message_and_gives_the_same_verdict(
    ruled: Canvas, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ruled.service
    ruled.send(completed())
    member = known(service)
    service.send_event(email=WHO, event_id="evt_ours")
    store = service.services.store
    (record,) = store.credentials.by_rule(f"rule:{OTHER}", OTHER, member)
    told = replayed(service, f"{service.services.public_url}/credentials/{record.id}")
    assert told["verdict"] == {"then": "met", "now": "met", "agrees": True}
    assert (told["rule"]["version"], told["rule"]["document"]) == (1, RULE)
    messages = {one["message"]["source"]: one["message"] for one in told["observations"]}
    assert set(messages) == {CANVAS, SOURCE}
    assert all(one["is_whole"] and one["reads_alike"] for one in messages.values())
    assert messages[CANVAS]["authentication"]["is_signed"] is False
    assert messages[SOURCE]["authentication"]["is_signed"] is True
    assert json.loads(messages[CANVAS]["body"]) == completed()

    # By the command, and after a correction: what was issued then is told, and that it is not earned now.
    event = {**service.event(email=WHO, passed=False), "timestamp": "2026-03-14T09:10:00Z"}
    service.clock.advance(seconds=2)
    service.send_event(event)
    assert command(service.settings, monkeypatch.setenv, "replay", record.id, "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["verdict"] == {"then": "met", "now": "not met", "agrees": True}
    assert again["state"] == "suspended"
    assert command(service.settings, monkeypatch.setenv, "replay", record.id) == 0
    assert "verdict then: met" in capsys.readouterr().out
    assert command(service.settings, monkeypatch.setenv, "replay", "nobodys") == 1


def test_replay_of_what_a_mapping_issued_tells_its_rules_and_what_was_not_recorded(
    sqlite_service: Service,
) -> None:
    service = sqlite_service
    send_generic(service, 1, passed=True)
    (record,) = held(service)
    told = replayed(service, record.id)
    assert told["verdict"] == {"then": "met", "now": "met", "agrees": True}
    assert told["mapping"] == {"source": SOURCE, "rules": GENERIC["rules"], "recorded": True}
    # As a version before left it: no grounds, no observation.
    before = replace(record, order=replace(record.order, grounds=None))
    found = replay_of(service.services, before)
    assert (found.then, found.is_recorded) == ("met", False)
    assert "not recorded" in found.note
    # And an order asked no rule.
    ordered = replace(record, order=replace(record.order, grounds=None, scope="api"))
    assert replay_of(service.services, ordered).then == "not judged"


def test_replay_reads_our_own_dialect_as_it_was_read_where_no_mapping_stands_behind_it(
    sqlite_service: Service,
) -> None:
    """A learner by any name and a raw score, of which a mapping knows nothing."""
    service, sender = sqlite_service, Canvas(sqlite_service, "staff")
    options = {"authentication": BY_PATH, "authoritative_email": True}
    source = SourceRecord(
        sender.name, "generic", (sender.secret,), {"rules": []}, service.clock.now, options=options
    )
    service.services.store.sources.create(source)
    rule = {"when": {"observed": {"kind": "completed", "activity": COURSE}}}
    set_rule(service.services, ACHIEVEMENT, rule, actor="cli", now=service.clock.now)
    event = service.event(email=WHO)
    event["data"]["learner"]["employee_number"] = "E7"
    event["data"]["result"] = {"raw": 17, "max": 20}
    sender.send(event)
    (record,) = held(service)
    (one,) = replayed(service, record.id)["observations"]
    assert (one["message"]["is_whole"], one["message"]["reads_alike"]) == (True, True)


def test_replay_tells_a_message_that_was_changed(sqlite_service: Service) -> None:
    service = sqlite_service
    send_generic(service, 1, passed=True)
    (record,) = held(service)
    engine = open_engine(service.settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE events SET body = :body"), {"body": b"{}"})
    engine.dispose()
    (one,) = replayed(service, record.id)["observations"]
    assert (one["message"]["is_whole"], one["message"]["reads_alike"]) == (False, False)
