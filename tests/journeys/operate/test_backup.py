"""A copy of everything, and the way back: nothing that was revoked is valid again, and nothing is lost."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import psycopg
import pytest
from alembic import command as command_of
from sqlalchemy import select

from credserv.app.backup import BackupFile
from credserv.app.remembered import compose_environment
from credserv.app.restoring import Since, restore
from credserv.app.settings import Settings
from credserv.ground.errors import ConflictError, InputError, NotFoundError
from credserv.journeys.publish.publish import set_status
from credserv.processes.cli import main
from credserv.records.credentials import CredentialState
from credserv.store.frame import sealed_file
from credserv.store.frame.database import Database, open_engine
from credserv.store.tables import metadata
from tests.testkit.databases import PostgresServer
from tests.testkit.moving import command, passphrase_of
from tests.testkit.released import move
from tests.testkit.service import Clock, Service, make_service, open_service


@pytest.fixture(autouse=True)
def _cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_file, "_COST", 2**10)


def run(service: Service, patch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    return command(service.settings, patch.setenv, *arguments)


def copy(service: Service, patch: pytest.MonkeyPatch, to: Path, *more: str) -> Path:
    passphrase_of(service.settings).write_text("a passphrase for a copy\n")
    told = ("--passphrase-file", passphrase_of(service.settings))
    assert run(service, patch, "backup", to, *told, *more) == 0
    return to


def revoke(service: Service, ids: list[str]) -> None:
    for one in ids:
        set_status(
            service.services, one, CredentialState.REVOKED, reason="", actor="test", now=service.clock.now
        )


def back(folder: Path, secret: str) -> Service:
    """The restored installation, opened as a command would find it."""
    settings = Settings.from_env(compose_environment({}, folder))
    return open_service(settings, secret, clock=Clock())


def verdicts(service: Service, ids: list[str]) -> list[str]:
    client = service.client()
    found = []
    for one in ids:
        record = service.services.store.credentials.get(one)
        assert record is not None
        assert record.signed is not None
        body = {"credential": json.loads(record.signed)}
        found.append(client.post("/api/v1/verify", json=body).json["verdict"])
    return found


def rows(url: str) -> dict[str, list[str]]:
    engine = open_engine(url)
    try:
        with Database(engine).reading() as connection:
            return {
                table.name: sorted(repr(dict(row)) for row in connection.execute(select(table)).mappings())
                for table in metadata.sorted_tables
            }
    finally:
        engine.dispose()


def test_attack_75_what_was_revoked_after_the_copy_stays_revoked(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(database_url, tmp_path / "lost")
    ids = [service.issue(email=f"pat{number}@example.org") for number in range(12)]
    before = verdicts(service, ids)
    file = copy(service, monkeypatch, tmp_path / "copy", "--no-check")
    was = rows(database_url)
    revoke(service, ids[:10])
    later = service.issue(email="later@example.org")
    revoke(service, [later])
    given_out = service.services.store.status_lists.places()
    journal = service.settings.status_journal

    told = ("--passphrase-file", passphrase_of(service.settings), "--journal", journal)
    assert run(service, monkeypatch, "restore", file, "--data", tmp_path / "new", *told) == 0

    restored = back(tmp_path / "new", service.secret)
    now = verdicts(restored, ids)
    assert now[10:] == before[10:] == ["verified", "verified"]
    assert set(now[:10]) == {"not_verified"}
    fresh = restored.issue(email="new@example.org", event_id="evt-new")
    record = restored.services.store.credentials.get(fresh)
    assert record is not None
    assert (record.status_list_id, record.status_index) not in {place[1:] for place in given_out}
    after = rows(restored.settings.database_url)
    for table in ("memberships", "credentials", "sources", "source_secrets", "achievements", "signing_keys"):
        kept = [row for row in after[table] if "evt-new" not in row]
        if table in ("achievements", "sources", "source_secrets", "signing_keys"):
            assert kept == was[table]
        assert len(kept) >= len(was[table])


def test_found_o5_without_a_journal_it_is_said_and_what_is_known_is_revoked(
    sqlite_service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = sqlite_service
    ids = [service.issue(email=f"pat{number}@example.org") for number in range(3)]
    file = copy(service, monkeypatch, tmp_path / "copy", "--no-check")
    told = (file, "--data", tmp_path / "new", "--passphrase-file", passphrase_of(service.settings))
    assert run(service, monkeypatch, "restore", *told) == 1
    assert "--without-journal" in capsys.readouterr().err
    known = tmp_path / "revoked"
    known.write_text(f"{service.services.public_url}/credentials/{ids[0]}\n")
    assert run(service, monkeypatch, "restore", *told, "--without-journal", "--revoked", known) == 0
    assert "valid again" in capsys.readouterr().out
    restored = back(tmp_path / "new", service.secret)
    assert verdicts(restored, ids) == ["not_verified", "verified", "verified"]
    lines = restored.services.store.audit.recent(50)
    assert any(line.action == "installation.restored" for line in lines)


def test_attack_135_a_copy_made_under_load_is_whole(
    sqlite_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, ids, ended = sqlite_service, list[str](), threading.Event()

    def issue() -> None:
        while not ended.is_set() and len(ids) < 40:
            ids.append(service.issue(email=f"pat{len(ids)}@example.org"))

    service.issue(email="first@example.org")
    thread = threading.Thread(target=issue)
    thread.start()
    try:
        file = copy(service, monkeypatch, tmp_path / "copy")  # verifies a sample of what it restored on trial
    finally:
        ended.set()
        thread.join()
    assert ids
    opened = BackupFile(file, "a passphrase for a copy")
    done = restore(opened, tmp_path / "new", Since(None), actor="test", now=service.clock.now)
    assert done.sample.verified >= 1
    assert done.sample.wrong == ()


def test_from_sqlite_to_postgresql_and_on(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'a.sqlite'}", tmp_path / "a")
    badge = service.issue()
    file = copy(service, monkeypatch, tmp_path / "copy", "--no-check")
    name = postgres.create()
    try:
        opened = BackupFile(file, "a passphrase for a copy")
        url = postgres.database_url(name)
        with pytest.raises(NotFoundError, match="issued after it"):  # and nothing is left of the try
            restore(
                opened,
                tmp_path / "b",
                Since(None, ("unknown",)),
                database_url=url,
                actor="test",
                now=service.clock.now,
            )
        assert not (tmp_path / "b").exists()
        done = restore(
            opened,
            tmp_path / "b",
            Since(service.settings.status_journal),
            database_url=url,
            actor="test",
            now=service.clock.now,
        )
        assert (done.sample.verified, done.sample.wrong) == (1, ())
        there = back(tmp_path / "b", service.secret)
        assert verdicts(there, [badge]) == ["verified"]
        there.issue(email="on@example.org", event_id="evt-on")  # counters go on
        with pytest.raises(ConflictError, match="not empty"):
            restore(
                opened,
                tmp_path / "c",
                Since(None),
                database_url=url,
                actor="test",
                now=service.clock.now,
            )
        assert not (tmp_path / "c").exists()
        there.services.close()
        with psycopg.connect(url) as connection:  # its planner knows how many there are
            counted = "SELECT count(*) FROM pg_stats WHERE tablename = 'credentials'"
            assert connection.execute(counted).fetchone() != (0,)
    finally:
        postgres.drop(name)


def test_nothing_is_written_over_and_no_damaged_file_is_taken(
    sqlite_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = sqlite_service
    service.issue()
    file = copy(service, monkeypatch, tmp_path / "copy", "--no-check")
    assert file.stat().st_mode & 0o777 == 0o600
    told = ("--passphrase-file", passphrase_of(service.settings))
    assert run(service, monkeypatch, "backup", file, *told) == 1
    assert run(service, monkeypatch, "backup", "--check", file, *told) == 0
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").write_text("")
    opened = BackupFile(file, "a passphrase for a copy")
    with pytest.raises(ConflictError, match="not empty"):
        restore(opened, tmp_path / "full", Since(None), actor="test", now=service.clock.now)
    data = file.read_bytes()
    for changed in (data[:-40], data[: len(data) // 2] + b"x" + data[len(data) // 2 + 1 :], data + b"x"):
        (tmp_path / "changed").write_bytes(changed)
        damaged = BackupFile(tmp_path / "changed", "a passphrase for a copy")
        with pytest.raises(InputError):
            restore(damaged, tmp_path / "new", Since(None), actor="test", now=service.clock.now)
        assert not (tmp_path / "new").exists()
    with pytest.raises(InputError, match="passphrase"):
        BackupFile(file, "another passphrase").head()


def test_an_upgrade_makes_the_copy_that_leads_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'a.sqlite'}", tmp_path / "a")
    badge = service.issue()
    passphrase_of(service.settings).write_text("a passphrase for a copy\n")
    told = ("--backup", tmp_path / "copy", "--passphrase-file", passphrase_of(service.settings))
    assert run(service, monkeypatch, "upgrade", *told) == 0
    assert "nothing to do" in capsys.readouterr().out
    head = str(service.services.store.tables_revision())
    before = move(service.settings.database_url, command_of.downgrade, "-1") or head
    assert run(service, monkeypatch, "upgrade", *told) == 0
    assert f"to {head}" in capsys.readouterr().out
    kept = BackupFile(tmp_path / "copy", "a passphrase for a copy")
    assert kept.head().schema != before
    done = restore(kept, tmp_path / "b", Since(None), actor="test", now=service.clock.now)
    assert (done.sample.verified, done.sample.wrong) == (1, ())
    assert verdicts(back(tmp_path / "b", service.secret), [badge]) == ["verified"]


def test_help_says_what_each_does(capsys: pytest.CaptureFixture[str]) -> None:
    for name, word in (("backup", "journal"), ("restore", "empty place"), ("upgrade", "go back")):
        assert main([name, "--help"]) == 0
        assert word in capsys.readouterr().out
