"""Nobody starves anybody, and nothing of ours is open to others: found.md F7, F8, F14, B21, B25."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from AntiSSRF import AntiSSRFError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from credserv.fetch.memory import Budget, visitor
from credserv.fetch.transfer import public_addresses_only, standing_policy
from credserv.ground.addresses import visitor_of
from credserv.ground.errors import UnavailableError
from credserv.processes.cli import main
from credserv.proof.keys.signer import create_key_file
from tests.testkit.certificates import certified
from tests.testkit.service import Service

HOST = "school.example"


@contextmanager
def _as(who: str) -> Iterator[None]:
    before = visitor.set(who)
    try:
        yield
    finally:
        visitor.reset(before)


def _ask(budget: Budget, who: str, times: int) -> int:
    """How often the host was asked."""
    asked = 0
    with _as(who):
        for _ in range(times):
            try:
                with budget.request(HOST, 0.0):
                    asked += 1
            except UnavailableError:
                pass
    return asked


def test_f7_one_visitor_does_not_use_up_a_host_for_the_others() -> None:
    budget = Budget(per_minute=60, at_once=3)
    assert _ask(budget, "203.0.113.9", 62) == 20
    assert _ask(budget, "203.0.113.10", 10) == 10
    assert _ask(budget, "", 62) == 30  # the service itself: what is left


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1%eth0", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::7]", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_f7_a_visitor_is_an_ipv4_address_or_the_64_of_an_ipv6_one(address: str, counted: str) -> None:
    assert visitor_of(address) == counted


def test_f7_four_hundred_addresses_of_one_64_are_one_visitor(sqlite_service: Service) -> None:
    client, answers = sqlite_service.client(), set()
    for number in range(400):
        client.environ_base["REMOTE_ADDR"] = f"2001:db8::{number:x}"
        answers.add(client.get(f"/shares/{'x' * 43}").status_code)
    assert 429 in answers


def test_f8_reading_with_a_key_needs_no_write(service: Service) -> None:
    headers, credential_id = service.api_headers(), service.issue()
    service.clock.now += timedelta(minutes=5)

    def refuse(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "BEGIN")):
            raise OperationalError(statement, {}, OSError("No space left on device"))

    engine = service.services.store._database.engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        answer = service.client().get(f"/api/v1/credentials/{credential_id}", headers=headers)
        assert answer.status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


@given(st.integers(0, 2**128 - 1))
def test_f14_no_ipv6_address_beyond_the_internet_is_fetched_from(number: int) -> None:
    address = ip_address(number.to_bytes(16, "big"))
    is_mapped = number >> 32 == 0xFFFF
    allowed = public_addresses_only()._is_str_ip_address_connection_allowed(str(address))
    if not is_mapped and number >> 125 != 0b001:
        assert not allowed


@pytest.mark.parametrize(
    "address", ["::127.0.0.1", "::ffff:0:10.0.0.1", "::ffff:169.254.169.254", "fe80::1", "4000::1"]
)
def test_f14_other_spellings_of_inner_addresses_are_not_fetched_from(address: str) -> None:
    assert not public_addresses_only()._is_str_ip_address_connection_allowed(address)


def test_f14_what_one_fetch_is_allowed_is_not_allowed_to_all() -> None:
    own = public_addresses_only()
    own.add_allowed_addresses(["127.0.0.1/32"])
    assert own._is_str_ip_address_connection_allowed("127.0.0.1")
    assert not standing_policy()._is_str_ip_address_connection_allowed("127.0.0.1")


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_fetched_from(address: str) -> None:
    try:
        assert public_addresses_only()._is_str_ip_address_connection_allowed(address)
    except AntiSSRFError:
        pytest.fail(f"{address} is public")


def test_f14_what_init_writes_into_an_open_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    assert main(["init", "--data", str(folder)]) == 0
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 5
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == {
        path.name: "0o600" for path in files
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others: run the tests as root")
def test_b25_a_key_that_root_makes_belongs_to_who_the_folder_belongs_to(tmp_path: Path) -> None:
    os.chown(tmp_path, 65_534, 65_534)
    create_key_file(tmp_path, "fresh", passphrase=b"a passphrase for tests")
    assert (tmp_path / "fresh.pem").stat().st_uid == 65_534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others: run the tests as root")
def test_b25_whatever_root_makes_belongs_to_who_the_folder_belongs_to(tmp_path: Path) -> None:
    """The service runs as another account, and would not start without its own settings."""
    os.chown(tmp_path, 65_534, 65_534)
    authority = tmp_path / "authority.pem"
    authority.write_bytes(certified("authority", ca=True, ends=datetime.now(UTC) + timedelta(days=9)).pem)
    authority.chmod(0o600)
    os.chown(authority, 65_534, 65_534)
    for command in (
        "init --public-url https://badges.example --name Example",
        "settings set WEB_WORKERS 2",
        "keys create",
        f"anchors add {authority}",
        "jobs failed",
        "lists accept",
        "keys stop --reason now",
    ):
        assert main([*command.split(), "--data", str(tmp_path)]) == 0, command
    made = [path for path in (tmp_path, *tmp_path.rglob("*")) if path != authority]
    assert {path.name for path in made} >= {"anchors.json", "jobs.sqlite", "credserv.env", "keys"}
    assert [str(path) for path in made if path.stat().st_uid != 65_534] == []
    assert [str(path) for path in made if path.is_file() and stat.S_IMODE(path.stat().st_mode) != 0o600] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others: run the tests as root")
def test_b25_where_root_may_give_nothing_away_it_still_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container without the right to, or on a share that knows no root."""

    def refuse(*_args: object) -> None:
        raise PermissionError

    os.chown(tmp_path, 65_534, 65_534)
    monkeypatch.setattr(os, "fchown", refuse)
    assert main(["init", "--data", str(tmp_path)]) == 0
    assert main(["settings", "set", "WEB_WORKERS", "2", "--data", str(tmp_path)]) == 0


def test_b21_scripts_of_other_sites_verify_presentations_and_ask_whether_something_changed(
    sqlite_service: Service,
) -> None:
    client = sqlite_service.client()
    asked = client.options("/presentations/verify", headers={"Origin": "https://elsewhere.example"})
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "If-None-Match" in asked.headers["Access-Control-Allow-Headers"]
