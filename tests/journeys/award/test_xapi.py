"""The xAPI receiver: what record stores owe their clients, for statements; and what a stranger gets."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from credserv.journeys.award.replay import replay
from credserv.journeys.award.waiting import assert_identifiers
from credserv.records.credentials import CredentialFilter, Recipient
from credserv.records.observations import PersonKind, PersonReference
from credserv.records.sources import EventState, SourceRecord
from credserv.sources.webhook import create_secret
from tests.testkit.service import Service, make_service
from tests.testkit.xapi_statements import ACCOUNT, AGENT, BROKEN, FULL, changed

SECRET = create_secret()
ORIGIN = "https://player.example.org"
FREE = "text/plain"


class Lms:
    """An xAPI client, as far as HTTP goes."""

    def __init__(self, service: Service, source: str, secret: str = SECRET) -> None:
        self.service, self.path = service, f"/xapi/{source}/statements"
        coded = base64.b64encode(f"{source}:{secret}".encode()).decode()
        self.headers = {"Authorization": f"Basic {coded}", "X-Experience-API-Version": "1.0.3"}

    def send(self, value: Any, method: str = "POST", *, query: str = "", **headers: str) -> TestResponse:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        told = {"Content-Type": "application/json"} | self.headers
        told |= {name.replace("_", "-"): text for name, text in headers.items()}
        return self.service.client().open(f"{self.path}{query}", method=method, data=body, headers=told)

    def get(self, **params: str) -> TestResponse:
        query = f"?{urlencode(params)}" if params else ""
        return self.service.client().get(f"{self.path}{query}", headers=self.headers)

    def ids(self, **params: str) -> list[str]:
        return [one["id"] for one in self.get(**params).json["statements"]]


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("xapi")
    shutil.copyfile(sqlite_template, folder / "credserv.sqlite")
    return make_service(f"sqlite:///{folder / 'credserv.sqlite'}", folder, starters=False)


def connect(service: Service, **options: Any) -> Lms:
    """A source of its own for each test, of one service."""
    name = f"lms-{uuid.uuid4().hex[:12]}"
    record = SourceRecord(name, "xapi", (SECRET,), {"rules": []}, service.clock.now, options=options)
    service.services.store.sources.create(record)
    return Lms(service, name)


@pytest.fixture
def lms(service: Service) -> Lms:
    return connect(service)


def fresh(**members: Any) -> dict[str, Any]:
    """A sound statement that no other test has sent."""
    return {
        "id": str(uuid.uuid4()),
        "actor": AGENT,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": "https://lms.example.org/quiz/1"},
        "timestamp": "2026-03-14T09:00:00Z",
    } | members


def messages(lms: Lms) -> list[tuple[EventState, str]]:
    source = lms.path.split("/")[2]
    kept = lms.service.services.store.events.recent(source, limit=9)
    return [(one.state, one.note) for one in kept]


def observed(lms: Lms) -> list[str]:
    source = lms.path.split("/")[2]
    kept = lms.service.services.store.observations.recent(source=source, limit=99)
    return sorted(one.observation.event_id for one in kept)


# --- in ----------------------------------------------------------------------------------------------


def test_one_and_many_are_answered_with_their_ids_in_order(lms: Lms) -> None:
    one, many = fresh(), [fresh() for _ in range(3)]
    answer = lms.send(one)
    assert (answer.status_code, answer.json) == (200, [one["id"]])
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert answer.headers["X-Experience-API-Consistent-Through"]
    assert lms.send(many).json == [statement["id"] for statement in many]
    assert observed(lms) == sorted(statement["id"] for statement in [one, *many])


def test_sent_again_it_is_the_same_also_in_another_batch(lms: Lms) -> None:
    first, second = fresh(), fresh(timestamp="2026-03-14T09:00:00.5+01:00")
    for batch in (
        [first, second],
        [first, second],
        [second],
        [second | {"timestamp": "2026-03-14T08:00:00.500Z"}],
    ):
        assert lms.send(batch).json == [statement["id"] for statement in batch]
    assert observed(lms) == sorted([first["id"], second["id"]])


def test_a_statement_without_an_id_gets_one_and_keeps_it(lms: Lms) -> None:
    statement = fresh()
    del statement["id"]
    (first,) = lms.send(statement).json
    married = statement | {"actor": AGENT | {"name": "Pat Married"}}  # Moodle makes it anew for each attempt
    assert lms.send([fresh(), married]).json[1] == first
    assert lms.get(statementId=first).json["actor"]["name"] == "Pat Doe"


def test_put_keeps_one_under_the_id_of_its_address(lms: Lms) -> None:
    statement = fresh()
    own = statement.pop("id")
    query = f"?statementId={own}"
    assert lms.send(statement, "PUT", query=query).status_code == 204
    assert lms.send(statement | {"id": own.upper()}, "PUT", query=query).status_code == 204
    other = lms.send(statement | {"actor": ACCOUNT}, "PUT", query=query)
    assert other.status_code == 409
    assert lms.get(statementId=own).json["actor"] == AGENT
    assert observed(lms) == [own]


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("", {}),
        ("?statementId=7", {}),
        ("?statementId=7ccd3322-e1a5-411a-a67d-6a735c76f119", {}),
        ("?statementId=7ccd3322-e1a5-411a-a67d-6a735c76f119&statementid=7", {"id": FULL["id"]}),
    ],
)
def test_a_put_to_no_address_of_its_own_is_refused(lms: Lms, query: str, changes: dict[str, Any]) -> None:
    assert lms.send(fresh(**changes), "PUT", query=query).status_code == 400
    assert lms.send([fresh(**changes)], "PUT", query=query).status_code == 400


def test_another_statement_under_a_known_id_is_a_conflict_and_kept(lms: Lms) -> None:
    statement, beside = fresh(), fresh()
    lms.send(statement)
    refused = lms.send([beside, statement | {"actor": ACCOUNT}])
    assert refused.status_code == 409
    assert lms.get(statementId=beside["id"]).status_code == 404
    assert EventState.CONFLICT in [state for state, _ in messages(lms)]
    assert observed(lms) == [statement["id"]]


@pytest.mark.parametrize("name", ["actor missing", "result/success of another kind", "scaled 1.1", "id cut"])
def test_one_bad_statement_refuses_the_whole_message_which_is_kept(lms: Lms, name: str) -> None:
    good = fresh()
    answer = lms.send([good, changed(*BROKEN[name])])
    assert answer.status_code == 400
    assert {fault["place"].split("/")[1] for fault in answer.json["faults"]} == {"1"}
    assert lms.get(statementId=good["id"]).status_code == 404
    ((state, note),) = messages(lms)
    assert state is EventState.UNREADABLE
    assert note
    assert observed(lms) == []


def test_a_lenient_source_takes_what_can_be_read(service: Service) -> None:
    lms = connect(service, lenient=True)
    good, odd = fresh(), fresh(actor=AGENT | {"objectType": ["Agent"]})
    answer = lms.send([good, odd, changed("/actor/mbox", "pat", fresh())])
    assert answer.status_code == 200
    assert answer.json[:2] == [good["id"], odd["id"]]
    assert observed(lms) == sorted([good["id"], odd["id"]])
    ((state, note),) = messages(lms)
    assert state is EventState.READ
    assert "/2/actor/mbox" in note


@pytest.mark.parametrize("body", [b"", b"{", b"7", b"[7]", b'{"type": "course.completed"}', b'[{"id": 1}]'])
def test_what_is_no_statement_is_refused_and_kept(lms: Lms, body: bytes) -> None:
    assert lms.send(body).status_code == 400
    assert [state for state, _ in messages(lms)] == [EventState.UNREADABLE]


def test_an_id_twice_in_one_message_is_refused(lms: Lms) -> None:
    statement = fresh()
    assert lms.send([statement, statement | {"id": statement["id"].upper()}]).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [{"X_Experience_API_Version": ""}, {"X_Experience_API_Version": "0.95"}, {"Content_Type": FREE}],
)
def test_a_call_that_says_not_what_it_is_is_refused(lms: Lms, headers: dict[str, str]) -> None:
    assert lms.send(fresh(), **headers).status_code == 400


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.9", "2.0.0"])
def test_versions(lms: Lms, version: str) -> None:
    answer = lms.send(fresh(), X_Experience_API_Version=version)
    assert answer.status_code == 200
    assert answer.headers["X-Experience-API-Version"] == ("2.0.0" if version.startswith("2") else "1.0.3")


def test_agents_in_the_context_need_version_2(lms: Lms) -> None:
    statement = fresh(context={"contextAgents": [{"objectType": "contextAgent", "agent": ACCOUNT}]})
    assert lms.send(statement).status_code == 400
    assert lms.send(statement, X_Experience_API_Version="2.0.0").status_code == 200


def test_a_voided_statement_is_found_as_such_alone(lms: Lms) -> None:
    statement = fresh()
    reference = {"objectType": "StatementRef", "id": statement["id"]}
    voiding = fresh(verb={"id": "http://adlnet.gov/expapi/verbs/voided"}, object=reference)
    assert lms.send([statement, voiding]).status_code == 200
    assert lms.get(statementId=statement["id"]).status_code == 404
    assert lms.get(voidedStatementId=statement["id"]).json["id"] == statement["id"]
    assert lms.get(voidedStatementId=voiding["id"]).status_code == 404
    assert lms.ids() == [voiding["id"]]


# --- attachments -------------------------------------------------------------------------------------

PDF = b"%PDF-1.7\r\n--a line that looks like a boundary\r\n"


def attached(**members: Any) -> dict[str, Any]:
    attachment = FULL["attachments"][0] | {"length": len(PDF), "sha2": hashlib.sha256(PDF).hexdigest()}
    del attachment["fileUrl"]
    return fresh(attachments=[attachment | members])


def multipart(statement: Any, content: bytes = PDF, **headers: str) -> bytes:
    told = {
        "Content-Type": "application/pdf",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": hashlib.sha256(PDF).hexdigest(),
    } | {name.replace("_", "-"): text for name, text in headers.items()}
    head = "\r\n".join(f"{name}: {text}" for name, text in told.items() if text)
    first = b"--abc\r\nContent-Type: application/json\r\n\r\n" + json.dumps(statement).encode()
    return first + f"\r\n--abc\r\n{head}\r\n\r\n".encode() + content + b"\r\n--abc--\r\n"


def test_attachments_are_read_and_not_kept(lms: Lms) -> None:
    statement = attached()
    answer = lms.send(multipart(statement), Content_Type="multipart/mixed; boundary=abc")
    assert answer.json == [statement["id"]]
    source = lms.path.split("/")[2]
    (kept,) = lms.service.services.store.events.recent(source, limit=9)
    assert json.loads(kept.body) == statement


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (multipart(attached()), "multipart/mixed"),
        (multipart(attached()), "multipart/mixed; boundary=other"),
        (multipart(attached(), PDF + b"x"), "multipart/mixed; boundary=abc"),
        (multipart(attached(), X_Experience_API_Hash=""), "multipart/mixed; boundary=abc"),
        (multipart(attached(), Content_Transfer_Encoding=""), "multipart/mixed; boundary=abc"),
        (multipart(fresh()), "multipart/mixed; boundary=abc"),
        (multipart(attached()).replace(b"application/json", b"text/plain"), "multipart/mixed; boundary=abc"),
        (multipart(attached())[:-10], "multipart/mixed; boundary=abc"),
        (json.dumps(attached()).encode(), "application/json"),
    ],
)
def test_parts_that_are_not_as_the_standard_has_them_are_refused(
    lms: Lms, body: bytes, content_type: str
) -> None:
    assert lms.send(body, Content_Type=content_type).status_code == 400
    assert observed(lms) == []


# --- out ---------------------------------------------------------------------------------------------


def test_a_statement_comes_back_as_it_was_said_with_what_a_store_adds(lms: Lms) -> None:
    sent = changed("/id", str(uuid.uuid4()))
    lms.send(sent)
    answer = lms.get(statementId=sent["id"].upper())
    got = answer.json
    added = ("stored", "authority")
    assert {name: got[name] for name in got if name not in added} == {
        name: sent[name] for name in sent if name not in added
    }
    assert got["authority"]["account"]["name"] == lms.path.split("/")[2]
    assert answer.last_modified is not None
    head = lms.service.client().head(f"{lms.path}?statementId={sent['id']}", headers=lms.headers)
    assert (head.status_code, head.data) == (200, b"")


def test_filters_and_pages(lms: Lms) -> None:
    first = fresh(actor=ACCOUNT)
    lms.send(first)
    lms.service.clock.advance(seconds=5)
    registration = str(uuid.uuid4())
    second = fresh(
        context={"registration": registration}, verb={"id": "http://adlnet.gov/expapi/verbs/failed"}
    )
    third = fresh(object={"id": "https://lms.example.org/quiz/2"})
    lms.send(second)
    lms.service.clock.advance(seconds=5)
    lms.send(third)
    everything = [one["id"] for one in (third, second, first)]
    assert lms.ids() == everything
    assert lms.ids(ascending="true") == everything[::-1]
    assert lms.ids(verb=second["verb"]["id"]) == [second["id"]]
    assert lms.ids(activity="https://lms.example.org/quiz/2") == [third["id"]]
    assert lms.ids(agent=json.dumps(ACCOUNT)) == [first["id"]]
    assert lms.ids(registration=registration) == [second["id"]]
    stored = lms.get(statementId=first["id"]).json["stored"]
    assert lms.ids(since=stored) == everything[:2]
    assert lms.ids(until=stored) == everything[2:]
    found, page = [], lms.get(limit="2").json
    found += [one["id"] for one in page["statements"]]
    while page["more"]:
        page = lms.service.client().get(page["more"], headers=lms.headers).json
        found += [one["id"] for one in page["statements"]]
    assert found == everything
    assert lms.get().json["more"] == ""


def test_a_source_sees_its_own_statements_alone(lms: Lms, service: Service) -> None:
    statement = fresh()
    lms.send(statement)
    other = connect(service)
    assert other.ids() == []
    assert other.get(statementId=statement["id"]).status_code == 404
    assert other.send(statement | {"actor": ACCOUNT}).status_code == 200  # and stands in nobody's way


@pytest.mark.parametrize(
    "params",
    [
        {"statementId": "7"},
        {"statementId": FULL["id"], "limit": "1"},
        {"statementId": FULL["id"], "voidedStatementId": FULL["id"]},
        {"StatementId": FULL["id"]},
        {"limit": "-1"},
        {"limit": "many"},
        {"since": "yesterday"},
        {"registration": "7"},
        {"agent": "pat"},
        {"agent": "{}"},
        {"ascending": "1"},
        {"after": "x"},
        {"other": "x"},
    ],
)
def test_parameters_that_do_not_fit_are_refused(lms: Lms, params: dict[str, str]) -> None:
    assert lms.get(**params).status_code == 400


# --- who ---------------------------------------------------------------------------------------------


def test_attack_104_nobody_without_the_password_of_the_source_comes_in(lms: Lms, service: Service) -> None:
    name = lms.path.split("/")[2]
    wrong = [
        Lms(service, name, create_secret()),
        Lms(service, "nobody-of-that-name"),
        Lms(service, "academy-lms", service.secret),  # of another dialect
    ]
    for stranger in wrong:
        for answer in (stranger.send(fresh()), stranger.get()):
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
    as_another = {"Authorization": "Basic " + base64.b64encode(f"x:{SECRET}".encode()).decode()}
    for header in (
        as_another,
        {"Authorization": ""},
        {"Authorization": "Basic !"},
        {"Authorization": "Bearer x"},
    ):
        assert lms.send(fresh(), **header).status_code == 401
    assert messages(lms) == []
    service.services.store.sources.set_enabled(name, False)
    assert lms.send(fresh()).status_code == 401


def test_a_user_name_may_be_set(service: Service) -> None:
    lms = connect(service, authentication={"method": "basic", "username": "moodle"})
    assert lms.send(fresh()).status_code == 401
    coded = base64.b64encode(f"moodle:{SECRET}".encode()).decode()
    assert lms.send(fresh(), Authorization=f"Basic {coded}").status_code == 200


def test_what_it_says_of_itself(lms: Lms) -> None:
    path = lms.path.replace("statements", "about")
    client = lms.service.client()
    assert client.get(path).json == {"version": ["1.0.3"]}  # tincan 1.0.0 raises on 2.0.0
    told = client.get(path, headers={"X-Experience-API-Version": "2.0.0"})
    assert told.json == {"version": ["1.0.3", "2.0.0"]}
    assert told.headers["X-Experience-API-Version"] == "2.0.0"


@pytest.mark.parametrize(
    "resource", ["activities/state", "agents/profile", "activities/profile", "agents", "activities"]
)
def test_what_is_not_served_is_told_with_the_reason(lms: Lms, resource: str) -> None:
    for method in ("GET", "PUT", "POST", "DELETE"):
        path = lms.path.replace("statements", resource)
        answer = lms.service.client().open(path, method=method, headers=lms.headers)
        assert answer.status_code == 404
        assert "record store" in answer.json["detail"]


def test_attack_119_pages_of_the_origins_that_are_set_may_send(service: Service) -> None:
    lms = connect(service, origins=[ORIGIN])
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    told = service.client().options(lms.path, headers=asked)
    assert told.status_code == 204
    assert told.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "X-Experience-API-Version" in told.headers["Access-Control-Allow-Headers"]
    assert lms.send(fresh(), Origin=ORIGIN).headers["Access-Control-Allow-Origin"] == ORIGIN
    for other in ("https://evil.example", "null"):
        assert "Access-Control-Allow-Origin" not in lms.send(fresh(), Origin=other).headers
    closed = service.client().options(connect(service).path, headers=asked)
    assert "Access-Control-Allow-Origin" not in closed.headers


# --- the alternate request syntax ----------------------------------------------------------------------


def alternate(lms: Lms, method: str, fields: dict[str, str]) -> TestResponse:
    own = {name: lms.headers[name] for name in ("Authorization", "X-Experience-API-Version")}
    return lms.service.client().post(
        f"{lms.path}?method={method}",
        data=urlencode(own | fields),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


def test_headers_and_content_may_come_as_a_form(lms: Lms) -> None:
    statement = fresh()
    put = {
        "statementId": statement["id"],
        "content": json.dumps(statement),
        "Content-Type": "application/json",
    }
    assert alternate(lms, "PUT", put).status_code == 204
    assert alternate(lms, "GET", {"statementId": statement["id"]}).json["id"] == statement["id"]
    assert alternate(lms, "POST", {"content": json.dumps(fresh())}).status_code == 200
    assert alternate(lms, "GET", {"Authorization": "Basic eDp5"}).status_code == 401
    assert alternate(lms, "GET", {"other": "x"}).status_code == 400
    assert alternate(lms, "TRACE", {}).status_code == 400
    assert alternate(lms, "PUT&statementId=x", put).status_code == 400


# --- and what it earns -------------------------------------------------------------------------------

RULES = {
    "rules": [
        {"event": "passed", "course": "https://lms.example.org/quiz/1", "achievement": "active-listening"}
    ]
}


@pytest.fixture
def earning(sqlite_service: Service) -> Lms:
    """A source whose statements earn something, and whose addresses count."""
    options = {"authoritative_email": True}
    now = sqlite_service.clock.now
    record = SourceRecord("moodle", "xapi", (SECRET,), RULES, now, options=options)
    sqlite_service.services.store.sources.create(record)
    return Lms(sqlite_service, "moodle")


def states(lms: Lms) -> list[str]:
    wanted = CredentialFilter()
    page = lms.service.services.store.credentials.search("", wanted=wanted, limit=9, after=None)
    return [one.state.value for one in page.items]


def test_a_statement_earns_a_credential_once(earning: Lms) -> None:
    statement = fresh()
    for batch in (statement, [statement, fresh(verb={"id": "http://adlnet.gov/expapi/verbs/viewed"})]):
        assert earning.send(batch).status_code == 200
    assert states(earning) == ["active"]


def voiding(statement: dict[str, Any]) -> dict[str, Any]:
    reference = {"objectType": "StatementRef", "id": statement["id"]}
    return fresh(actor=ACCOUNT, verb={"id": "http://adlnet.gov/expapi/verbs/voided"}, object=reference)


@pytest.mark.parametrize("is_first", [False, True])
def test_what_is_voided_earns_nothing_whichever_comes_first(earning: Lms, is_first: bool) -> None:
    statement = fresh()
    taken_back = voiding(statement)
    for one in (taken_back, statement) if is_first else (statement, taken_back):
        assert earning.send(one).status_code == 200
    assert states(earning) == ([] if is_first else ["suspended"])
    assert earning.send(fresh()).status_code == 200  # passed once more
    assert states(earning) == ["active"]


def test_a_person_who_becomes_known_gets_what_waited(earning: Lms) -> None:
    assert earning.send(fresh(actor=ACCOUNT)).status_code == 200
    assert states(earning) == []
    account = ACCOUNT["account"]
    name = PersonReference(PersonKind.ACCOUNT, account["name"], account["homePage"])
    recipient = Recipient(email="pat@example.org", name="Pat Doe")
    services, now = earning.service.services, earning.service.clock.now
    assert_identifiers(services, recipient, [(name, "moodle")], actor="test", now=now)
    assert states(earning) == ["active"]


def test_a_credential_leads_back_to_the_statement_that_earned_it(earning: Lms) -> None:
    statement = fresh()
    own = statement.pop("id")
    assert earning.send(statement, "PUT", query=f"?statementId={own}").status_code == 204
    (record,) = earning.service.services.store.credentials.search("", limit=9).items
    told = replay(earning.service.services, record.id)
    assert told.agrees
    (found,) = told.observations
    assert found.record.observation.event_id == own
    assert json.loads(found.event.body) == statement
    assert found.event.authentication is not None
    assert found.event.authentication["is_signed"] is False
    assert found.is_whole
    assert found.reads_alike
