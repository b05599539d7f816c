"""What one verification may fetch in all."""

from __future__ import annotations

from typing import Any

import pytest

from credserv.ground.errors import FetchRefusedError, UnavailableError
from credserv.verifying.fetch_budget import MAX_ADDRESSES, MAX_REQUESTS, MAX_SECONDS, FetchAllowance
from tests.testkit.verifying import Hosts


def allowance(hosts: Hosts, times: list[float] | None = None) -> FetchAllowance:
    resolved: list[str] = []

    def resolve(did: str) -> dict[str, Any]:
        resolved.append(did)
        return {"id": did}

    clock = (lambda: times[0]) if times is not None else (lambda: 0.0)
    return FetchAllowance(hosts, resolve, clock=clock)


def test_so_many_addresses_and_no_more() -> None:
    hosts = Hosts({f"https://a.example/{number}": b"x" for number in range(MAX_ADDRESSES + 1)})
    bounded = allowance(hosts)
    for number in range(MAX_ADDRESSES):
        bounded.get(f"https://a.example/{number}")
    bounded.get("https://a.example/0")
    with pytest.raises(FetchRefusedError):
        bounded.get(f"https://a.example/{MAX_ADDRESSES}")
    with pytest.raises(FetchRefusedError):
        bounded.resolve_did("did:web:a.example")


def test_what_is_known_already_is_not_asked_for_without_end() -> None:
    bounded = allowance(Hosts({"https://a.example/": b"x"}))
    for _ in range(MAX_REQUESTS):
        bounded.get("https://a.example/")
    with pytest.raises(FetchRefusedError):
        bounded.get("https://a.example/")


def test_what_is_sent_counts_as_well() -> None:
    bounded = allowance(Hosts())
    for number in range(MAX_REQUESTS):
        assert bounded.send("https://a.example/", lambda number=number: number) == number
    with pytest.raises(FetchRefusedError):
        bounded.send("https://a.example/", lambda: 0)


def test_a_did_that_says_it_all_costs_nothing() -> None:
    bounded = allowance(Hosts())
    for number in range(MAX_ADDRESSES + 9):
        assert bounded.resolve_did(f"did:key:{number}")["id"] == f"did:key:{number}"
    for number in range(MAX_ADDRESSES):
        bounded.resolve_did(f"did:web:a{number}.example")
    with pytest.raises(FetchRefusedError):
        bounded.resolve_did("did:web:one-more.example")


def test_a_host_that_failed_is_not_waited_for_again() -> None:
    hosts = Hosts()
    bounded = allowance(hosts)
    for _ in range(3):
        with pytest.raises(UnavailableError, match="did not answer"):
            bounded.get("https://slow.example/")
    assert hosts.asked == ["https://slow.example/"]


def test_so_long_and_no_longer_from_the_first_on() -> None:
    times = [1_000.0]
    bounded = allowance(Hosts({"https://a.example/": b"x"}), times)
    bounded.get("https://a.example/")
    times[0] += MAX_SECONDS
    bounded.get("https://a.example/")
    times[0] += 0.1
    with pytest.raises(UnavailableError):
        bounded.get("https://a.example/")


def test_a_did_is_resolved_once() -> None:
    asked: list[str] = []

    def resolve(did: str) -> dict[str, Any]:
        asked.append(did)
        return {"id": did}

    bounded = FetchAllowance(Hosts(), resolve)
    for did in ("did:key:a", "did:web:b.example") * 2:
        assert bounded.resolve_did(did) == {"id": did}
    assert asked == ["did:key:a", "did:web:b.example"]
