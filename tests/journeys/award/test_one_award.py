"""One award (found.md F12): one person, one achievement, one award key: one credential, over all doors."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from credserv.ground.errors import InputError
from credserv.issuing.recipe import AWARDED_BEFORE, Wanted
from credserv.journeys.award.in_bulk.reissue import reissue
from credserv.journeys.award.orders import OrderRequest, find_version, prepare_order
from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialState, IssuanceStep, Recipient
from credserv.records.people import ProvedKind
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.webhook import create_secret
from tests.journeys.award.test_kill import Event, headers, issuing, wait_until
from tests.testkit.browsing import Person
from tests.testkit.processes import Processes, free_port, running
from tests.testkit.service import COURSE, SOURCE, Clock, Service, make_service

ACHIEVEMENT = "active-listening"  # as it ships: awarded once, and again when it has ended
WHO = "pat@example.org"
DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
_KEYS = itertools.count(1)


def award_by_rule(service: Service, achievement: str = ACHIEVEMENT) -> None:
    """The source's rule names this achievement from now on."""
    rule = {"event": "course.completed", "course": COURSE, "achievement": achievement}
    service.services.store.sources.set_mapping(SOURCE, {"rules": [rule]})


@pytest.fixture
def awarding(service: Service) -> Service:
    award_by_rule(service)
    return service


# Each door: awards somebody, by a message of its own, and says which credential was the answer.


def by_hook(service: Service, who: str = WHO, /) -> str:
    answer = service.send_event(event_id=f"evt_door_{next(_KEYS)}", email=who)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json["credential"]).rpartition("/")[2]


def by_another_source(service: Service, who: str = WHO, /) -> str:
    store, now = service.services.store, service.clock.now
    mapping = store.sources.get(SOURCE).mapping  # type: ignore[union-attr]  # every service has it
    secret = create_secret()
    name = f"other-{next(_KEYS)}"
    store.sources.create(SourceRecord(name, "generic", (secret,), mapping, now))
    body = json.dumps(service.event(email=who)).encode()
    answer = service.client().post(
        f"/hooks/{name}", data=body, headers=service.sign(body, "evt_1", secret=secret)
    )
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json["credential"]).rpartition("/")[2]


def order(service: Service, key: str, who: str = WHO, **changed: Any) -> TestResponse:
    """Under an API key that was made for it."""
    body = {"achievement": ACHIEVEMENT, "recipient": {"email": who}, **changed}
    sent = {**service.api_headers(), "Idempotency-Key": key}
    return service.client().post("/api/v1/credentials", json=body, headers=sent)


def by_api(service: Service, who: str = WHO, /) -> str:
    answer = order(service, f"order-{next(_KEYS):04}", who)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json["id"])


def by_batch(service: Service, who: str = WHO, /) -> str:
    """Twice within one batch."""
    rows = [
        {"achievement": ACHIEVEMENT, "recipient": {"email": who}, "idempotency_key": f"row-{next(_KEYS):04}"}
        for _ in range(2)
    ]
    answer = service.client().post(
        "/api/v1/credentials/batch", json={"credentials": rows}, headers=service.api_headers()
    )
    assert answer.status_code == 200, answer.text
    first, second = (item["id"] for item in answer.json["items"])
    assert first == second
    return str(first)


def by_console(service: Service, who: str = WHO, /) -> str:
    """The signing in of another thread ends no session: each has a browser of its own."""
    person = Person(service).sign_in_to_console()
    form = {"achievement": ACHIEVEMENT, "email": who, "order": f"form-{next(_KEYS)}"}
    answer = person.submit("/console/credentials/issue", **form)
    assert answer.status_code == 303, answer.text[:1000]
    return str(answer.headers["Location"]).rpartition("/")[2]


Door = Callable[[Service, str], str]
DOORS: dict[str, Door] = {
    "hook": by_hook,
    "another source": by_another_source,
    "api": by_api,
    "batch": by_batch,
    "console": by_console,
}


def count(service: Service) -> int:
    return sum(service.services.store.credentials.count_by_state().values())


@pytest.mark.parametrize("first", DOORS)
def test_found_f12_one_award_over_each_pair_of_doors(awarding: Service, first: str) -> None:
    """Each pair of doors, for somebody of their own."""
    for number, (second, again) in enumerate(DOORS.items()):
        who = f"{number}-{WHO}"
        given = DOORS[first](awarding, who)
        assert again(awarding, who) == given, (first, second)
        assert count(awarding) == number + 1, (first, second)


def test_found_f12_the_case_as_it_was_found(awarding: Service) -> None:
    """One completion by hook twice under two ids, by API, by API under another key: four credentials."""
    event = awarding.event()
    answers = [awarding.send_event(event, event_id=f"evt_{number}") for number in (1, 2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json["credential"] == answers[1].json["credential"]
    assert "note" not in answers[0].json
    assert answers[1].json["note"] == AWARDED_BEFORE
    assert awarding.send_event(event, event_id="evt_2").json == answers[1].json

    orders = [order(awarding, key) for key in ("order-0001", "order-0002")]
    assert {answer.status_code for answer in orders} == {200}
    assert {answer.json["credential"] for answer in orders} == {answers[0].json["credential"]}
    assert {answer.json["note"] for answer in orders} == {AWARDED_BEFORE}
    assert count(awarding) == 1
    kept = awarding.services.store.events.get(SOURCE, "evt_2")
    assert kept is not None
    assert (kept.state, kept.note) == (EventState.ISSUED, AWARDED_BEFORE)


def test_found_f12_a_key_that_joined_stands_for_its_own_order(awarding: Service) -> None:
    by_hook(awarding)
    joined = order(awarding, "order-0001")
    assert joined.status_code == 200
    again = order(awarding, "order-0001")
    assert (again.status_code, again.json) == (200, joined.json)
    other = order(awarding, "order-0001", "else@example.org")
    assert (other.status_code, other.json["code"]) == (409, "conflict")
    awarding.services.store.credentials.set_state(
        joined.json["id"], CredentialState.REVOKED, reason="x", now=awarding.clock.now, actor="test"
    )
    assert order(awarding, "order-0001").json["id"] == joined.json["id"], "a repeat hears what it heard"


def test_found_f12_after_a_revocation_it_is_awarded_anew(awarding: Service) -> None:
    first = by_hook(awarding)
    awarding.services.store.credentials.set_state(
        first, CredentialState.SUSPENDED, reason="x", now=awarding.clock.now, actor="test"
    )
    assert by_api(awarding) == first, "a suspended award is still the award"
    awarding.services.store.credentials.set_state(
        first, CredentialState.REVOKED, reason="x", now=awarding.clock.now, actor="test"
    )
    second = by_api(awarding)
    assert second != first
    assert by_hook(awarding) == by_batch(awarding) == second


def _define(service: Service, key: str, **members: Any) -> None:
    levels = [{"id": f"#{name}", "name": name, "level": name} for name in ("basic", "expert")]
    described = {
        "id": "#mastery",
        "name": "Mastery",
        "resultType": "RubricCriterionLevel",
        "rubricCriterionLevel": [{"type": ["RubricCriterionLevel"], **level} for level in levels],
    }
    achievement = {
        "name": "Bread",
        "description": "Bakes.",
        "criteria": {"narrative": "Bake."},
        "resultDescription": [{"type": ["ResultDescription"], **described}],
    }
    body = {"key": key, "kind": "competency-mastery", "achievement": achievement} | members
    answer = service.client().post("/api/v1/achievements", json=body, headers=service.api_headers())
    assert answer.status_code == 201, answer.text


def test_found_f12_an_achievement_says_how_often_it_is_awarded(service: Service) -> None:
    numbers = itertools.count(1)

    def award(achievement: str, at: str = "2026-01-10T00:00:00Z", level: str | None = None) -> str:
        made: dict[str, Any] = {"achievement": achievement, "awarded_at": at}
        if level is not None:
            made["results"] = [{"resultDescription": "#mastery", "achievedLevel": level}]
        answer = order(service, f"often-{next(numbers):04}", **made)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json["id"])

    later, much_later = "2026-01-30T00:00:00Z", "2026-02-10T00:00:00Z"
    _define(service, "ends", validity_months=1)
    first = award("ends")
    assert award("ends", later) == first
    second = award("ends", much_later)
    assert second != first
    assert award("ends", much_later) == second

    _define(service, "ends-once", validity_months=1, award="once")
    assert award("ends-once") == award("ends-once", much_later)

    _define(service, "levels", award="per-level")
    basic = award("levels", level="#basic")
    assert award("levels", level="#expert") != basic
    assert award("levels", level="#basic") == basic

    _define(service, "events", award="per-event")
    assert len({award("events") for _ in range(3)}) == 3

    wrong = {"key": "wrong", "kind": "competency-mastery", "award": "sometimes", "achievement": {}}
    refused = service.client().post("/api/v1/achievements", json=wrong, headers=service.api_headers())
    assert "/award" in {fault["place"] for fault in refused.json["faults"]}


def test_found_f12_a_new_version_is_the_same_award(service: Service) -> None:
    _define(service, "renamed", award="per-level")
    results = [{"resultDescription": "#mastery", "achievedLevel": "#basic"}]
    first = order(service, "version-1", achievement="renamed", results=results)
    _define(service, "renamed", award="per-level", validity_days=9)
    second = order(service, "version-2", achievement="renamed", results=results)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json["id"] == second.json["id"]


def test_found_f12_an_order_that_can_never_be_issued_takes_no_award_with_it(awarding: Service) -> None:
    """Of the orders in one lot for one award, the first is one that no schema lets through."""
    services, now = awarding.services, awarding.clock.now
    version = find_version(services, ACHIEVEMENT, None)
    bad: tuple[dict[str, Any], ...] = ({"id": "not an address", "type": ["Evidence"]},)
    asked = [OrderRequest("a-bad-order", ACHIEVEMENT, Recipient(email=WHO), evidence=bad)]
    asked += [OrderRequest(f"order-{number}", ACHIEVEMENT, Recipient(email=WHO)) for number in range(2)]
    orders = [Wanted(prepare_order(services, "api", one, version, now=now), now) for one in asked]
    refused, *good = services.recipe.issue(orders)
    assert isinstance(refused.error, InputError)
    assert len({one.require().id for one in good}) == 1
    assert by_hook(awarding) == by_api(awarding) == good[0].require().id
    counted = services.store.credentials.count_by_state()
    assert (counted[CredentialState.ACTIVE], counted[CredentialState.FAILED]) == (1, 1)


# --- in parallel, and under kills ---------------------------------------------------------------


def test_found_f12_fifty_at_once_over_all_doors(awarding: Service) -> None:
    doors = [DOORS[name] for name in ("hook", "api", "batch", "another source")] * 12
    together = threading.Barrier(len(doors))

    def knock(door: Door) -> str:
        together.wait(60)
        return door(awarding, WHO)

    with ThreadPoolExecutor(len(doors)) as pool:
        answers = set(pool.map(knock, doors))
    assert len(answers) == 1
    assert count(awarding) == 1


def test_found_f12_lots_that_overlap_in_any_order(awarding: Service) -> None:
    """Batches of the same people in other orders, at once, by two recipes as two processes have them."""
    people = [f"p{number}@example.org" for number in range(30)]
    sent = [awarding.api_headers() for _ in range(4)]
    together = threading.Barrier(len(sent))

    def batch(number: int) -> set[str]:
        turned = people[number * 7 :] + people[: number * 7]
        rows = [
            {"achievement": ACHIEVEMENT, "recipient": {"email": who}, "idempotency_key": f"{number}-{who}"}
            for who in turned
        ]
        together.wait(60)
        answer = awarding.client().post(
            "/api/v1/credentials/batch", json={"credentials": rows}, headers=sent[number]
        )
        assert answer.status_code == 200, answer.text
        assert answer.json["failed"] == 0, answer.json
        return {item["id"] for item in answer.json["items"]}

    with ThreadPoolExecutor(len(sent)) as pool:
        first, *others = pool.map(batch, range(len(sent)))
    assert len(first) == len(people)
    assert all(other == first for other in others)
    assert count(awarding) == len(people)


@pytest.fixture
def live(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """For real processes: its clock is the machine's."""
    port = free_port()
    clock = Clock(datetime.now(UTC))
    url = f"http://localhost:{port}"
    made = make_service(database_url, tmp_path, clock=clock, port=port, public_url=url)
    award_by_rule(made)
    yield made
    made.services.close()


def test_found_f12_killed_at_any_step_the_other_door_finishes_it(live: Service) -> None:
    steps = [step for step in IssuanceStep if step is not IssuanceStep.DELIVERED]
    event = {
        step: Event(
            f"evt_{step.value}",
            json.dumps(live.event(email=f"{step.value}@example.org")).encode(),
            f"{step.value}@example.org",
        )
        for step in steps
    }
    with issuing(live) as award:
        for step in steps:
            assert award(event[step], f"step:{step.value}") == "killed"
    for step in steps:
        ordered = by_api(live, event[step].email)
        answer = live.client().post(
            f"/hooks/{SOURCE}", data=event[step].body, headers=headers(live, event[step])
        )
        assert answer.status_code == 200, answer.text
        assert answer.json["credential"].endswith(ordered)
    assert live.services.store.credentials.count_by_state()[CredentialState.ACTIVE] == len(steps)
    assert count(live) == len(steps)


def test_found_f12_two_processes_at_once_while_they_are_killed(live: Service) -> None:
    people = [f"p{number}@example.org" for number in range(12)]
    sent = {**live.api_headers(), "Content-Type": "application/json"}

    def knock(processes: Processes, who: str, number: int) -> str:
        """By hook or API, until it is taken."""
        heard: list[str] = []

        def ask() -> bool:
            try:
                if number % 2:
                    body = json.dumps({"achievement": ACHIEVEMENT, "recipient": {"email": who}}).encode()
                    key = {"Idempotency-Key": f"order-{number}-{who}"}
                    answer = processes.request(
                        "POST", "/api/v1/credentials", body=body, headers=sent | key, seconds=20
                    )
                else:
                    body = json.dumps(live.event(email=who)).encode()
                    event = Event(f"evt_{number}_{who.partition('@')[0]}", body, who)
                    answer = processes.request(
                        "POST", f"/hooks/{SOURCE}", body=body, headers=headers(live, event), seconds=20
                    )
            except (OSError, http.client.HTTPException):
                return False
            if answer.status in (200, 201):
                heard.append(json.loads(answer.body)["credential"])
            return bool(heard)

        wait_until(ask)
        return heard[0]

    with running(live.settings, webs=2, workers=0) as processes, ThreadPoolExecutor(8) as pool:
        asked = {
            who: [pool.submit(partial(knock, processes, who, number)) for number in range(4)]
            for who in people
        }
        for name in processes.names():
            asked[people[0]][0].result()
            processes.kill(name)
            processes.start(name)
        heard = {who: {one.result() for one in answers} for who, answers in asked.items()}
    assert {len(found) for found in heard.values()} == {1}
    assert live.services.store.credentials.count_by_state()[CredentialState.ACTIVE] == len(people)


# --- one person -----------------------------------------------------------------------------------


def test_found_f12_spellings_of_one_address_are_one_person(awarding: Service) -> None:
    assert by_hook(awarding, "Pat@Example.org") == by_api(awarding, "pat@example.org")


def become_one(service: Service, credential_id: str, other: str) -> None:
    """The holder of the credential proves the address of another member."""
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    service.services.store.people.prove(
        record.person_id,
        ProvedKind.EMAIL,
        other,
        added_by="test",
        now=service.clock.now + timedelta(seconds=1),
    )


def in_force(service: Service) -> set[str]:
    found = service.services.store.credentials.search(limit=100).items
    return {one.id for one in found if one.state is CredentialState.ACTIVE}


def test_found_f12_when_two_members_turn_out_to_be_one_both_credentials_stay(awarding: Service) -> None:
    """They were two people to the organisation when it awarded them."""
    first, second = by_api(awarding, "a@example.org"), by_api(awarding, "b@example.org")
    assert first != second
    Person(awarding).open_wallet("a@example.org")
    become_one(awarding, first, "b@example.org")
    assert {by_hook(awarding, "a@example.org"), by_hook(awarding, "b@example.org")} <= {first, second}
    assert count(awarding) == 2


@pytest.mark.parametrize("ends", ["revoke", "reissue"])
@pytest.mark.parametrize("ended", range(3))
def test_found_f12_of_those_who_are_one_each_credential_in_force_answers(
    awarding: Service, ended: int, ends: str
) -> None:
    """Three members are one; of what each has, one is revoked or replaced, as a duplicate or by mistake."""
    people = [f"{name}@example.org" for name in "abc"]
    given = [by_api(awarding, who) for who in people]
    Person(awarding).open_wallet(people[0])
    for who in people[1:]:
        become_one(awarding, given[0], who)
    services, now = awarding.services, awarding.clock.now
    for turn in range(2):
        one = given[(ended + turn) % 3]
        if ends == "revoke":
            set_status(services, one, CredentialState.REVOKED, reason="twice", actor="test", now=now)
        else:
            reissue(services, one, "twice", actor="test", now=now)
        kept = in_force(awarding)
        assert len(kept) == (2 - turn if ends == "revoke" else 3)
        answered = {DOORS[door](awarding, who) for door in DOORS for who in people}
        assert len(answered) == 1
        assert answered <= kept
    (last,) = answered
    for one in kept:
        set_status(services, one, CredentialState.REVOKED, reason="all", actor="test", now=now)
    again = {by_hook(awarding, who) for who in people}
    assert len(again) == 1
    assert last not in again


def test_found_f12_of_those_who_are_one_the_latest_that_has_not_ended_answers(awarding: Service) -> None:
    """Their awards began at different times; each ends after a month."""
    _define(awarding, "ends", validity_months=1)
    people = {"a@example.org": "2026-01-01", "b@example.org": "2026-01-20", "c@example.org": "2026-01-10"}

    def award(key: str, who: str, day: str) -> str:
        answer = order(awarding, key, who, achievement="ends", awarded_at=f"{day}T00:00:00Z")
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json["id"])

    given = {who: award(f"first-{who}", who, day) for who, day in people.items()}
    Person(awarding).open_wallet("a@example.org")
    for who in list(people)[1:]:
        become_one(awarding, given["a@example.org"], who)
    assert award("second-1", "a@example.org", "2026-02-12") == given["b@example.org"]
    newest = award("second-2", "c@example.org", "2026-03-12")
    assert newest not in given.values()
    assert award("second-3", "b@example.org", "2026-03-13") == newest


def test_found_f12_an_address_that_changed_hands_is_another_persons(awarding: Service) -> None:
    given = by_api(awarding)
    services, now = awarding.services, awarding.clock.now
    record = services.store.credentials.get(given)
    assert record is not None
    awarding.clock.advance(days=2)
    late = by_api(awarding, "late@example.org")
    services.store.members.end_identifier(record.identifier_id, now + timedelta(days=1), awarding.clock.now)
    assert by_hook(awarding) not in (given, late)
    late_record = services.store.credentials.get(late)
    assert late_record is not None
    services.store.members.end_identifier(
        late_record.identifier_id, now + timedelta(days=1), awarding.clock.now
    )
    assert by_hook(awarding, "late@example.org") == late, "what was awarded since the end is the new owner's"
