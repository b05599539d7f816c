import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions

from credserv.fetch.guarded import FetchLimits, FileFetcher, GuardedFetcher
from credserv.fetch.memory import Budget, Cache, SingleFlight
from credserv.ground.addresses import require_https
from credserv.ground.errors import FetchRefusedError, GoneAtHostError, InputError, UnavailableError
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.https_host import Host, http, https_host


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def local_fetcher(host: Host, clock: Clock | None = None, **limits: object) -> GuardedFetcher:
    """The real fetcher, allowed to connect to this machine."""
    chosen = FetchLimits(ports=frozenset({host.port}), **{"deadline_seconds": 5.0, **limits})  # type: ignore[arg-type]  # mixed limits
    return GuardedFetcher(
        chosen,
        policy=AntiSSRFPolicy(PolicyConfigOptions.NONE),
        ca_file=host.ca_file,
        **({"clock": clock} if clock else {}),
    )


def test_a_document_is_fetched_with_its_media_type(tmp_path: Path) -> None:
    with https_host(tmp_path, http(b'{"id":1}')) as host:
        fetched = local_fetcher(host).get(host.url("/a?b=c#fragment"), accept="application/did+json")
    assert (fetched.body, fetched.media_type) == (b'{"id":1}', "application/json")
    assert fetched.url == host.url("/a?b=c")
    assert host.heads[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert b"Accept: application/did+json\r\n" in host.heads[0]


@pytest.mark.parametrize(
    "status", ["404 Not Found", "500 Oh", "204 No Content", "301 Moved", "206 Partial Content"]
)
def test_anything_but_200_is_not_available(tmp_path: Path, status: str) -> None:
    with https_host(tmp_path, http(b"{}", status)) as host, pytest.raises(UnavailableError):
        local_fetcher(host).get(host.url())


def test_what_a_host_withdrew_is_told_from_what_it_could_not_give(tmp_path: Path) -> None:
    """Each time, also when the answer is remembered."""
    with https_host(tmp_path, http(b"{}", "410 Gone")) as host:
        fetcher = local_fetcher(host)
        for _ in range(2):
            with pytest.raises(GoneAtHostError):
                fetcher.get(host.url())
    assert len(host.heads) == 1


def test_an_answer_is_reused_for_its_time_and_no_longer(tmp_path: Path) -> None:
    clock = Clock()
    with https_host(tmp_path, http()) as host:
        fetcher = local_fetcher(host, clock)
        first = fetcher.get(host.url())
        clock.now += 59
        assert fetcher.get(host.url()) is first
        clock.now += 1
        assert fetcher.get(host.url()) == first
    assert len(host.heads) == 2


@pytest.mark.parametrize(
    ("cache_control", "requests"), [("no-store", 2), ("public, max-age=0", 2), ("max-age=9", 1)]
)
def test_the_host_may_shorten_the_reuse(tmp_path: Path, cache_control: str, requests: int) -> None:
    with https_host(tmp_path, http(cache_control=cache_control)) as host:
        fetcher = local_fetcher(host)
        fetcher.get(host.url())
        fetcher.get(host.url())
    assert len(host.heads) == requests


def test_b24_one_redirect_within_a_host_is_followed_and_others_only_when_allowed(tmp_path: Path) -> None:
    def answer(connection, head):
        step = {b"/ ": "/once", b"/once": "/twice", b"/twice": "/there"}
        path = head.split(b" ")[1]
        target = step.get(path, step.get(path + b" "))
        connection.sendall(http(b"", "302 Found", location=target) if target else http(b'{"there":1}'))

    with https_host(tmp_path, answer) as host:
        assert local_fetcher(host).get(host.url("/twice")).body == b'{"there":1}'
        with pytest.raises(FetchRefusedError):
            local_fetcher(host).get(host.url("/once"))
        assert local_fetcher(host, max_redirects=3).get(host.url()).body == b'{"there":1}'


def test_many_who_ask_at_once_are_one_request(tmp_path: Path) -> None:
    going = threading.Event()

    def answer(connection, head):
        going.wait(HANGS_AFTER)
        connection.sendall(http())

    with https_host(tmp_path, answer) as host, ThreadPoolExecutor(8) as pool:
        fetcher = local_fetcher(host, waiting=8)
        asked = [pool.submit(fetcher.get, host.url()) for _ in range(8)]
        going.set()
        assert {one.result().body for one in asked} == {b"{}"}
    assert len(host.heads) == 1


def test_who_finds_no_place_to_wait_hears_so_and_the_next_finds_one(tmp_path: Path) -> None:
    asked, going = threading.Event(), threading.Event()

    def answer(connection, head):
        asked.set()
        going.wait(HANGS_AFTER)
        connection.sendall(http())

    with https_host(tmp_path, answer) as host, ThreadPoolExecutor(1) as pool:
        fetcher = local_fetcher(host, waiting=1)
        first = pool.submit(fetcher.get, host.url("/1"))
        assert asked.wait(HANGS_AFTER)
        for path in ("/1", "/2"):
            with pytest.raises(UnavailableError, match="too busy"):
                fetcher.get(host.url(path))
        going.set()
        assert first.result().body == b"{}"
        assert fetcher.get(host.url("/2")).body == b"{}"  # a refusal is not remembered


def test_an_empty_answer_and_a_compressed_one_are_read(tmp_path: Path) -> None:
    import gzip

    with https_host(tmp_path, http(gzip.compress(b"[1]"), content_encoding="gzip")) as host:
        assert local_fetcher(host).get(host.url()).body == b"[1]"
    with https_host(tmp_path, http(b"")) as host:
        assert local_fetcher(host).get(host.url()).body == b""


def test_the_cache_is_bounded_in_entries_and_bytes() -> None:
    cache: Cache[str] = Cache(max_entries=2, max_bytes=10)
    for key in "abc":
        cache.keep(key, key, size=1, until=9)
    assert [cache.find(key, 0) for key in "abc"] == [None, "b", "c"]
    cache.find("b", 0)
    cache.keep("d", "d", size=9, until=9)
    assert [cache.find(key, 0) for key in "bcd"] == ["b", None, "d"]
    cache.keep("e", "e", size=11, until=9)
    assert [cache.find(key, 0) for key in "bde"] == [None, None, None]


def test_a_host_has_a_budget_of_requests_and_of_waiting() -> None:
    budget = Budget(per_minute=2, at_once=1, max_hosts=2)
    with budget.request("a", 0.0), pytest.raises(UnavailableError, match="slow"), budget.request("a", 0.0):
        pass
    with budget.request("a", 1.0):
        pass
    with pytest.raises(UnavailableError, match="often"), budget.request("a", 59.0):
        pass
    with budget.request("a", 60.0), budget.request("b", 60.0):
        pass


def test_a_failure_is_shared_by_those_who_waited() -> None:
    flights: SingleFlight[int] = SingleFlight()
    started, go_on = threading.Event(), threading.Event()

    def fail() -> int:
        started.set()
        go_on.wait(HANGS_AFTER)
        raise FetchRefusedError("no")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flights.run, "k", fail, wait_seconds=5)
        started.wait(HANGS_AFTER)
        second = pool.submit(flights.run, "k", lambda: 1, wait_seconds=5)
        with pytest.raises(UnavailableError, match="in time"):
            flights.run("k", lambda: 1, wait_seconds=0.01)
        go_on.set()
        assert isinstance(first.exception(), FetchRefusedError)
        assert isinstance(second.exception(), FetchRefusedError)
        assert second.exception() is not first.exception()
    assert flights.run("k", lambda: 2, wait_seconds=1) == 2


def test_files_stand_in_for_hosts_and_for_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "did.json").write_text('{"id":"did:web:a.example"}')
    files = {
        "https://a.example/did.json": "did.json",
        "https://a.example/out": "../secret.json",
        "https://a.example/gone": "gone.json",
        "https://a.example/odd": 7,
    }
    (tmp_path / "hosts.json").write_text(json.dumps(files))
    (tmp_path.parent / "secret.json").write_text("{}")
    fetcher = FileFetcher(tmp_path)
    assert fetcher.get("https://a.example/did.json#key").media_type == "application/json"
    for url in (*list(files)[1:], "https://b.example/did.json", "https://a.example/did.json?x"):
        with pytest.raises(UnavailableError):
            fetcher.get(url)
    with pytest.raises(FetchRefusedError):
        fetcher.get("https://a.example/did.json", max_bytes=5)


def test_a_folder_of_files_needs_its_list(tmp_path: Path) -> None:
    (tmp_path / "hosts.json").write_text("[]")
    with pytest.raises(InputError):
        FileFetcher(tmp_path)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://Issuer.Example", "https://issuer.example/"),
        ("HTTPS://issuer.example:443/a%20b?q=1#f", "https://issuer.example/a%20b?q=1"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://1password.example/x", "https://1password.example/x"),
    ],
)
def test_a_url_has_one_spelling(url: str, asked: str) -> None:
    assert require_https(url) == asked
