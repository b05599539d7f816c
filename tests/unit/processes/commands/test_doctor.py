"""`credserv doctor`: each check is made to fail, and the printed command is run where one mends it here."""

from __future__ import annotations

import ast
import hashlib
import http.server
import inspect
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import psycopg
import pytest
from alembic import command

from credserv.app.did_histories import begin_history
from credserv.app.doctor import database, folder, keys, outside, running
from credserv.app.doctor.examine import examine
from credserv.app.doctor.ward import Ward
from credserv.app.founding import found_organisation
from credserv.app.remembered import compose_environment, remember
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.connect.endpoints import add_endpoint, send_test
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.operate import conditions as conditions_module
from credserv.journeys.operate.conditions import CONDITIONS, STUCK_AFTER, found_in, look_at
from credserv.journeys.operate.contexts import pins_of
from credserv.processes import turns
from credserv.processes.cli import cli, main
from credserv.records.credentials import CredentialState, Recipient
from credserv.records.health import Finding
from credserv.records.organisations import Founding
from credserv.records.sources import EventRecord, EventState, SourceRecord
from credserv.store.schema import alembic_config
from credserv.store.store import open_store
from tests.conftest import SECRET_KEY
from tests.testkit.databases import PostgresServer
from tests.testkit.mailserver import mail_server

NOW = datetime.now(UTC)
PUBLIC = "https://badges.invalid"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation, with a source, to be copied."""
    path = tmp_path_factory.mktemp("made") / "d"
    assert main(["init", "--data", str(path), "--public-url", PUBLIC]) == 0
    store = ward_of(path).store
    store.sources.create(SourceRecord("lms", "generic", ("a secret",), {"rules": []}, NOW))
    store.close()
    return path


@pytest.fixture
def data(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "d"
    shutil.copytree(made, path)
    path.chmod(0o700)
    return path


def ward_of(path: Path, *, now: datetime | None = None, **settings: object) -> Ward:
    given = {f"CREDSERV_{name}": str(value) for name, value in settings.items()}
    return Ward(compose_environment(given, path), now or datetime.now(UTC))


def faults(found: Finding | Iterator[Finding]) -> list[Finding]:
    findings = [found] if isinstance(found, Finding) else list(found)
    assert findings
    return [finding for finding in findings if finding.ok is False]


def mend(finding: Finding, path: Path) -> None:
    """Run the printed command, as somebody who copies it."""
    assert finding.mend
    words = shlex.split(finding.mend)
    if words[0] == "credserv":
        assert main([*words[1:], "--data", str(path)]) == 0, finding.mend
    else:
        subprocess.run(words, check=True)


def sql(path: Path, *statements: str) -> None:
    with sqlite3.connect(path / "credserv.sqlite") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


# --- the whole -------------------------------------------------------------------------------------


def test_it_looks_at_more_than_fifteen_things_and_tells_by_its_exit_code(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing serves it here, so that much at least is wrong; each fault names a command for this folder."""
    assert main(["doctor", "--data", str(data), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    names = {finding["name"] for finding in said["findings"]}
    assert len(names) >= 20
    bad = [finding for finding in said["findings"] if finding["ok"] is False]
    assert {"public-url", "worker", "tls", "did-document", "proxies"} == {finding["name"] for finding in bad}
    assert all(finding["mend"] and finding["said"] for finding in bad)
    assert all(f"--data {data}" in one["mend"] for one in bad if one["mend"].startswith("credserv"))
    assert main(["doctor", "--data", str(data)]) == 1
    assert f"{len(bad)} failed" in capsys.readouterr().out


def test_it_ends_with_0_where_all_is_well(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that is about this folder alone."""
    well = (
        ("settings", folder.settings),
        ("private-files", folder.private_files),
        ("keys", keys.signing_keys),
    )
    monkeypatch.setattr("credserv.app.doctor.examine._FIRST", well)
    monkeypatch.setattr("credserv.app.doctor.examine._WITH_SETTINGS", ())
    monkeypatch.setattr("credserv.app.doctor.examine._WITH_DATABASE", ())
    assert main(["doctor", "--data", str(data)]) == 0
    assert "0 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREDSERV_PORT", "many"),
        ("CREDSERV_WEB_THREDS", "4"),
        ("CREDSERV_PUBLIC_URL", "https://elsewhere.example"),
        ("CREDSERV_JOBS_DATABASE_URL", "postgresql://127.0.0.1:1/nothing"),
        ("CREDSERV_SECRET_KEY_FILE", "/not/there"),
    ],
)
def test_whatever_is_set_wrongly_it_ends_with_1_and_says_all_it_found(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """And never with 2, by which other commands say that they could not check."""
    monkeypatch.setenv(name, value)
    assert main(["doctor", "--data", str(data), "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["findings"]) >= 20
    assert main(["doctor", "--data", str(data), "--no-such-option"]) == 3


def test_what_cannot_be_looked_at_is_told_and_hides_nothing(data: Path) -> None:
    remember(data, {"WEB_THREADS": "many"})
    found = list(examine(ward_of(data)))
    assert [finding.name for finding in found if finding.ok is False] == ["settings"]
    assert len(found) >= 20
    remember(data, {"WEB_THREADS": None})
    (data / "credserv.sqlite").unlink()
    found = list(examine(ward_of(data)))
    assert "database" in [finding.name for finding in found if finding.ok is False]
    (passed_over,) = [finding for finding in found if finding.name == "signing-keys"]
    assert passed_over.said.startswith("Not looked at")


def test_a_folder_without_an_installation_is_told(tmp_path: Path) -> None:
    (found,) = faults(folder.settings(ward_of(tmp_path / "nothing")))
    assert "which is not there" in found.said


# --- the folder ------------------------------------------------------------------------------------


def test_a_misspelt_setting(data: Path) -> None:
    remember(data, {"WEB_THREDS": "4"})
    (found,) = faults(folder.settings(ward_of(data)))
    assert "CREDSERV_WEB_THREADS" in found.said
    mend(found, data)
    assert faults(folder.settings(ward_of(data))) == []


def test_a_wrong_value(data: Path) -> None:
    remember(data, {"PORT": "many"})
    (found,) = faults(folder.settings(ward_of(data)))
    mend(found, data)
    assert faults(folder.settings(ward_of(data))) == []
    (found,) = faults(folder.settings(ward_of(data, PORT="many")))
    assert found.mend == "unset CREDSERV_PORT"


def test_pinned_contexts_that_would_not_be_pinned_today(data: Path) -> None:
    """One by which a second name hides a member, pinned before that was seen; one whose file was changed."""
    good, hidden, changed = (f"https://c.example/{name}" for name in ("good", "hidden", "changed"))
    pins, rows = data / "contexts", []
    pins.mkdir(mode=0o700)
    for url, term in (
        (good, "https://c.example/#a"),
        (hidden, "cred:validUntil"),
        (changed, "https://c.example/#b"),
    ):
        prefix = {"cred": "https://www.w3.org/2018/credentials#"}
        content = json.dumps({"@context": prefix | {"ends": term}}).encode()
        digest = hashlib.sha256(content).hexdigest()
        (pins / f"{digest}.json").write_bytes(content if url != changed else content + b" ")
        rows.append({"url": url, "sha256": digest, "issuers": [], "pinned_at": "2026-03-14T09:00:00Z"})
    assert faults(folder.contexts(ward_of(data))) == []
    (pins / "pins.json").write_text(json.dumps(rows))
    found = faults(folder.contexts(ward_of(data)))
    assert [one.subject for one in found] == [hidden, changed]
    assert "second name, 'ends'" in found[0].said
    assert "missing or was changed" in found[1].said
    for one in found:
        mend(one, data)
    (well,) = folder.contexts(ward_of(data))
    assert (well.ok, [pin.url for pin in pins_of(data).all()]) == (True, [good])


def test_a_data_folder_that_others_look_into(data: Path) -> None:
    data.chmod(0o755)
    (found,) = faults(folder.data_folder(ward_of(data)))
    mend(found, data)
    assert faults(folder.data_folder(ward_of(data))) == []


@pytest.mark.parametrize(
    "name", ["secret_key", "key_passphrase", "credserv.env", "credserv.sqlite", "keys/issuer-1.pem"]
)
def test_a_file_that_others_can_read(data: Path, name: str) -> None:
    (data / name).chmod(0o644)
    (found,) = faults(folder.private_files(ward_of(data)))
    mend(found, data)
    assert faults(folder.private_files(ward_of(data))) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_account(data: Path) -> None:
    os.chown(data / "keys" / "issuer-1.pem", 12345, 12345)
    (found,) = faults(folder.private_files(ward_of(data)))
    mend(found, data)
    assert faults(folder.private_files(ward_of(data))) == []


def test_a_full_disk(data: Path) -> None:
    assert faults(folder.disk(ward_of(data))) == []
    (found,) = faults(folder.disk(ward_of(data, MIN_FREE_MEGABYTES=10_000_000)))
    mend(found, data)


# --- the database ----------------------------------------------------------------------------------


def test_a_database_that_is_away_or_another_one(data: Path, tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/such.sqlite", f"sqlite:///{tmp_path}/fresh.sqlite"):
        (found,) = faults(database.database(ward_of(data, DATABASE_URL=url)))
        assert found.mend.startswith("credserv settings")


def test_a_database_of_an_older_release(data: Path) -> None:
    ward = ward_of(data)
    with ward.store._database.writing() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    ward.close()
    (found,) = faults(database.migrations(ward_of(data)))
    mend(found, data)
    assert faults(database.migrations(ward_of(data))) == []
    sql(data, "UPDATE alembic_version SET version_num = '9999'")
    assert "newer version" in faults(database.migrations(ward_of(data)))[0].said


def test_found_b17_a_database_of_another_encoding_or_that_is_read_only(
    postgres: PostgresServer, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE ascii_only ENCODING 'SQL_ASCII' TEMPLATE template0")
    url = postgres.database_url("ascii_only")
    store = open_store(url, secret_key=SECRET_KEY)
    store.migrate()
    store.close()
    os.environ["CREDSERV_DATABASE_URL"] = url
    try:
        assert main(["init", "--data", str(data.parent / "third")]) == 1
    finally:
        del os.environ["CREDSERV_DATABASE_URL"]
    assert "SQL_ASCII" in capsys.readouterr().err
    ward = ward_of(data, DATABASE_URL=url)
    (found,) = faults(database.server(ward))
    assert "SQL_ASCII" in found.said
    assert faults(database.clock(ward)) == []
    ward.close()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE ascii_only SET default_transaction_read_only = on")
    ward = ward_of(data, DATABASE_URL=url)
    (found,) = faults(database.writes(ward))
    assert "takes no writes" in found.said
    ward.close()
    postgres.drop("ascii_only")


def test_a_server_that_does_not_count_what_was_added(postgres: PostgresServer, data: Path) -> None:
    name = postgres.create()
    url = postgres.database_url(name)
    ward = ward_of(data, DATABASE_URL=url)
    ward.store.migrate()
    with psycopg.connect(url) as connection:  # what it did is told once its process ends, soon after this
        connection.execute("CREATE TABLE grown AS SELECT generate_series(1, 12000) AS number")
    until = time.monotonic() + 20
    while not (looked := faults(database.server(ward))) and time.monotonic() < until:
        time.sleep(0.05)
    (found,) = looked
    assert "how large grown became" in found.said
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(shlex.split(found.mend)[-1])
    assert faults(database.server(ward)) == []
    ward.close()
    postgres.drop(name)


def test_a_clock_that_is_behind(data: Path) -> None:
    assert main(["settings", "set", "PUBLIC_URL", "https://other.invalid", "--data", str(data)]) == 0
    (found,) = faults(database.clock(ward_of(data, now=datetime.now(UTC) - timedelta(days=30))))
    assert "behind what was written last" in found.said
    assert faults(database.clock(ward_of(data))) == []


def test_another_address_than_badges_carry(data: Path) -> None:
    remember(data, {"PUBLIC_URL": "https://other.invalid"})
    (found,) = faults(database.address(ward_of(data)))
    mend(found, data)
    assert faults(database.address(ward_of(data))) == []


def test_another_secret_key(data: Path) -> None:
    before = (data / "secret_key").read_text()
    (data / "secret_key").write_text("another secret key, of 32 bytes or more\n")
    (found,) = faults(database.secret_key(ward_of(data)))
    assert "not the one" in found.said
    (data / "secret_key").write_text(before)
    assert faults(database.secret_key(ward_of(data))) == []


def test_a_changed_audit_trail(data: Path) -> None:
    assert main(["settings", "set", "PUBLIC_URL", "https://other.invalid", "--data", str(data)]) == 0
    assert main(["audit", "verify", "--data", str(data)]) == 0
    sql(data, "UPDATE audit_lines SET actor = 'somebody else'")
    (found,) = faults(database.audit_trail(ward_of(data)))
    assert found.mend == "credserv audit verify"
    assert main(["audit", "verify", "--data", str(data)]) == 1


def test_badges_that_are_not_what_was_issued(data: Path) -> None:
    ward = ward_of(data, now=NOW)
    load_starters(ward.services, ward.settings.schemas_dir, NOW)
    for number in range(2):
        order = OrderRequest(str(number), "mentor-foundation", Recipient(email=f"pat{number}@example.org"))
        award_request(ward.services, "api:t", order, now=NOW)
    assert faults(database.badges(ward)) == []
    sql(data, "UPDATE credentials SET state = 'revoked' WHERE idempotency_key = '0'")
    assert "say otherwise" in faults(database.badges(ward))[0].said
    told = "replace(CAST(signed AS TEXT), 'Mentor', 'Master')"
    sql(data, f"UPDATE credentials SET signed = CAST({told} AS BLOB), state = 'active'")
    assert "2 of 2" in faults(database.badges(ward))[0].said
    ward.close()


# --- keys ------------------------------------------------------------------------------------------


def test_a_signing_key_that_others_can_read_or_that_is_gone(data: Path) -> None:
    key = data / "keys" / "issuer-1.pem"
    key.chmod(0o640)
    (found,) = faults(keys.signing_keys(ward_of(data)))
    mend(found, data)
    assert faults(keys.signing_keys(ward_of(data))) == []
    key.unlink()
    assert "cannot read" in faults(keys.signing_keys(ward_of(data)))[0].said


def test_an_issuer_without_an_active_key(data: Path) -> None:
    sql(data, "UPDATE signing_keys SET state = 'retired'")
    (found,) = faults(keys.signing_keys(ward_of(data)))
    mend(found, data)


def test_a_did_document_that_the_world_does_not_get(data: Path) -> None:
    (found,) = faults(keys.did_documents(ward_of(data)))
    assert "https://badges.invalid/.well-known/did.json" in found.said


def test_a_did_log_that_the_world_does_not_get_or_that_lacks_a_key(data: Path) -> None:
    (none,) = keys.did_logs(ward_of(data))
    assert none.ok is None
    ward = ward_of(data)
    begin_history(ward.settings, ward.store, actor="test", now=ward.now)
    (found,) = faults(keys.did_logs(ward))
    assert "https://badges.invalid/.well-known/did.jsonl cannot be followed" in found.said
    sql(data, "UPDATE signing_keys SET state = 'compromised'")
    (found,) = faults(keys.did_logs(ward_of(data)))
    assert "names other keys" in found.said
    mend(found, data)
    assert "cannot be followed" in faults(keys.did_logs(ward_of(data)))[0].said


# --- outside ---------------------------------------------------------------------------------------


@pytest.fixture
def stranger() -> Iterator[str]:
    """Somebody else's web server."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_address_that_leads_elsewhere_or_nowhere(data: Path, stranger: str) -> None:
    remember(data, {"PUBLIC_URL": None})
    (found,) = faults(outside.public_url(ward_of(data, PUBLIC_URL=stranger)))
    assert "something else" in found.said
    (found,) = faults(outside.public_url(ward_of(data, PUBLIC_URL="http://localhost:9")))
    assert "cannot be reached" in found.said
    assert "The service listens on port 8080." in found.said
    mend(found, data)
    assert ward_of(data).settings.port == 9
    (found,) = faults(outside.public_url(ward_of(data, PUBLIC_URL="http://localhost:9")))
    assert found.mend == "credserv serve"


def test_certificates_that_are_no_good(data: Path, tmp_path: Path) -> None:
    assert "No good certificate" in faults(outside.tls(ward_of(data)))[0].said
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("no certificate")
    files = {"TLS_CERT": tmp_path / "cert.pem", "TLS_KEY": tmp_path / "key.pem"}
    assert "do not go together" in faults(outside.tls(ward_of(data, **files)))[0].said


def test_proxies_that_are_not_counted(data: Path) -> None:
    (found,) = faults(outside.proxies(ward_of(data)))
    mend(found, data)
    assert faults(outside.proxies(ward_of(data))) == []


def test_a_mail_server_that_does_not_answer(data: Path) -> None:
    remember(data, {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "badges@example.org"})
    (found,) = faults(outside.mail(ward_of(data)))
    with mail_server() as server:
        url = found.mend.replace("URL URL", f"URL {server.url}")
        mend(Finding("mail", False, "", url), data)
        assert faults(outside.mail(ward_of(data))) == []


def test_rates_that_are_counted_apart(data: Path) -> None:
    assert faults(outside.rate_limits(ward_of(data))) == []
    assert len(faults(outside.rate_limits(ward_of(data, WEB_WORKERS=2)))) == 1
    remember(data, {"RATE_LIMIT_STORAGE_URL": "redis://127.0.0.1:9"})
    (found,) = faults(outside.rate_limits(ward_of(data)))
    mend(found, data)
    assert faults(outside.rate_limits(ward_of(data))) == []


# --- what runs -------------------------------------------------------------------------------------


def with_ward(
    data: Path, now: datetime, look: Callable[[Ward], Finding | Iterator[Finding]]
) -> list[Finding]:
    ward = ward_of(data, now=now, SMTP_URL="smtp://127.0.0.1:9", MAIL_FROM="badges@example.org")
    try:
        return faults(look(ward))
    finally:
        ward.close()


def test_no_worker(data: Path) -> None:
    (found,) = with_ward(data, NOW, running.worker)
    assert found.mend == "credserv worker"


def conditions(data: Path, now: datetime) -> dict[str, Finding]:
    return {finding.name: finding for finding in with_ward(data, now, running.conditions)}


def test_a_silent_source(data: Path) -> None:
    store = ward_of(data).store
    store.events.record(EventRecord("lms", "e1", "0" * 64, b"{}", NOW, EventState.IGNORED))
    store.close()
    assert "sources" not in conditions(data, NOW + timedelta(days=13))
    found = conditions(data, NOW + timedelta(days=15))["sources"]
    assert found.subject == "lms"
    mend(found, data)
    assert "sources" not in conditions(data, NOW + timedelta(days=15))


def test_an_event_that_nobody_carries_on(data: Path) -> None:
    store = ward_of(data).store
    store.events.record(EventRecord("lms", "e1", "0" * 64, b"{}", NOW, EventState.RECEIVED))
    store.close()
    assert "queue" not in conditions(data, NOW + STUCK_AFTER / 2)
    assert "1 events" in conditions(data, NOW + STUCK_AFTER * 2)["queue"].said


def test_a_key_that_grows_old(data: Path) -> None:
    assert "key-age" not in conditions(data, NOW + timedelta(days=690))
    found = conditions(data, NOW + timedelta(days=705))["key-age"]
    mend(found, data)


def test_letters_and_lists_that_do_not_go_on(data: Path) -> None:
    """One badge, whose letter is refused, and whose list is not signed anew when it is revoked."""
    ward = ward_of(data, now=NOW, SMTP_URL="smtp://127.0.0.1:9", MAIL_FROM="badges@example.org")
    services = ward.services
    load_starters(services, ward.settings.schemas_dir, NOW)
    order = OrderRequest("1", "mentor-foundation", Recipient(email="pat@example.org"))
    record, _ = award_request(services, "api:t", order, now=NOW)
    assert conditions(data, NOW + timedelta(minutes=50)).keys() == set()
    assert conditions(data, NOW + timedelta(hours=2))["letters"].subject == "waiting"
    sql(data, "UPDATE letters SET due_at = NULL, note = 'refused with code 550'")
    found = conditions(data, NOW + timedelta(hours=2))["letters"]
    assert found.subject == "refused"
    remember(data, {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "badges@example.org"})
    mend(found, data)
    assert "letters" not in conditions(data, NOW + timedelta(minutes=2))

    services.store.credentials.set_state(
        record.id, CredentialState.REVOKED, reason="", now=NOW - timedelta(hours=1), actor="test"
    )
    found = conditions(data, NOW)["status-lists"]
    mend(found, data)
    assert "status-lists" not in conditions(data, datetime.now(UTC))
    assert "has ended" in conditions(data, NOW + timedelta(days=2))["status-lists"].said
    assert "dated ahead" in conditions(data, NOW - timedelta(days=2))["status-lists"].said
    ward.close()


def test_a_source_that_did_not_answer_when_it_was_asked(data: Path) -> None:
    store = ward_of(data).store
    store.source_pulls.schedule("lms", NOW)
    store.close()
    assert "asked-sources" not in conditions(data, NOW)
    sql(data, """UPDATE source_pulls SET outcome = '{"failed": ["The host answered 503."]}'""")
    found = conditions(data, NOW)["asked-sources"]
    assert (found.subject, found.mend) == ("lms", "credserv source fetch lms")
    assert "The host answered 503." in found.said


def test_a_secret_of_a_source_that_nears_its_end(data: Path) -> None:
    store = ward_of(data).store
    store.sources.add_secret("lms", "whsec_b", NOW + timedelta(days=20))
    store.close()
    assert "source-secrets" not in conditions(data, NOW)
    found = conditions(data, NOW + timedelta(days=7))["source-secrets"]
    assert (found.subject, found.mend) == ("lms", "credserv source rotate lms")


def test_messages_to_another_system_that_were_given_up(data: Path) -> None:
    ward = ward_of(data, now=NOW)
    endpoint = add_endpoint(ward.services, "https://hr.example/", (), actor="test", now=NOW)
    send_test(ward.services, endpoint.id, now=NOW)
    ward.close()
    assert "webhooks" not in conditions(data, NOW)
    sql(data, "UPDATE webhook_deliveries SET due_at = NULL")
    found = conditions(data, NOW)["webhooks"]
    mend(found, data)
    assert "webhooks" not in conditions(data, NOW)


def test_a_command_changes_the_organisation_that_it_is_about(data: Path) -> None:
    """Both have a source of that name. The command of the other's paused the first one's."""
    ward = ward_of(data)
    found_organisation(ward.settings, ward.store, Founding("acme", "Acme"), actor="test", now=NOW)
    theirs = ward.store.of("acme")
    theirs.sources.create(SourceRecord("lms", "generic", ("a secret",), {"rules": []}, NOW))
    theirs.events.record(EventRecord("lms", "e1", "0" * 64, b"{}", NOW, EventState.IGNORED))
    looked = faults(with_ward(data, NOW + timedelta(days=15), running.conditions))
    (silent,) = [one for one in looked if one.name == "sources"]
    assert silent.organisation == "acme"
    mend(silent, data)
    paused = {
        own: [not one.enabled for one in store.sources.list()]
        for own, store in (("", ward.store), ("a", theirs))
    }
    assert paused == {"": [False], "a": [True]}
    ward.close()


def test_each_command_of_an_organisations_finding_can_name_it() -> None:
    sources = [Path(inspect.getfile(module)).read_text() for module in (conditions_module, keys, turns)]
    commands = {found for text in sources for found in re.findall(r'"(credserv [^"]*)"', text)}
    commands |= {text.replace("{group}", group) for text in commands for group in ("keys", "programme")}
    assert len(commands) > 9
    for text in sorted(one for one in commands if "{group}" not in one and one.strip() != "credserv"):
        one: click.Command | None = cli
        for word in text.split()[1:]:
            one = one.get_command(click.Context(one), word) if isinstance(one, click.Group) else one
        assert one is not None, text
        named = found_in("acme", Finding("", False, "", text)).mend
        takes = any("--organisation" in parameter.opts for parameter in one.params)
        assert takes == named.endswith(" --organisation acme"), text
        assert found_in("main", Finding("", False, "", text)).mend == text


def test_each_fault_has_a_command() -> None:
    """But for accreditation, where people have to decide."""
    without = {
        ast.unparse(call.args[0])
        for module in (conditions_module, database, folder, keys, outside, running)
        for call in ast.walk(ast.parse(Path(inspect.getfile(module)).read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Finding"
        if ast.unparse(call.args[1]) == "False"
        if not isinstance(call.args[-1], ast.Starred)  # what it says, with what mends it
        if len(call.args) < 4 or ast.unparse(call.args[3]) == "''"
    }
    assert without == {"'accreditation'"}


def test_every_condition_is_made_to_fail_somewhere_here() -> None:
    source = Path(__file__).read_text()
    # The first has a check of its own; the others are made in tests/journeys/accredit: test_appeals.py and
    # test_key_withdrawn.py.
    by_another_check = {"signing-key", "accreditation", "withdrawn-keys"}
    assert [name for name in CONDITIONS.keys() - by_another_check if f'["{name}"]' not in source] == []
    assert look_at.__doc__
