"""An organisation moves to another installation, by command, with all that it has."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from credserv.app.installation import prepare
from credserv.app.moving import require_arrival, take_in
from credserv.app.moving_file import FileHead, SealedRows, new_file
from credserv.app.settings import Settings
from credserv.ground.errors import (
    ConflictError,
    CredservError,
    InputError,
    OrganisationMovedError,
    SettingsError,
    UnavailableError,
)
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.operate.conditions import look_at
from credserv.journeys.operate.overview import overview
from credserv.journeys.operate.wrong import all_wrong
from credserv.journeys.publish.publish import set_status
from credserv.processes.turns import each_organisation
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.organisations import KeyState
from credserv.records.people import ProvedKind
from credserv.records.roles import Role
from credserv.records.wrong import WrongKind
from credserv.store.frame import sealed_file
from credserv.store.frame.sealed_file import Passphrase
from credserv.store.operate.moving_rows import LEFT_OUT, LEFT_OUT_COLUMNS, MOVED, row_to_json
from credserv.store.store import open_store
from credserv.store.tables import metadata
from tests.testkit.databases import PostgresServer
from tests.testkit.moving import (
    PASSPHRASE,
    SLUG,
    command,
    comparable,
    fill,
    own_services,
    passphrase_of,
    read_tables,
    send_event,
)
from tests.testkit.ready import migrated_sqlite
from tests.testkit.service import ACHIEVEMENT, NoNetwork, Service, make_service, make_settings, open_service

HOST = "https://badges.example"
MAIL = {"smtp_url": "smtp://127.0.0.1:9", "mail_from": "badges@example.org"}  # nobody takes a letter there

COST = sealed_file._COST  # of the product; these tests derive some hundred keys

Run = Callable[..., int]


@pytest.fixture(scope="module", autouse=True)
def _cheap_keys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed_file, "_COST", 2**10)
        yield


def test_a_guess_at_a_passphrase_costs_128_mebibytes() -> None:
    assert COST * 128 * 8 == 128 * 2**20  # RFC 7914, 5 and 6: 128 * r * N bytes


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def run_command(settings: Settings, *arguments: str | Path) -> int:
        return command(settings, monkeypatch.setenv, *arguments)

    return run_command


def installation(database_url: str, folder: Path, public_url: str = HOST, **more: object) -> Settings:
    """Begun, with a first organisation of its own."""
    settings = make_settings(database_url, folder, public_url=public_url, **MAIL, **more)
    store, _ = prepare(settings, now=datetime(2026, 3, 1, tzinfo=UTC))
    store.close()
    return settings


def sqlite_at(folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    shutil.copyfile(migrated_sqlite(), folder / "credserv.sqlite")
    return f"sqlite:///{folder / 'credserv.sqlite'}"


@pytest.fixture
def source(tmp_path: Path) -> SimpleNamespace:
    """An installation with `acme`; urls: of its badges, the second of which was revoked."""
    service = make_service(sqlite_at(tmp_path / "a"), tmp_path / "a", public_url=HOST, **MAIL)
    return SimpleNamespace(service=service, urls=fill(service), file=tmp_path / "acme.credserv")


def export(run: Run, source: SimpleNamespace, slug: str = SLUG, *more: str) -> None:
    settings = source.service.settings
    told = ("--passphrase-file", passphrase_of(settings), *more)
    assert run(settings, "organisation", "export", slug, "--to", source.file, "--close", *told) == 0


def take(run: Run, settings: Settings, file: Path, *more: str) -> int:
    told = ("--passphrase-file", passphrase_of(settings), "--yes", *more)
    return run(settings, "organisation", "import", file, *told)


def verdicts(service: Service, urls: list[str], at: str = "") -> list[str]:
    client = service.client()
    return [client.post(f"{at}/api/v1/verify", json={"url": url}).json["verdict"] for url in urls]


# --- there and back -------------------------------------------------------------------------------


def test_every_table_moves_or_is_left_out_with_a_reason() -> None:
    assert {table.name for table in MOVED} | set(LEFT_OUT) == set(metadata.tables)
    assert {table.name for table in MOVED}.isdisjoint(LEFT_OUT)
    columns = {f"{table.name}.{column.name}" for table in MOVED for column in table.columns}
    assert set(LEFT_OUT_COLUMNS) <= columns
    assert all([*LEFT_OUT.values(), *LEFT_OUT_COLUMNS.values()])
    order = list(MOVED)
    for table in MOVED:
        for key in table.foreign_keys:
            assert order.index(key.column.table) <= order.index(table), "parents come first"


def test_it_moves_from_sqlite_to_postgresql_and_back(
    source: SimpleNamespace, run: Run, tmp_path: Path, postgres: PostgresServer
) -> None:
    before = comparable(read_tables(source.service.settings.database_url, SLUG))
    assert [name for name, rows in before.items() if not rows] == [], "the test has to fill each"
    export(run, source)
    assert stat.S_IMODE(source.file.stat().st_mode) == 0o600
    name = postgres.create()
    there = installation(postgres.database_url(name), tmp_path / "b")
    assert take(run, there, source.file) == 0
    _check(run, there, source, before)

    back = tmp_path / "back.credserv"
    told = ("--close", "--passphrase-file", passphrase_of(there))
    assert run(there, "organisation", "export", SLUG, "--to", back, *told) == 0
    home = installation(sqlite_at(tmp_path / "c"), tmp_path / "c")
    assert take(run, home, back) == 0
    _check(run, home, source, before, moves=2)
    postgres.drop(name)


def _check(
    run: Run, settings: Settings, source: SimpleNamespace, before: dict[str, list[str]], *, moves: int = 1
) -> None:
    """Whatever there was is there; it verifies, and goes on; the trail holds."""
    found = read_tables(settings.database_url, SLUG)
    after = comparable(found)
    lines, badges = after.pop("audit_lines"), after["credentials"]
    assert set(before["audit_lines"]) <= set(lines)
    assert len(lines) == len(before["audit_lines"]) + 2 * moves, "moved there, imported here"
    assert {name: rows for name, rows in before.items() if name != "audit_lines"} == after
    assert run(settings, "audit", "verify") == 0

    service = open_service(settings, "", fetcher=NoNetwork(), clock=source.service.clock)
    assert verdicts(service, source.urls) == [
        "verified_issuer_unknown",
        "not_verified",
        "verified_issuer_unknown",
        "verified_issuer_unknown",
    ]
    own = own_services(service)
    assert {key.state for key in own.issuer.keys} == {KeyState.RETIRED, KeyState.ACTIVE, KeyState.PENDING}
    if moves == 2:  # it is noted when a key was used
        token = (source.service.settings.data_dir / "api-key").read_text()
        path = f"/o/acme/api/v1/credentials/{source.urls[0].rpartition('/')[2]}"
        answer = service.client().get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
    secret = (source.service.settings.data_dir / "hook-secret").read_text()
    again = send_event(service, secret, "evt_1")
    assert (again.status_code, again.json["credential"]) == (200, source.urls[3])
    assert overview(own, service.clock.now).quarantined[0].event_id == "evt_2"

    (listed,) = {row["list_id"] for row in found["status_indexes"]}
    request = OrderRequest("another", ACHIEVEMENT, Recipient(email="new@acme.example"))
    record = _undone(service, request)
    assert record.status_list_id == listed
    assert record.status_index not in {row["index"] for row in found["status_indexes"]}
    assert len(badges) == 4


def _undone(service: Service, request: OrderRequest) -> Any:
    """Issue one more and look at it; then it is as if it had not been."""
    own = own_services(service)
    made: list[Any] = []

    def issue_and_break_off() -> None:
        with own.store.transaction():
            made.append(award_request(own, "test", request, now=service.clock.now))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        issue_and_break_off()
    ((record, created),) = made
    assert created
    return record


def test_who_is_signed_in_there_is_not_signed_in_here(
    source: SimpleNamespace, run: Run, tmp_path: Path
) -> None:
    old = own_services(source.service).store
    assert old.people.find_proved(ProvedKind.EMAIL, "pat2@acme.example") is not None
    export(run, source)
    there = installation(sqlite_at(tmp_path / "b"), tmp_path / "b")
    assert take(run, there, source.file) == 0
    store = open_store(there.database_url, secret_key=there.secret_key).of(SLUG)
    assert store.people.find_proved(ProvedKind.EMAIL, "pat2@acme.example") is None
    (owner,) = store.colleagues.list(date(2026, 3, 14))
    assert (owner.roles, owner.email, len(owner.grants)) == ({Role.OWNER}, "olga@acme.example", 1)
    member = store.members.find_by_email("pat2@acme.example")
    assert member is not None
    assert store.roster.awards(member.id) == ((source.urls[2].rpartition("/")[2], ACHIEVEMENT),)
    store.close()


# --- where it comes from --------------------------------------------------------------------------


def test_where_it_comes_from_it_signs_nothing_any_more_and_goes_on_being_shown(
    source: SimpleNamespace, run: Run
) -> None:
    service, settings = source.service, source.service.settings
    refused = ("--passphrase-file", passphrase_of(settings))
    assert run(settings, "organisation", "export", SLUG, "--to", source.file, *refused) == 1
    assert own_services(service).issuer.is_open
    assert not source.file.exists()
    path = source.urls[0].removeprefix(HOST)
    listed = service.client().get(path, headers={"Accept": "application/json"}).json["credentialStatus"]
    list_path = listed["statusListCredential"].removeprefix(HOST)
    before = service.client().get(list_path).data
    export(run, source)

    own = _fresh(service)
    request = OrderRequest("order-9", ACHIEVEMENT, Recipient(email="new@acme.example"))
    with pytest.raises(OrganisationMovedError):
        award_request(own, "api:a-test", request, now=service.clock.now)
    with pytest.raises(OrganisationMovedError):
        set_status(
            own,
            path.rpartition("/")[2],
            CredentialState.REVOKED,
            reason="late",
            actor="test",
            now=service.clock.now,
        )
    again = OrderRequest("order-0", ACHIEVEMENT, Recipient(email="pat0@acme.example", name="Pat Doe"))
    assert award_request(own, "api:a-test", again, now=service.clock.now)[0].id == path.rpartition("/")[2]
    secret = (settings.data_dir / "hook-secret").read_text()
    assert send_event(service, secret, "evt_1").json["credential"] == source.urls[3]
    assert send_event(service, secret, "evt_9").json["code"] == "organisation-moved"
    deadline = time.monotonic() + 60
    while own_services(service).issuer.moved_at is None:  # each process knows within a second
        assert time.monotonic() < deadline
        time.sleep(0.05)
    service.clock.advance(hours=20)  # it would be due
    assert service.client().get(list_path).data == before
    assert service.client().get("/o/acme/did.json").status_code == 200
    assert service.client().get(path).status_code == 200
    assert [one.issuer.id for one in each_organisation(service.services)] == ["main"]
    own_option = ("--organisation", SLUG)
    assert run(settings, "keys", "create", *own_option) == 1
    assert run(settings, "api-key", "create", "late", "--scope", "credentials:read", *own_option) == 1
    assert run(settings, "organisation", "rename", "Late", *own_option) == 1
    assert run(settings, "keys", "list", *own_option) == 0
    source.file.rename(source.file.with_name("first"))
    export(run, source)  # a file may get lost


def test_what_moved_is_no_fault_here(source: SimpleNamespace, run: Run) -> None:
    """Its lists are signed elsewhere and its sources send there: owners heard that both had ended."""
    service: Service = source.service
    late = service.clock.now + timedelta(days=800)
    before = service.services.store.health.counts()
    assert {"status-lists", "key-age"} <= bad(own_services(service), late)
    assert [one.kind for one in all_wrong(own_services(service), now=late)].count(WrongKind.STATUS_LIST) == 1
    export(run, source)
    own = _fresh(service)
    assert bad(own, late) == set()
    assert [one.kind for one in all_wrong(own, now=late)].count(WrongKind.STATUS_LIST) == 0
    after = service.services.store.health.counts()
    assert before.oldest_status_list is not None
    assert after.oldest_status_list is None


def bad(services: Any, now: datetime) -> set[str]:
    return {one.name for one in look_at(services, now) if one.ok is False}


def test_one_that_was_imported_nowhere_is_taken_back(source: SimpleNamespace, run: Run) -> None:
    settings = source.service.settings
    export(run, source)
    own = ("--organisation", SLUG)
    assert run(settings, "organisation", "reopen", *own) == 1
    assert run(settings, "organisation", "reopen", *own, "--never-imported") == 0
    assert verdicts(source.service, source.urls[:1]) == ["verified_issuer_unknown"]
    assert _fresh(source.service).issuer.is_open
    assert run(settings, "organisation", "reopen", *own) == 1


def _fresh(service: Service) -> Any:
    """As another process sees it."""
    return own_services(open_service(service.settings, "", fetcher=NoNetwork(), clock=service.clock))


# --- addresses ------------------------------------------------------------------------------------


def test_an_address_of_its_own_stays_its_own(run: Run, tmp_path: Path) -> None:
    service = make_service(sqlite_at(tmp_path / "a"), tmp_path / "a", public_url=HOST, **MAIL)
    urls = fill(service, address="https://guild.example")
    source = SimpleNamespace(service=service, urls=urls, file=tmp_path / "acme.credserv")
    export(run, source)
    there = installation(sqlite_at(tmp_path / "b"), tmp_path / "b", "https://elsewhere.example")
    assert take(run, there, source.file) == 0
    moved = open_service(there, "", fetcher=NoNetwork(), clock=service.clock)
    assert own_services(moved).public_url == "https://guild.example"
    assert own_services(moved).issuer.did == "did:web:guild.example"
    assert verdicts(moved, urls)[:2] == ["verified_issuer_unknown", "not_verified"]


def test_a_first_organisation_comes_under_another_name_and_at_its_own_address(
    run: Run, tmp_path: Path
) -> None:
    service = make_service(sqlite_at(tmp_path / "a"), tmp_path / "a", public_url=HOST)
    url = f"{HOST}/credentials/{service.issue()}"
    source = SimpleNamespace(service=service, urls=[url], file=tmp_path / "main.credserv")
    export(run, source, "main")
    assert service.client().get("/healthz").status_code == 200
    there = installation(sqlite_at(tmp_path / "b"), tmp_path / "b", "https://elsewhere.example")
    assert take(run, there, source.file) == 1, "there is a first one here"
    assert take(run, there, source.file, "--as", "academy") == 0
    moved = open_service(there, "", fetcher=NoNetwork(), clock=service.clock)
    assert verdicts(moved, [url]) == ["verified_issuer_unknown"]
    assert own_services(moved, "academy").public_url == HOST


def test_a_first_organisation_begins_a_new_installation(run: Run, tmp_path: Path) -> None:
    service = make_service(sqlite_at(tmp_path / "a"), tmp_path / "a", public_url=HOST)
    url = f"{HOST}/credentials/{service.issue()}"
    source = SimpleNamespace(service=service, urls=[url], file=tmp_path / "main.credserv")
    export(run, source, "main")
    there = make_settings(sqlite_at(tmp_path / "b"), tmp_path / "b", public_url=HOST)
    there.data_dir.mkdir()
    assert run(there, "init", "--empty") == 0
    with pytest.raises(SettingsError, match="no issuer"):
        open_service(there, "")
    assert take(run, there, source.file) == 0
    moved = open_service(there, "", fetcher=NoNetwork(), clock=service.clock)
    assert verdicts(moved, [url]) == ["verified"]


def test_another_address_is_told_with_what_it_costs_and_needs_a_word(
    source: SimpleNamespace, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(run, source)
    there = installation(sqlite_at(tmp_path / "b"), tmp_path / "b", "https://elsewhere.example")
    capsys.readouterr()
    assert take(run, there, source.file) == 1
    told = capsys.readouterr().err
    assert "https://badges.example/o/acme" in told
    assert "4 badges" in told
    assert "--new-address" in told
    assert read_tables(there.database_url, SLUG)["organisations"] == []
    assert take(run, there, source.file, "--new-address") == 0
    assert "none of them verifies" in capsys.readouterr().out
    moved = open_service(there, "", fetcher=NoNetwork(), clock=source.service.clock)
    assert own_services(moved).public_url == "https://elsewhere.example/o/acme"


# --- all or nothing -------------------------------------------------------------------------------


def nothing_came(settings: Settings) -> bool:
    rows = read_tables(settings.database_url, SLUG)
    del rows["images"]  # type: ignore[attr-defined]
    return not any(rows.values()) and len(list(settings.keys_dir.glob("*.pem"))) == 1


@pytest.fixture(scope="module")
def moved_file(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A file of `acme`, made once."""
    folder = tmp_path_factory.mktemp("moved")
    with pytest.MonkeyPatch.context() as patch:
        service = make_service(sqlite_at(folder / "a"), folder / "a", public_url=HOST, **MAIL)
        made = SimpleNamespace(service=service, urls=fill(service), file=folder / "acme.credserv")
        export(lambda settings, *words: command(settings, patch.setenv, *words), made)
    return made


@pytest.fixture
def there(tmp_path: Path) -> Settings:
    return installation(sqlite_at(tmp_path / "b"), tmp_path / "b")


def arrive(settings: Settings, file: Path, passphrase: str = PASSPHRASE, **chosen: Any) -> Any:
    """As the command does: looked at, then taken in."""
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    try:
        options = {"slug": None, "new_address": False, **chosen}
        arrival = require_arrival(settings, store, file, passphrase, say=lambda _line: None, **options)
        return take_in(settings, store, arrival, actor="test", now=datetime.now(UTC))
    finally:
        store.close()


@pytest.mark.parametrize("place", ["head", "middle", "short", "long", "swapped"])
def test_a_file_that_was_changed_is_not_taken_in(
    moved_file: SimpleNamespace, there: Settings, tmp_path: Path, place: str
) -> None:
    data, piece = bytearray(moved_file.file.read_bytes()), 65_536 + 16
    if place == "short":
        data = data[: -(len(data) % piece) or -piece] if len(data) > piece else data[:-1]
    elif place == "long":
        data += data[-100:]
    elif place == "swapped":
        data = data[:39] + data[39 + piece : 39 + 2 * piece] + data[39 : 39 + piece] + data[39 + 2 * piece :]
    else:
        at = {"head": 30, "middle": len(data) // 2}[place]
        data[at] ^= 1
    changed = tmp_path / "changed"
    changed.write_bytes(data)
    with pytest.raises(InputError, match="cannot be opened"):
        arrive(there, changed)
    assert nothing_came(there)


def test_another_passphrase_or_file_opens_nothing(
    moved_file: SimpleNamespace, there: Settings, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="passphrase"):
        arrive(there, moved_file.file, "another passphrase")
    other = tmp_path / "other"
    other.write_bytes(b"PK\x03\x04" + bytes(200))
    with pytest.raises(InputError, match="no file that"):
        arrive(there, other)
    assert b"Acme" not in moved_file.file.read_bytes()


def test_what_is_here_already_is_not_taken_in_again(moved_file: SimpleNamespace, there: Settings) -> None:
    arrive(there, moved_file.file)
    before = read_tables(there.database_url, SLUG)
    for slug in (None, "other"):
        with pytest.raises(ConflictError):
            arrive(there, moved_file.file, slug=slug)
    assert read_tables(there.database_url, SLUG) == before
    assert len(list(there.keys_dir.glob("*.pem"))) == 3


def test_a_move_that_fails_halfway_leaves_nothing(
    moved_file: SimpleNamespace, there: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(there.database_url, secret_key=there.secret_key)
    arrival = require_arrival(
        there, store, moved_file.file, PASSPHRASE, slug=None, new_address=False, say=lambda _line: None
    )
    rows = arrival.file.read

    def breaks_off(told: str) -> Iterator[Any]:
        for row in rows(told):
            if row.table.name == "status_indexes":
                raise UnavailableError("the disk is full")
            yield row

    monkeypatch.setattr(arrival.file, "read", breaks_off)
    with pytest.raises(UnavailableError):
        take_in(there, store, arrival, actor="test", now=datetime.now(UTC))
    store.close()
    assert nothing_came(there)
    assert arrive(there, moved_file.file).id == SLUG, "and can be begun anew"


def test_an_export_that_fails_leaves_no_file(source: SimpleNamespace, run: Run, tmp_path: Path) -> None:
    settings = source.service.settings
    short = tmp_path / "short"
    short.write_text("too short\n")
    for key in settings.keys_dir.glob("*.pem"):
        shutil.copy(key, tmp_path / key.name)
    words = ("organisation", "export", SLUG, "--to", source.file, "--close", "--passphrase-file")
    assert run(settings, *words, short) == 1
    for key in settings.keys_dir.glob("*.pem"):
        key.unlink()
    assert run(settings, *words, passphrase_of(settings)) == 1
    for key in tmp_path.glob("*.pem"):
        shutil.copy(key, settings.keys_dir / key.name)
    assert _fresh(source.service).issuer.is_open, "nothing was marked before the keys were opened"
    source.file.write_text("something of yours")
    assert run(settings, *words, passphrase_of(settings)) == 1
    assert source.file.read_text() == "something of yours"
    assert list(tmp_path.glob("*.part")) == []


# --- a file is material to judge ------------------------------------------------------------------


def rewritten(
    moved: SimpleNamespace, to: Path, change: Callable[[str, dict[str, Any]], dict[str, Any] | None]
) -> Path:
    """The file of somebody who knows the passphrase, and writes what they like. change: gives a row, or None
    to leave it out."""
    old = SealedRows(moved.file, Passphrase(PASSPHRASE), schema=_schema(), say=lambda _line: None)
    with new_file(to, Passphrase(PASSPHRASE), old.head(), lambda _line: None) as rows:
        for row in old.read("read"):
            values = change(row.table.name, dict(row_to_json(row.table, row.values)))
            if values is not None:
                key = values.pop("private_key", row.private_key)
                rows.add(row.table.name, values, private_key=key)
    return to


def _schema() -> str:
    return open_store("sqlite:////nowhere", secret_key=b"k" * 32).schema_revision()


ATTACKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a role in another organisation": ("membership_roles", {"membership_id": "theirs"}, "refers to"),
    "an index of another's list": ("status_indexes", {"list_id": "theirs"}, "refers to"),
    "an award of another's person": ("credentials", {"person_id": "theirs"}, "refers to"),
    "another's picture under a known name": ("images", {"content": "AAAA"}, "another than its name"),
    "another's DID": ("organisations", {"did": "did:web:victim.example"}, "another organisation"),
    "a key of another issuer": (
        "signing_keys",
        {"verification_method": "did:web:victim.example#key"},
        "another issuer",
    ),
    "a private key of another": ("signing_keys", {"private_key": "00"}, "private key"),
    "no instant": ("credentials", {"issued_at": "yesterday"}, "no value of"),
    "no number": ("status_indexes", {"index": "1"}, "no value of"),
    "a column more": ("api_keys", {"organisation_id": "main"}, "other columns"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_file_reaches_what_another_has(
    moved_file: SimpleNamespace, there: Settings, tmp_path: Path, attack: str
) -> None:
    name, changed, why = ATTACKS[attack]

    def change(table: str, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, **changed} if table == name else row

    forged = rewritten(moved_file, tmp_path / "forged", change)
    with pytest.raises(InputError, match=why):
        arrive(there, forged)
    assert nothing_came(there)


def test_nobody_in_a_file_is_taken_for_somebody_here(
    moved_file: SimpleNamespace, there: Settings, tmp_path: Path
) -> None:
    """Their id is no proof: under it, somebody who proves an address of the file would be them."""
    store = open_store(there.database_url, secret_key=there.secret_key)
    victim = store.people.add("Vic", datetime(2026, 3, 1, tzinfo=UTC))
    people = read_tables(moved_file.service.settings.database_url, SLUG)["people"]
    stolen = people[0]["id"]

    def change(_table: str, row: dict[str, Any]) -> dict[str, Any]:
        return {name: victim if value == stolen else value for name, value in row.items()}

    forged = rewritten(moved_file, tmp_path / "forged", change)
    arrive(there, forged)
    assert store.of(SLUG).members.of_person(victim) is None
    assert len(read_tables(there.database_url, SLUG)["memberships"]) == 6
    store.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [({"schema": "0001"}, "same release"), ({"did": "did:web:victim.example"}, "another organisation")],
)
def test_a_file_of_another_release_or_issuer_is_refused(
    moved_file: SimpleNamespace, there: Settings, tmp_path: Path, change: dict[str, str], why: str
) -> None:
    old = SealedRows(moved_file.file, Passphrase(PASSPHRASE), schema=_schema(), say=lambda _line: None)
    head = FileHead(**{**asdict(old.head()), **change})
    with new_file(tmp_path / "other", Passphrase(PASSPHRASE), head, lambda _line: None) as rows:
        for row in old.read("read"):
            rows.add(row.table.name, row_to_json(row.table, row.values), private_key=row.private_key)
    with pytest.raises(CredservError, match=why):
        arrive(there, tmp_path / "other")
    assert nothing_came(there)


def test_rows_that_are_missing_are_missed(
    moved_file: SimpleNamespace, there: Settings, tmp_path: Path
) -> None:
    forged = rewritten(
        moved_file, tmp_path / "forged", lambda name, row: None if name == "signing_keys" else row
    )
    with pytest.raises(InputError, match="key that signs"):
        arrive(there, forged)
