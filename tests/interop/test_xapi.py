"""Other people's xAPI: tincan, xapi.js and a cmi5 course report success; their validator judges alike."""

from __future__ import annotations

import json
import random
import shutil
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import tincan  # type: ignore[import-untyped]  # it ships no types
from werkzeug.serving import make_server

from credserv.journeys.award.waiting import assert_identifiers
from credserv.journeys.define.rules import set_rule
from credserv.records.credentials import Recipient
from credserv.records.observations import Kind, PersonKind, PersonReference
from credserv.records.sources import SourceRecord
from credserv.sources.webhook import create_secret
from credserv.sources.xapi.validation import find_faults
from tests.testkit.node import NodePeer, node_peer
from tests.testkit.service import Service, make_service
from tests.testkit.xapi_statements import ACCOUNT, AGENT, BROKEN, FULL, SOUND, STRICTER, changed

FOLDER = Path(__file__).with_name("xapi")
ADL = "http://adlnet.gov/expapi/verbs/"


@dataclass(frozen=True)
class Store:
    """One source as its clients see it."""

    service: Service
    endpoint: str
    user: str
    password: str


@pytest.fixture(scope="module")
def store(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder, password = tmp_path_factory.mktemp("xapi"), create_secret()
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    service = make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder)
    record = SourceRecord("lms", "xapi", (password,), {"rules": []}, service.clock.now)
    service.services.store.sources.create(record)
    server = make_server("127.0.0.1", 0, service.app, threaded=True)
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    yield Store(service, f"http://127.0.0.1:{server.server_port}/xapi/lms/", "lms", password)
    server.shutdown()
    running.join()
    server.server_close()


@pytest.fixture(scope="module")
def peer() -> Iterator[NodePeer]:
    with node_peer("peer.mjs", FOLDER) as running:
        yield running


def statements() -> list[dict[str, Any]]:
    """What may earn something, what waits for a person, and what says nothing."""
    made = [
        {"verb": {"id": ADL + "passed"}, "result": {"score": {"scaled": 0.9}, "success": True}},
        {"verb": {"id": ADL + "completed"}, "actor": ACCOUNT},
        {"verb": {"id": ADL + "experienced"}},
        {"verb": {"id": ADL + "passed"}},
    ]
    shared = {
        "actor": AGENT,
        "object": {"id": "https://lms.example.org/quiz/1"},
        "timestamp": FULL["timestamp"],
    }
    return [shared | one | {"id": str(uuid.uuid4())} for one in made]


def test_tincan_reports_success_and_reads_what_it_sent(store: Store) -> None:
    lrs = tincan.RemoteLRS(endpoint=store.endpoint, username=store.user, password=store.password)
    made = statements()
    sent = [tincan.Statement.from_json(json.dumps(one)) for one in made]
    saved = lrs.save_statement(sent[0])
    assert saved.success, saved.data
    batch = lrs.save_statements(sent[1:])
    assert batch.success, batch.data
    assert [one.id for one in batch.content] == [one.id for one in sent[1:]]
    assert lrs.save_statement(sent[0]).success  # again
    named = tincan.Statement.from_json(json.dumps({k: v for k, v in made[0].items() if k != "id"}))
    answered = lrs.save_statement(named)
    assert answered.success
    assert answered.content.id
    assert str(lrs.retrieve_statement(made[0]["id"]).content.id) == made[0]["id"]
    query = lrs.query_statements({"limit": 2, "agent": sent[1].actor})
    assert query.success, query.data
    assert [str(one.id) for one in query.content.statements] == [made[1]["id"]]
    about = lrs.about()
    assert about.success, about.data
    assert about.content.version == ["1.0.3"]
    other = tincan.Statement.from_json(json.dumps(made[0] | {"actor": ACCOUNT}))
    assert lrs.save_statement(other).response.status == 409
    wrong = tincan.RemoteLRS(endpoint=store.endpoint, username=store.user, password="wrong")
    assert not wrong.save_statement(sent[0]).success


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_xapi_js_reports_success_and_reads_what_it_sent(store: Store, peer: NodePeer, version: str) -> None:
    made = statements()
    own_verb = f"https://example.org/verbs/{uuid.uuid4()}"
    for one in made[:2]:
        one["verb"] = {"id": own_verb}
    ids = [one["id"] for one in made]
    answer = peer.ask(
        "exchange",
        **{"endpoint": store.endpoint, "user": store.user, "password": store.password},
        **{"version": version, "statements": made},
    )
    assert answer["sent"] == ids[:1]
    assert answer["batch"] == ids[1:]
    assert answer["again"] == ids
    assert answer["one"] == ids[0]
    assert sorted(answer["found"]) == sorted(ids[:2])
    assert answer["about"] == (["1.0.3"] if version == "1.0.3" else ["1.0.3", "2.0.0"])


@pytest.mark.parametrize("number", ["4242", "nobody"])
def test_a_cmi5_course_reports_success_whether_its_learner_is_known_or_not(
    store: Store, peer: NodePeer, number: str
) -> None:
    service, account = store.service, {"homePage": "https://lms.example.org", "name": number}
    activity = f"https://lms.example.org/au/{number}"
    name = PersonReference(PersonKind.ACCOUNT, "4242", account["homePage"])
    now = service.clock.now = datetime.now(UTC)  # the course's is the machine's
    assert_identifiers(
        service.services, Recipient(email="pat@example.org"), [(name, "lms")], actor="t", now=now
    )
    rule = {"when": {"observed": {"kind": "passed", "activity": activity}}}
    set_rule(service.services, "active-listening", rule, actor="test", now=now)
    told = peer.ask(
        "course",
        **{"endpoint": store.endpoint, "user": store.user, "password": store.password, "account": account},
        **{"activityId": activity, "registration": str(uuid.uuid4())},
    )
    assert set(told) == {"initialized", "progressed", "completed", "passed", "terminated"}
    assert all(len(ids) == 1 for ids in told.values())
    kept = service.services.store.observations.recent(source="lms", limit=20)
    states = {
        one.state.value
        for one in kept
        if one.observation.kind is Kind.PASSED and one.observation.activities[0].value == activity
    }
    assert states == {"judged" if number == "4242" else "waiting"}
    held = service.services.store.credentials.search("", limit=9).items
    assert [one.order.recipient.email for one in held] == ["pat@example.org"]


def test_the_validator_judges_as_we_do(peer: NodePeer) -> None:
    named = {**SOUND, **BROKEN}
    made = [changed(*one) for one in named.values()]
    ours = [not find_faults(one, version="1.0.3") for one in made]
    theirs = peer.ask("validate", statements=made)
    differing = {name for name, one, other in zip(named, ours, theirs, strict=True) if one != other}
    assert differing == set(STRICTER)


def test_the_validator_judges_as_we_do_of_statements_changed_in_several_places(peer: NodePeer) -> None:
    """From a fixed seed: two or three changes at once, each of another part."""
    chance, made = random.Random(103), []
    changes = {name: one for name, one in {**SOUND, **BROKEN}.items() if name not in STRICTER}
    while len(made) < 300:
        statement = FULL
        try:
            for name in chance.sample(sorted(changes), k=chance.choice((2, 3))):
                statement = changed(*changes[name], statement)
        except (KeyError, TypeError, IndexError):
            continue  # an earlier one took the place of a later one away
        made.append(statement)
    ours = [not find_faults(one, version="1.0.3") for one in made]
    theirs = peer.ask("validate", statements=made)
    assert [one for one, our, their in zip(made, ours, theirs, strict=True) if our != their] == []
    assert len(set(ours)) == 2
