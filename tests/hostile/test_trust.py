"""Lists of trusted issuers whose hosts are broken, slow or hostile: nothing changes but the list's age."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from credserv.ground.errors import InputError, UnavailableError
from credserv.ground.verification import Outcome
from credserv.journeys.trust import refresh as trust_lists
from credserv.journeys.trust.lists import judge_issuer
from credserv.records.trust import TrustedIssuerRecord
from credserv.trust.trust_list import build_trusted_issuer
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.browsing import Person
from tests.testkit.https_host import Handler, Host, http, https_host
from tests.testkit.service import Service, make_service
from tests.testkit.zips import gzip_bomb
from tests.unit.fetch.test_guarded import local_fetcher

SCHOOL, OTHER, MALLORY = (f"did:web:{name}.example" for name in ("school", "other", "mallory"))
GOOD = {"issuers": [{"id": SCHOOL, "name": "School"}, {"id": OTHER, "name": "Other"}]}


def body(*issuers: dict[str, str]) -> bytes:
    return json.dumps({"issuers": [*GOOD["issuers"], *issuers]}).encode()


def endless(connection: socket.socket, _head: bytes) -> None:
    """200 MB, said to be so."""
    size = 200 * 1_048_576
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
    for _ in range(200):
        connection.sendall(b" " * 1_048_576)


def trickle(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(600):
        connection.sendall(b" ")
        time.sleep(0.1)


REPEATED = f'{{"registry": {{"{MALLORY}": {{"name": "A"}}, "{MALLORY}": {{"name": "B"}}}}}}'.encode()
BOMB = gzip_bomb(b" ", 50)
TOO_MANY = json.dumps(
    {"issuers": [{"id": f"did:web:x{number}.example", "name": "X"} for number in range(5_001)]}
).encode()
POISON: dict[str, bytes | Handler] = {
    "not found": http(b"gone", "404 Not Found"),
    "an error with a good list in it": http(body({"id": MALLORY, "name": "M"}), "500 Internal Server Error"),
    "nothing": http(b""),
    "html": http(b"<!doctype html><title>School</title>", content_type="text/html"),
    "a cut list": http(body({"id": MALLORY, "name": "M"})[:-3]),
    "200 MB": endless,
    "a gzip bomb": http(BOMB, content_encoding="gzip"),
    "for ever": trickle,
    "elsewhere": http(b"", "302 Found", location="https://lists.example/registry.json"),
    "inward": http(b"", "301 Moved Permanently", location="https://169.254.169.254/latest/meta-data"),
    "to itself": http(b"", "307 Temporary Redirect", location="/registry.json"),
    "deep": http(b'{"issuers":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "csv": http(f"id,name\n{MALLORY},M\n".encode()),
    "another form": http(json.dumps({"registry": {MALLORY: {"name": "M"}}}).encode()),
    "an issuer twice": http(body({"id": MALLORY, "name": "A"}, {"id": MALLORY, "name": "B"})),
    "a member twice": http(REPEATED),
    "NUL in a name": http(body({"id": MALLORY, "name": "M\0"})),
    "NUL in an id": http(body({"id": MALLORY + "\0", "name": "M"})),
    "a turned name": http(body({"id": MALLORY, "name": "\u202eloohcS"})),
    "an unpaired surrogate": http(b'{"issuers": [{"id": "did:web:x.example", "name": "\\ud800"}]}'),
    "a link that runs": http(body({"id": MALLORY, "name": "M", "url": "javascript:alert(1)"})),
    "too many": http(TOO_MANY),
}


@dataclass
class Publisher:
    """The host of a list, and a service that has subscribed to it."""

    host: Host
    service: Service
    list_id: str
    says: dict[str, bytes | Handler] = field(default_factory=dict)

    def refresh(self) -> str:
        now = self.service.clock.advance(hours=1)
        return trust_lists.refresh(self.service.services, self.list_id, actor="worker", now=now)

    def outcomes(self) -> tuple[Outcome, ...]:
        """Of the school, the other one, and Mallory."""
        services, now = self.service.services, self.service.clock.now
        asked = (SCHOOL, OTHER, MALLORY)
        return tuple(judge_issuer(services, issuer, "", now).check.outcome for issuer in asked)


@pytest.fixture(scope="module")
def publishing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    folder = tmp_path_factory.mktemp("publisher")
    says: dict[str, bytes | Handler] = {"now": http(body())}

    def answer(connection: socket.socket, head: bytes) -> None:
        said = says["now"]
        if isinstance(said, bytes):
            connection.sendall(said)
        else:
            said(connection, head)

    with https_host(folder, answer) as host:
        fetcher = local_fetcher(
            host, cache_seconds=0, failure_seconds=0, deadline_seconds=6.0, requests_per_minute=10_000
        )
        service = make_service(f"sqlite:///{folder / 'c.sqlite'}", folder, fetcher=fetcher, starters=False)
        url, now = host.url("/registry.json"), service.clock.now
        known, _ = trust_lists.subscribe(
            service.services, "", name="Registry", url=url, actor="test", now=now
        )
        yield Publisher(host, service, known.id, says)


@pytest.fixture
def publisher(publishing: Publisher) -> Publisher:
    """Its list is the good one, whatever it said before."""
    publishing.says["now"] = http(body())
    assert publishing.refresh() == ""
    return publishing


BOTH = (Outcome.PASSED, Outcome.PASSED, Outcome.UNKNOWN)


@pytest.mark.parametrize("name", POISON)
def test_attack_56_a_poisoned_host_changes_nothing_but_the_age(publisher: Publisher, name: str) -> None:
    publisher.says["now"] = POISON[name]
    began = time.monotonic()
    problem = publisher.refresh()
    assert time.monotonic() - began < HANGS_AFTER

    assert problem
    assert len(problem) <= 500
    assert publisher.outcomes() == BOTH
    known = publisher.service.services.store.trusted_lists.get(publisher.list_id)
    assert known is not None
    assert known.last_error == problem
    assert known.fetched_at is not None
    assert known.tried_at is not None
    assert known.tried_at > known.fetched_at
    publisher.service.clock.advance(days=7)
    assert publisher.outcomes() == (Outcome.UNKNOWN,) * 3

    publisher.says["now"] = http(body())
    assert publisher.refresh() == ""
    assert publisher.outcomes() == BOTH


@pytest.mark.parametrize("name", sorted(POISON.keys() - {"another form"}))
def test_what_is_no_list_is_not_subscribed_to(publisher: Publisher, name: str) -> None:
    publisher.says["now"] = POISON[name]
    with pytest.raises((InputError, UnavailableError)):
        trust_lists.subscribe(
            publisher.service.services,
            "acme",
            name="Registry",
            url=publisher.host.url("/registry.json"),
            actor="test",
            now=publisher.service.clock.now,
        )
    assert publisher.service.services.store.trusted_lists.list("acme") == ()


def test_a_list_swapped_for_a_smaller_one_trusts_no_more_than_it_says(publisher: Publisher) -> None:
    publisher.says["now"] = http(json.dumps({"issuers": GOOD["issuers"][:1]}).encode())
    assert publisher.refresh() == ""
    assert publisher.outcomes() == (Outcome.PASSED, Outcome.UNKNOWN, Outcome.UNKNOWN)
    publisher.says["now"] = http(b'{"issuers": []}')
    assert publisher.refresh() == ""
    assert publisher.outcomes() == (Outcome.UNKNOWN,) * 3


def test_attack_54_whoever_is_verified_chooses_no_list_and_costs_its_host_nothing(
    publisher: Publisher,
) -> None:
    asked = len(publisher.host.heads)
    services, now = publisher.service.services, publisher.service.clock.now
    for issuer in (
        SCHOOL,
        MALLORY,
        publisher.host.url("/issuer"),
        f"did:web:localhost%3A{publisher.host.port}",
    ):
        for _ in range(20):
            judge_issuer(services, issuer, "", now)
    assert len(publisher.host.heads) == asked  # lists are asked for on a schedule, never by a check


@pytest.mark.parametrize(
    "url",
    [
        "http://lists.example/",
        "file:///etc/passwd",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://a@lists.example/",
        "https://lists.example:25/",
        "https://lists.example\\@evil.example/",
        "https://2130706433/",
        "data:,{}",
        "",
    ],
)
def test_attack_51_addresses_that_are_never_fetched(publisher: Publisher, url: str) -> None:
    asked = publisher.host.connections
    with pytest.raises(UnavailableError):
        trust_lists.subscribe(
            publisher.service.services,
            "",
            name="X",
            url=url,
            actor="test",
            now=publisher.service.clock.now,
        )
    assert publisher.host.connections == asked


LOOKALIKES = (
    "did:web:school.example ",
    " did:web:school.example",
    "did:web:School.example",
    "did:web:school.example#key-1",
    "did:web:school.example:",
    "did:web:school.example.",
    "did:web:schооl.example",
    "did:web:school%2eexample",
    "DID:web:school.example",
    "did:web:school.example\0",
    "did:web:school.example\n",
    "did:web:school.examp",
    "",
    "\ud800",
    "%",
    "_",
    "did:web:school.example' OR '1'='1",
)


def test_attack_22_an_id_that_only_looks_like_the_listed_one_is_in_none(service: Service) -> None:
    entry = TrustedIssuerRecord(SCHOOL, "School")
    now = service.clock.now
    trust_lists.add_issuer(service.services, "", entry, actor="test", now=now)
    assert judge_issuer(service.services, SCHOOL, "", now).check.outcome is Outcome.PASSED

    for issuer in LOOKALIKES:
        finding = judge_issuer(service.services, issuer, "", now)
        told = (finding.check.outcome, finding.check.code, finding.name)
        assert told == (Outcome.UNKNOWN, "issuer-unknown", ""), issuer


@pytest.mark.parametrize(
    "name",
    ["\u202eloohcS", "School\nof", "\0", "", "x" * 201, "\u2066", "\u200b", "Sch\u200bool", "\u200d", "…"],
)
def test_a_name_that_would_mislead_is_kept_nowhere(publishing: Publisher, name: str) -> None:
    with pytest.raises(InputError):
        build_trusted_issuer(SCHOOL, name)
    services, now = publishing.service.services, publishing.service.clock.now
    with pytest.raises(InputError):
        trust_lists.subscribe(services, "", name=name, url="https://x.example/", actor="test", now=now)


def test_attack_102_the_console_takes_no_more_than_the_form_has(sqlite_service: Service) -> None:
    """Fields that no form has change nothing: whose list it is, is not to be smuggled in by another name."""
    person = Person(sqlite_service).sign_in_to_console()
    more = {"list_id": "x", "kind": "url", "added_at": "2000-01-01", "valid_until": "never"}
    person.submit("/console/trust/issuers", on="/console/trust", issuer=SCHOOL, name="School", **more)
    store = sqlite_service.services.store
    (known,) = store.trusted_lists.list()
    (entry,) = store.trusted_lists.issuers(known.id)
    assert (known.kind.value, known.organisation, entry.valid_until) == ("own", "", None)
    assert entry.added_at == sqlite_service.clock.now
