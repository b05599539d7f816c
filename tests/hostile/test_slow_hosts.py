"""Attacks 43, 45 and 54: hosts that never answer. They cost whoever named them, and nobody else.

The service has the real fetcher, allowed to connect to this machine; a pool of threads stands for the
threads of its web process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions
from werkzeug.test import TestResponse

from credserv.fetch.guarded import Fetched, FetchLimits, GuardedFetcher
from credserv.fetch.memory import visitor
from credserv.ground.errors import UnavailableError
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.https_host import http, https_host
from tests.testkit.proofs import badge, issuer
from tests.testkit.service import Clock, Service, make_service

THREADS = 8
WAITING = 6
HOSTS = 4


@dataclass(frozen=True)
class Besieged:
    """A service whose threads wait for hosts that never answer. asked: what the visitors are to hear.

    fetched: what was fetched before from a host that did answer.
    """

    service: Service
    fetcher: GuardedFetcher
    fetched: str
    threads: ThreadPoolExecutor
    asked: list[Future[TestResponse]]

    def verify(self, **json: object) -> Future[TestResponse]:
        return self.threads.submit(self.service.client().post, "/api/v1/verify", json=json)


@pytest.fixture
def besieged(tmp_path: Path, sqlite_template: Path) -> Iterator[Besieged]:
    """More visitors than threads, each with a link of their own to one of several silent hosts."""
    with ExitStack() as open_hosts:
        good = open_hosts.enter_context(https_host(tmp_path, http()))
        silent = tmp_path / "silent"
        silent.mkdir()
        hosts = [open_hosts.enter_context(https_host(silent, b"", tls=False)) for _ in range(HOSTS)]
        fetcher = GuardedFetcher(
            FetchLimits(
                deadline_seconds=2 * HANGS_AFTER,
                ports=frozenset(host.port for host in (good, *hosts)),
                waiting=WAITING,
            ),
            policy=AntiSSRFPolicy(PolicyConfigOptions.NONE),
            ca_file=good.ca_file,
        )
        fetcher.get(good.url())
        path = tmp_path / "credserv.sqlite"
        path.write_bytes(sqlite_template.read_bytes())
        service = make_service(
            f"sqlite:///{path}",
            tmp_path,
            fetcher=fetcher,
            clock=Clock(datetime.now(UTC)),
            web_threads=4 * THREADS,  # of which a quarter besides may verify
        )
        with ThreadPoolExecutor(THREADS) as threads:
            besieged = Besieged(service, fetcher, good.url(), threads, [])
            for number in range(3 * THREADS):
                url = hosts[number % HOSTS].url(f"/{number}")
                besieged.asked.append(besieged.verify(url=url))
            yield besieged
            open_hosts.close()  # the hosts go away, and with them whoever waits for them


def test_attack_54_hosts_that_never_answer_hold_fewer_threads_than_there_are(besieged: Besieged) -> None:
    """The others hear at once that it could not be checked, which is neither good nor bad."""
    for answer in _told(besieged):
        assert answer.status_code == 200
        assert answer.json["verified"] is False
        assert [check["outcome"] for check in answer.json["checks"]] == ["unknown"]
    assert 0 < sum(not one.done() for one in besieged.asked) <= WAITING


def test_attack_54_one_visitor_with_many_silent_hosts_leaves_places_to_others(besieged: Besieged) -> None:
    _first(besieged.asked, len(besieged.asked) - WAITING // 2)
    assert any(not one.done() for one in besieged.asked)
    client = besieged.service.client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    other = besieged.threads.submit(
        client.post, "/api/v1/verify", json={"url": f"{besieged.fetched}?not-fetched-before"}
    ).result(timeout=HANGS_AFTER)
    assert [check["outcome"] for check in other.json["checks"] if check["name"] == "parse"] == ["passed"]


def test_attack_45_issuing_goes_on_while_visitors_wait_for_silent_hosts(besieged: Besieged) -> None:
    _told(besieged)
    events = [
        besieged.threads.submit(besieged.service.send_event, email=f"p{number}@example.org")
        for number in range(2 * THREADS)
    ]
    assert {event.result(timeout=HANGS_AFTER).status_code for event in events} == {201}
    assert any(not one.done() for one in besieged.asked)


def test_attack_43_what_is_at_hand_is_verified_while_visitors_wait_for_silent_hosts(
    besieged: Besieged,
) -> None:
    """Ours, one whose issuer's key is in its name, and a document that was fetched before."""
    _told(besieged)
    credential_id = besieged.service.issue()
    record = besieged.service.services.store.credentials.get(credential_id)
    assert record is not None
    assert record.signed is not None
    for document in (json.loads(record.signed), _foreign_badge()):
        answer = besieged.verify(credential=document).result(timeout=HANGS_AFTER)
        assert answer.json["verified"] is True, answer.json
    again = besieged.threads.submit(besieged.fetcher.get, besieged.fetched)
    assert again.result(timeout=HANGS_AFTER).body == b"{}"
    assert any(not one.done() for one in besieged.asked)


class _Recorder:
    """Fetches nothing, and notes on whose behalf it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        self.asked.append(visitor.get())
        raise UnavailableError(f"{url} ({accept}, {max_bytes} bytes) is not there")


URLS = [f"https://silent{number}.example/1" for number in range(9)]
ITEMS = {"items": [{"url": url} for url in URLS]}
LINES = {"Accept": "application/x-ndjson"}


@pytest.mark.parametrize(
    ("path", "sent", "count"),
    [
        ("/verify", {"data": {"url": URLS[0]}}, 1),
        ("/verify", {"data": {"url": "\n".join(URLS)}}, 9),
        ("/verify/row", {"data": {"url": URLS[0]}}, 1),
        ("/api/v1/verify", {"json": {"url": URLS[0]}}, 1),
        ("/api/v1/verify/batch", {"json": ITEMS}, 9),
        ("/api/v1/verify/batch", {"json": ITEMS, "headers": LINES}, 9),
    ],
)
def test_attack_54_whatever_is_fetched_counts_for_the_visitor_who_named_it(
    tmp_path: Path, sqlite_template: Path, path: str, sent: dict[str, Any], count: int
) -> None:
    """By every door, of one and of several, in threads and while lines are sent."""
    database = tmp_path / "credserv.sqlite"
    database.write_bytes(sqlite_template.read_bytes())
    recorder = _Recorder()
    client = make_service(f"sqlite:///{database}", tmp_path, fetcher=recorder).client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert client.post(path, **sent).data
    assert recorder.asked == ["203.0.113.9"] * count


def _told(besieged: Besieged) -> list[TestResponse]:
    """The answers of all but those that wait for a host; they come without waiting for one.

    All come from one address, and so half of the places at most are theirs.
    """
    at_least = len(besieged.asked) - WAITING // 2
    return [one.result(timeout=HANGS_AFTER) for one in _first(besieged.asked, at_least)]


def _first(asked: list[Future[TestResponse]], count: int) -> list[Future[TestResponse]]:
    """The first `count` that are done, in time."""
    done: set[Future[TestResponse]] = set()
    while len(done) < count:
        pending = [one for one in asked if one not in done]
        newly = wait(pending, timeout=HANGS_AFTER, return_when="FIRST_COMPLETED").done
        assert newly, "nobody was answered in time"
        done |= newly
    return list(done)


def _foreign_badge() -> dict[str, Any]:
    """Of an issuer with a did:key, without a status."""
    by = issuer()
    unsigned = {name: value for name, value in badge(by).items() if name != "credentialStatus"}
    return by.sign(unsigned)
