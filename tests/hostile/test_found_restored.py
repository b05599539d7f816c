"""A database that was restored from an older copy takes back nothing that was revoked (found.md F4, O5)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from credserv.app.doctor import database as doctor
from credserv.app.doctor.ward import Ward
from credserv.app.services import build_services
from credserv.ground.errors import ConflictError, SettingsError
from credserv.journeys.publish.journal import accept, compare, merge, note_progress
from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.status.bitstring import bit_at, decode_list
from credserv.status.journal import StatusJournal
from credserv.store.store import Store, open_store
from tests.conftest import SECRET_KEY
from tests.testkit.databases import PostgresServer
from tests.testkit.processes import environ_of
from tests.testkit.service import NOW, Service, open_service


@dataclass
class Copies:
    """Copies of the service's database, on either kind; `restore` gives the URL of one."""

    postgres: PostgresServer | None
    folder: Path
    made: list[str]

    def copy(self, url: str) -> str:
        if url.startswith("sqlite"):
            target = self.folder / "copy.sqlite"
            source = url.partition(":///")[2]
            with closing(sqlite3.connect(source)) as now, closing(sqlite3.connect(target)) as copy:
                now.backup(copy)
            return f"sqlite:///{target}"
        assert self.postgres is not None
        name = self.postgres.create(template=url.rpartition("/")[2])
        self.made.append(name)
        return self.postgres.database_url(name)


@pytest.fixture
def copies(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Copies]:
    server = request.getfixturevalue("postgres") if database_url.startswith("postgresql") else None
    made = Copies(server, tmp_path, [])
    yield made
    for name in made.made:
        assert server is not None
        server.drop(name)


def change(service: Service, credential_id: str, state: CredentialState) -> None:
    set_status(service.services, credential_id, state, reason="", actor="test", now=service.clock.now)


def record_of(service: Service, credential_id: str) -> CredentialRecord:
    record = service.services.store.credentials.get(credential_id)
    assert record is not None
    return record


def shown(service: Service, record: CredentialRecord) -> bool:
    """Whether the published list says that it is taken back."""
    answer = service.client().get(f"/status/{record.status_list_id}")
    assert answer.status_code == 200, answer.text
    return (
        bit_at(decode_list(json.loads(answer.data)["credentialSubject"]["encodedList"]), record.status_index)
        == 1
    )


def store_of(url: str) -> Store:
    return open_store(url, secret_key=SECRET_KEY)


def test_found_f4_an_older_database_is_refused_and_merged(service: Service, copies: Copies) -> None:
    revoked, suspended, good, lifted = (service.issue(email=f"{name}@example.org") for name in "abcd")
    change(service, lifted, CredentialState.SUSPENDED)
    service.services.store.close()
    older = copies.copy(service.settings.database_url)
    lost = service.issue(email="after@example.org")
    change(service, revoked, CredentialState.REVOKED)
    change(service, suspended, CredentialState.SUSPENDED)
    change(service, lifted, CredentialState.ACTIVE)
    change(service, lost, CredentialState.REVOKED)
    records = {one: record_of(service, one) for one in (revoked, suspended, good, lifted, lost)}
    documents = {one: service.client().get(f"/credentials/{one}.json").data for one in (revoked, good)}

    settings = replace(service.settings, database_url=older)
    with pytest.raises(SettingsError, match="credserv lists merge"):
        build_services(settings)
    store, journal = store_of(older), StatusJournal(settings.status_journal)
    with pytest.raises(ConflictError, match="lists merge"):
        accept(store, journal)
    done = merge(store, journal, actor="test", now=service.clock.now)
    store.close()
    assert (done.changed, done.kept, done.left_out) == (3, 1, 0)

    again = open_service(settings, service.secret)
    service.clock.advance(seconds=61)
    again.clock.now = service.clock.now
    assert {one: shown(again, record) for one, record in records.items()} == {
        revoked: True,
        suspended: True,
        good: False,
        lifted: False,
        lost: True,
    }
    assert record_of(again, suspended).state is CredentialState.SUSPENDED
    verdicts = {
        one: again.client().post("/api/v1/verify", data=body, content_type="application/vc").json["verdict"]
        for one, body in documents.items()
    }
    assert verdicts == {revoked: "not_verified", good: "verified"}
    fresh = record_of(again, again.issue(email="new@example.org", event_id="evt_new"))
    assert fresh.status_list_id != records[good].status_list_id
    again.services.store.close()


def test_found_f4_an_older_database_is_known_without_any_revocation(service: Service, copies: Copies) -> None:
    """Indexes were given out since, which it would give out again."""
    service.issue(email="a@example.org")
    service.services.store.close()
    older = copies.copy(service.settings.database_url)
    service.issue(email="b@example.org")
    journal = StatusJournal(service.settings.status_journal)
    note_progress(service.services.store, journal)
    assert compare(service.services.store, journal).older == ""
    store = store_of(older)
    assert "audit trail" in compare(store, journal).older
    merge(store, journal, actor="test", now=NOW)
    assert compare(store, journal).older == ""
    assert store.status_lists.all()[0].id != store.status_lists.all()[-1].id
    store.close()


def test_found_f4_nothing_is_taken_back_by_a_restore_under_a_running_service(service: Service) -> None:
    """The rows are as they were before the revocation, the signed list of then with them."""
    credential_id = service.issue()
    record = record_of(service, credential_id)
    assert not shown(service, record)
    store = service.services.store
    (before,) = store.status_lists.all()
    service.clock.advance(seconds=61)
    change(service, credential_id, CredentialState.REVOKED)
    service.clock.advance(seconds=61)
    assert shown(service, record)
    with store._database.writing() as connection:
        connection.execute(text("UPDATE credentials SET state = 'active', changed_at = NULL"))
        connection.execute(text("UPDATE status_indexes SET is_set = :no"), {"no": False})
        connection.execute(
            text(
                "UPDATE status_lists SET revision = :revision, published_revision = :revision,"
                " signed = :signed, version = version + 1, published_at = :at"
            ),
            {
                "revision": before.revision,
                "signed": before.signed,
                "at": service.clock.now.replace(tzinfo=None)
                if service.settings.database_url.startswith("sqlite")
                else service.clock.now,
            },
        )
    service.clock.advance(seconds=1)
    assert shown(service, record)
    service.clock.advance(seconds=61)
    assert shown(service, record)


def test_found_f4_a_revocation_is_noted_before_it_is_answered(sqlite_service: Service) -> None:
    """Whether or not anybody asks for the list."""
    service = sqlite_service
    credential_id = service.issue()
    change(service, credential_id, CredentialState.REVOKED)
    known = StatusJournal(service.settings.status_journal).known()
    record = record_of(service, credential_id)
    assert known.lists[record.status_list_id].revoked == {record.status_index}
    assert known.is_whole


def test_found_f4_a_missing_journal_is_told_and_stops_nothing(
    sqlite_service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """As on a new machine, or after the upgrade to a release that keeps one."""
    service = sqlite_service
    credential_id = service.issue()
    change(service, credential_id, CredentialState.REVOKED)
    path = service.settings.status_journal
    path.unlink()
    services = build_services(service.settings)
    assert "credserv lists accept" in caplog.text
    assert shown(service, record_of(service, credential_id))
    ward = Ward(environ_of(service.settings), NOW)
    finding = doctor.journal(ward)
    assert (finding.ok, finding.mend) == (False, "credserv lists accept")
    assert accept(services.store, StatusJournal(path)) == 1
    assert doctor.journal(ward).ok
    ward.close()
    services.close()


def test_found_f4_a_journal_that_cannot_be_written_stops_no_list_and_no_revocation(
    sqlite_service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    settings = replace(sqlite_service.settings, status_journal=tmp_path / "file" / "journal")
    service = open_service(settings, sqlite_service.secret)
    credential_id = service.issue()
    change(service, credential_id, CredentialState.REVOKED)
    assert shown(service, record_of(service, credential_id))
    assert "journal" in caplog.text


def test_found_f4_commands_merge_and_accept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from credserv.processes.cli import main

    folder = tmp_path / "d"
    assert main(["init", "--data", str(folder)]) == 0
    shutil.copyfile(folder / "credserv.sqlite", tmp_path / "older.sqlite")
    assert main(["source", "list", "--data", str(folder)]) == 0
    assert main(["settings", "set", "PUBLIC_URL", "http://localhost:8081", "--data", str(folder)]) == 0
    store = store_of(f"sqlite:///{folder / 'credserv.sqlite'}")
    note_progress(store, StatusJournal(folder / "status-journal.jsonl"))
    store.close()
    shutil.copyfile(tmp_path / "older.sqlite", folder / "credserv.sqlite")
    assert main(["settings", "set", "PUBLIC_URL", "http://localhost:8081", "--data", str(folder)]) == 0
    capsys.readouterr()
    with_lines = StatusJournal(folder / "status-journal.jsonl")
    with_lines.note_line(with_lines.known().line + 5)
    assert main(["source", "list", "--data", str(folder)]) == 1
    assert "credserv lists merge" in capsys.readouterr().err
    assert main(["lists", "accept", "--data", str(folder)]) == 1
    assert main(["lists", "merge", "--data", str(folder)]) == 0
    assert main(["source", "list", "--data", str(folder)]) == 0
    assert main(["lists", "accept", "--data", str(folder)]) == 0
