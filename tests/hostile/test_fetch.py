"""Attacks 47 to 56: what strangers make a verifier fetch. Against real local hosts and the real guard."""

import gzip
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from credserv.fetch.guarded import FetchLimits, GuardedFetcher
from credserv.ground.addresses import require_https
from credserv.ground.errors import FetchRefusedError, UnavailableError
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.https_host import http, https_host
from tests.unit.fetch.test_guarded import Clock, local_fetcher

BAD_ADDRESSES = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:127.0.0.1",
]  # fmt: skip


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every attempt to open a connection, none of which leaves this machine."""
    made: list[object] = []

    def record(self: socket.socket, address: object) -> None:
        made.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", record)
    return made


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """The name service gives one list of addresses after the other, the last one for ever."""
    left = list(answers)

    def getaddrinfo(host, port, *rest, **more):
        literal = host.replace(".", "").isdigit()  # an address is its own answer, as everywhere
        addresses = [host] if literal else left.pop(0) if len(left) > 1 else left[0]
        families = [(socket.AF_INET6 if ":" in a else socket.AF_INET, a) for a in addresses]
        return [(family, socket.SOCK_STREAM, 6, "", (a, port or 443)) for family, a in families]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_attack_47_a_name_for_an_inner_address(
    address: str, connects: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, [address])
    with pytest.raises(FetchRefusedError, match="not a public one"):
        GuardedFetcher().get("https://issuer.example/status/1")
    assert connects == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "[::1]", "[::ffff:7f00:1]",
     "8.8.8.8", "①②⑦.0.0.1", "127.0.0.1.", "1.1.1.0x1"],
)  # fmt: skip
def test_attack_47_an_address_in_any_spelling(host: str, connects: list[object]) -> None:
    with pytest.raises(FetchRefusedError):
        GuardedFetcher().get(f"https://{host}/")
    assert connects == []


def test_attack_47_a_real_host_on_this_machine_is_not_reached(tmp_path: Path) -> None:
    with https_host(tmp_path, http()) as host:
        fetcher = GuardedFetcher(FetchLimits(ports=frozenset({host.port})), ca_file=host.ca_file)
        with pytest.raises(FetchRefusedError):
            fetcher.get(host.url())
        assert host.connections == 0


@pytest.mark.parametrize("answer", [["93.184.215.14", "127.0.0.1"], ["10.0.0.1", "93.184.215.14"]])
def test_attack_48_good_and_bad_addresses_mixed(
    answer: list[str], connects: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, answer)
    with pytest.raises(FetchRefusedError):
        GuardedFetcher().get("https://issuer.example/")
    assert connects == []


def test_attack_48_rebinding_after_the_check(connects: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    with pytest.raises(UnavailableError):
        GuardedFetcher().get("https://issuer.example/")
    assert [address[0] for address in connects] == ["93.184.215.14"]  # type: ignore[index]  # address pairs


@pytest.mark.parametrize(
    "location",
    ["http://localhost:{port}/", "https://127.0.0.1:{port}/", "https://localhost:25/", "file:///etc/passwd",
     "//user@localhost:{port}/", "", "https://[::1]:{port}/"],
)  # fmt: skip
def test_attack_49_a_redirect_to_where_we_do_not_go(tmp_path: Path, location: str) -> None:
    def answer(connection, head):
        target = location.format(port=connection.getsockname()[1])
        connection.sendall(http(b"", "302 Found", location=target))

    with https_host(tmp_path, answer) as host, pytest.raises(FetchRefusedError):
        local_fetcher(host, max_redirects=3).get(host.url())


def test_attack_49_a_redirect_to_an_inner_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def getaddrinfo(host, *rest, **more):
        return resolve("169.254.169.254" if host == "inner.example" else host, *rest, **more)

    from credserv.fetch.transfer import public_addresses_only

    policy = public_addresses_only()
    policy.add_allowed_addresses(["127.0.0.1/32", "::1/128"])
    with https_host(tmp_path, http(b"", "302 Found", location="https://inner.example/")) as host:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        limits = FetchLimits(ports=frozenset({host.port, 443}), max_redirects=3)
        with pytest.raises(FetchRefusedError, match="not a public one"):
            GuardedFetcher(limits, policy=policy, ca_file=host.ca_file).get(host.url())
        assert len(host.heads) == 1


@pytest.mark.parametrize("location", ["/again", "/{n}"])
def test_attack_49_loops_and_long_chains_end(tmp_path: Path, location: str) -> None:
    def answer(connection, head):
        connection.sendall(http(b"", "302 Found", location=location.format(n=len(host.heads))))

    with https_host(tmp_path, answer) as host:
        with pytest.raises(FetchRefusedError):
            local_fetcher(host, max_redirects=3).get(host.url())
        assert len(host.heads) == 4


def test_attack_50_a_long_answer_stops_at_the_cap(tmp_path: Path) -> None:
    sent = []

    def answer(connection, head):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            connection.sendall(bytes(100_000))
            sent.append(1)

    with https_host(tmp_path, answer) as host, pytest.raises(FetchRefusedError, match="larger"):
        local_fetcher(host).get(host.url())
    assert len(sent) < 200


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_attack_50_a_bomb_stops_at_the_cap(tmp_path: Path, coding: str) -> None:
    import zlib

    packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join([packer.compress(bytes(1_000_000)) for _ in range(300)]) + packer.flush()
    with https_host(tmp_path, http(bomb, content_encoding=coding)) as host:
        started = time.perf_counter()
        with pytest.raises(FetchRefusedError, match="larger"):
            local_fetcher(host).get(host.url())
        assert time.perf_counter() - started < HANGS_AFTER


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "x-unknown"])
def test_attack_50_a_coding_that_was_not_asked_for(tmp_path: Path, coding: str) -> None:
    with https_host(tmp_path, http(b"{}", content_encoding=coding)) as host, pytest.raises(FetchRefusedError):
        local_fetcher(host).get(host.url())


def drip(first: bytes, drop: bytes) -> Callable[[socket.socket, bytes], None]:
    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(first)
        for _ in range(80 * int(HANGS_AFTER)):
            connection.sendall(drop)
            time.sleep(0.05)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b""),
        drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        drip(b"", b"H"),
        drip(b"", b""),
    ],
    ids=["body", "gzip", "header", "status", "silence"],
)
def test_attack_50_a_trickle_ends_at_the_deadline(
    tmp_path: Path, answer: Callable[[socket.socket, bytes], None]
) -> None:
    with https_host(tmp_path, answer) as host:
        started = time.perf_counter()
        with pytest.raises(UnavailableError):
            local_fetcher(host, deadline_seconds=1.0).get(host.url())
        assert time.perf_counter() - started < HANGS_AFTER
    _fetching_ends()


def test_attack_50_a_handshake_that_never_ends(tmp_path: Path) -> None:
    with https_host(tmp_path, b"", tls=False) as host:
        started = time.perf_counter()
        with pytest.raises(UnavailableError):
            local_fetcher(host, deadline_seconds=0.5).get(host.url())
        assert time.perf_counter() - started < HANGS_AFTER
        _fetching_ends()


def test_attack_50_a_name_service_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *rest, **more: asked.wait(4 * HANGS_AFTER) and [])
    started = time.perf_counter()
    with pytest.raises(UnavailableError):
        GuardedFetcher(FetchLimits(deadline_seconds=0.5)).get("https://issuer.example/")
    assert time.perf_counter() - started < HANGS_AFTER
    asked.set()
    _fetching_ends()


def test_attack_50_a_slow_host_does_not_use_up_the_service(tmp_path: Path) -> None:
    def answer(connection, head):
        if b"/slow" in head:
            time.sleep(3)
        connection.sendall(http())

    with https_host(tmp_path, answer) as slow:
        fetcher = local_fetcher(slow, deadline_seconds=1.0, at_once_per_host=2)
        waiting = [threading.Thread(target=_failing, args=(fetcher, slow.url(f"/slow{n}"))) for n in range(6)]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        assert slow.connections <= 2


def _failing(fetcher: GuardedFetcher, url: str) -> None:
    with pytest.raises(UnavailableError):
        fetcher.get(url)


def _fetching_ends() -> None:
    """The thread of an exchange that was given up ends by itself, soon."""
    deadline = time.monotonic() + HANGS_AFTER
    while any(thread.name == "fetch" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://issuer.example/", "ftp://issuer.example/", "data:text/plain,x",
        "http://issuer.example/", "http://issuer.example:25/", "https://issuer.example:25/",
        "https://issuer.example:0/", "https://issuer.example:99999/", "https://issuer.example:/",
        "https://good.example@evil.example/", "https://good.example:pw@evil.example/", "https://@evil.example/",
        "https://good.example\\@evil.example/", "https://evil.example\\.good.example/", "https://evil.example/\tx",
        "https://evil\n.example/", " https://evil.example/", "https://evil.example/ x", "https://evil.example\x00/",
        "https://issuer.example./", "https://issuer..example/", "https://-issuer.example/", "https:///path", "https://",
        "https:issuer.example", "//issuer.example/", "issuer.example", "", "https://bücher.example/",
        "https://issuer.example/ü", "https://issuer_x.example/", "https://" + "a" * 64 + ".example/",
        "https://issuer.example/" + "a" * 2048, "https://[::1", "https://[v1.x]/", "https://issuer.example:４４３/",
        "javascript:alert(1)", "https://%6c%6f%63alhost/",
    ],
)  # fmt: skip
def test_attack_51_schemes_ports_and_spellings(url: str, connects: list[object]) -> None:
    with pytest.raises(FetchRefusedError):
        require_https(url)
    with pytest.raises(FetchRefusedError):
        GuardedFetcher().get(url)
    assert connects == []


def test_attack_52_a_certificate_of_nobody_we_know(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with https_host(tmp_path, http()) as host, https_host(other, http()) as stranger:
        host.ca_file = stranger.ca_file
        with pytest.raises(UnavailableError, match="TLS"):
            local_fetcher(host).get(host.url())
        assert host.heads == []


@pytest.mark.parametrize(("name", "days"), [("localhost", -1), ("other.example", 1)])
def test_attack_52_a_certificate_expired_or_of_another_name(tmp_path: Path, name: str, days: int) -> None:
    with https_host(tmp_path, http(), name=name, days=days) as host:
        with pytest.raises(UnavailableError, match="TLS"):
            local_fetcher(host).get(host.url())
        assert host.heads == []


def test_attack_53_proxies_and_netrc_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login a password b\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    with https_host(tmp_path, http()) as host:
        assert local_fetcher(host).get(host.url()).body == b"{}"
        assert b"authorization" not in host.heads[0].lower()


def test_attack_54_one_host_is_not_asked_without_end(tmp_path: Path) -> None:
    with https_host(tmp_path, http(cache_control="no-store")) as host:
        fetcher = local_fetcher(host, requests_per_minute=3)
        for n in range(3):
            fetcher.get(host.url(f"/{n}"))
        with pytest.raises(UnavailableError, match="too often"):
            fetcher.get(host.url("/4"))
        assert len(host.heads) == 3


def test_attack_56_a_failure_is_forgotten_soon_and_never_kept_as_good(tmp_path: Path) -> None:
    clock = Clock()

    def answer(connection, head):
        connection.sendall(
            http(b'{"bad":1}', "502 Bad Gateway") if len(host.heads) == 1 else http(b'{"good":1}')
        )

    with https_host(tmp_path, answer) as host:
        fetcher = local_fetcher(host, clock)
        for _ in range(3):
            with pytest.raises(UnavailableError, match="502"):
                fetcher.get(host.url())
        assert len(host.heads) == 1
        clock.now += 5
        assert fetcher.get(host.url()).body == b'{"good":1}'


def test_attack_56_answers_are_kept_by_the_whole_url(tmp_path: Path) -> None:
    def answer(connection, head):
        connection.sendall(http(head.split()[1]))

    with https_host(tmp_path, answer) as host:
        fetcher = local_fetcher(host)
        for path in ("/a", "/a?", "/a?x=1", "/A", "/a/"):
            fetcher.get(host.url(path))
        assert fetcher.get(host.url("/a?x=1")).body == b"/a?x=1"
        assert fetcher.get(host.url("/A")).body == b"/A"
        with pytest.raises(FetchRefusedError):
            fetcher.get(host.url("/a?x=1"), max_bytes=3)


def test_attack_56_an_answer_cut_short_is_not_kept(tmp_path: Path) -> None:
    whole = http(b'{"a":1}')
    with https_host(tmp_path, whole[:-3]) as host, pytest.raises(UnavailableError):
        local_fetcher(host).get(host.url())
    packed = http(gzip.compress(b'{"a":1}')[:-9], content_encoding="gzip")
    with https_host(tmp_path, packed) as host, pytest.raises(UnavailableError):
        local_fetcher(host).get(host.url())
