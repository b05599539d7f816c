"""The command line, run in this process on an installation of its own in a temporary folder."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import shlex
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import credserv
from credserv import __version__
from credserv.app.schemas import default_schemas_dir
from credserv.ground.encoding import decode_multikey
from credserv.ground.errors import SchemaFaultsError
from credserv.journeys.award.orders import OrderRequest, award_request
from credserv.journeys.connect.sources import connect
from credserv.journeys.define.achievements import load_starters
from credserv.journeys.publish.publish import status_list
from credserv.processes.cli import cli, main
from credserv.processes.commands.context import Installation
from credserv.proof.keys.jwk import build_jwk
from credserv.proof.tokens.token import Binding
from credserv.proof.tokens.vc_jwt import sign_vp_jwt
from credserv.records.credentials import Recipient
from credserv.sources.webhook import verify_webhook
from credserv.store.store import open_store
from tests.testkit.certificates import certified
from tests.testkit.commands import commands_of
from tests.testkit.proofs import NOW, badge, issuer
from tests.testkit.reports import check_report
from tests.testkit.suites import SuiteIssuer, suite_issuers
from tests.testkit.tokens import token_issuer
from tests.testkit.webvh import History

MAPPING = {
    "rules": [{"event": "course.completed", "course": "course-v1:Demo+*", "achievement": "mentor-foundation"}]
}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command; gives exit code, stdout, stderr."""

    def run_command(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command


@pytest.fixture
def data(tmp_path: Path, run: Run) -> Path:
    """The data folder of an installation that was begun."""
    folder = tmp_path / "installation"
    assert run("init", "--data", folder)[0] == 0
    return folder


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in commands_of(group).items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


# Of no one organisation, and why.
WIDE = {
    ("anchors",): "every verification may lead to them",
    ("backup",): "copies all of it",
    ("restore",): "brings all of it back",
    ("upgrade",): "one database",
    ("audit", "head"): "one chain seals the lines of all",
    ("audit", "recompute"): "reads a file",
    ("audit", "verify"): "one chain seals the lines of all",
    ("contexts",): "what is pinned is read by every verification",
    ("demo",): "begins an installation",
    ("doctor",): "looks at all of it",
    ("init",): "begins an installation",
    ("keys", "resume"): "one brake stops all",
    ("keys", "stop"): "one brake stops all",
    ("lists", "accept"): "one journal, beside the database",
    ("lists", "merge"): "one journal, beside the database",
    ("migrate",): "one database",
    ("organisation", "create"): "makes one",
    ("organisation", "export"): "names it as its argument",
    ("organisation", "import"): "the file names it",
    ("organisation", "list"): "shows all",
    ("people",): "a person is no organisation's",
    ("schema", "check"): "reads a file",
    ("serve",): "serves all",
    ("simulate",): "begins a service of its own",
    ("source", "try"): "reads a file",
    ("settings",): "of the installation",
    ("version",): "of the release",
    ("worker",): "works for all",
}


@pytest.mark.parametrize("path", list(commands(cli)), ids=" ".join)
def test_every_command_that_is_for_an_organisation_takes_it(path: tuple[str, ...]) -> None:
    command: click.Command = cli
    for name in path:
        assert isinstance(command, click.Group)
        command = commands_of(command)[name]
    if isinstance(command, click.Group):
        return
    takes = any("--organisation" in parameter.opts for parameter in command.params)
    wide = any(path[:length] in WIDE for length in range(1, len(path) + 1))
    assert takes is not wide, "takes --organisation, or WIDE says why not"


def test_every_command_that_takes_none_is_there() -> None:
    assert set(WIDE) <= set(commands(cli))


def test_commands_see_one_organisation_each(data: Path, run: Run) -> None:
    given = ("--data", data)
    own = (*given, "--organisation", "acme")
    assert run("organisation", "create", "acme", "--name", "Acme", *given)[0] == 0
    assert run("trust", "add", "did:web:friend.example", "--name", "A friend", *own)[0] == 0
    assert "A friend" in run("trust", "list", "--issuers", *own)[1]
    assert "A friend" not in run("trust", "list", "--issuers", *given)[1]
    assert "trusted-issuer-added" in run("audit", "list", *own)[1]
    assert "trusted-issuer-added" not in run("audit", "list", *given)[1]
    assert "trusted-issuer-added" in run("audit", "export", *own)[1]
    achievement = default_schemas_dir() / "achievements" / "mentor-foundation.json"
    assert run("schema", "load", achievement, *own)[0] == 0
    assert "mentor-foundation" in run("schema", "list", *own)[1]
    assert "mentor-foundation" not in run("schema", "list", *given)[1]
    for command in (("audit", "list"), ("jobs", "failed"), ("schema", "list"), ("trust", "list")):
        assert run(*command, *given, "--organisation", "nobody")[0] == 1, command


@pytest.mark.parametrize("path", list(commands(cli)), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...], run: Run) -> None:
    code, out, err = run(*path, "--help")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) > 3


def test_version_is_that_of_the_package(run: Run) -> None:
    assert run("version") == (0, f"{__version__}\n", "")


@pytest.mark.parametrize("arguments", [("nonsense",), ("keys", "list", "--nonsense"), ("verify",)])
def test_wrong_use_is_exit_code_3(arguments: tuple[str, ...], run: Run) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (3, "")
    assert "Error:" in err


def test_a_command_without_installation_says_how_to_begin(run: Run) -> None:
    code, out, err = run("keys", "list")
    assert (code, out) == (1, "")
    assert err.startswith("credserv: ")
    assert "credserv init" in err
    assert err.count("\n") == 1


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_secrets_and_keys_that_nobody_else_can_read(data: Path) -> None:
    assert mode(data) == 0o700
    for secret in (data / "secret_key", data / "key_passphrase", *(data / "keys").glob("*.pem")):
        assert mode(secret) == 0o600
    assert len(list((data / "keys").glob("*.pem"))) == 1


def test_init_again_changes_nothing(data: Path, run: Run) -> None:
    before = {path: path.read_bytes() for path in (data / "secret_key", *(data / "keys").glob("*"))}
    code, out, _ = run("init", "--data", data)
    assert code == 0
    assert "was there before" in out
    assert {path: path.read_bytes() for path in (data / "secret_key", *(data / "keys").glob("*"))} == before


def test_init_remembers_the_address_and_a_variable_wins(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "web"
    code, out, _ = run(
        "init", "--data", folder, "--public-url", "https://badges.example.org", "--name", "Example"
    )
    assert code == 0
    assert "did:web:badges.example.org" in out
    assert run("console-link", "--data", folder)[1].startswith("https://badges.example.org/console/open/")
    monkeypatch.setenv("CREDSERV_PUBLIC_URL", "https://other.example.org")
    assert "credserv settings set PUBLIC_URL" in run("console-link", "--data", folder)[2]
    monkeypatch.delenv("CREDSERV_PUBLIC_URL")
    monkeypatch.setenv("CREDSERV_ISSUER_EMAIL", "no address")
    assert "CREDSERV_ISSUER_EMAIL" in run("console-link", "--data", folder)[2]


def test_a_did_with_a_history_by_command(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "history"
    run("init", "--data", folder, "--public-url", "https://badges.example.org", "--name", "Example")
    assert "there is no did:webvh" in run("did", "show", "--data", folder)[2]
    code, out, _ = run("did", "create", "--data", folder)
    made = out.splitlines()[0].removeprefix("Created ")
    assert (code, out.splitlines()[1]) == (
        0,
        "Its log is at https://badges.example.org/.well-known/did.jsonl",
    )
    assert "already" in run("did", "create", "--data", folder)[2]
    assert run("did", "update", "--data", folder)[:2] == (0, "Nothing to add\n")
    assert run("keys", "create", "--data", folder)[0] == 0
    moved = made.replace("badges.example.org", "college.example.org")
    said = run("settings", "set", "PUBLIC_URL", "https://college.example.org", "--data", folder)[1]
    assert f"The log of its did:webvh goes on as {moved}\n" in said
    code, shown, _ = run("did", "show", "--data", folder)
    assert (code, shown.splitlines()[0]) == (0, moved)
    rows = [line.split() for line in shown.splitlines()[3:]]
    assert [(row[0], row[-2], row[-1]) for row in rows] == [
        ("1", "1", made),
        ("2", "2", made),
        ("3", "2", moved),
    ]


def test_a_bad_setting_is_one_line(data: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDSERV_PUBLIC_URL", "http://badges.example.org")
    code, out, err = run("keys", "list", "--data", data)
    assert (code, out) == (1, "")
    assert err.startswith("credserv: CREDSERV_PUBLIC_URL ")
    assert err.count("\n") == 1


# --- keys ---------------------------------------------------------------------------------------


def test_a_did_key_issuer_has_one_key_for_good(data: Path, run: Run) -> None:
    code, out, _ = run("keys", "list", "--data", data)
    assert code == 0
    assert "did:key:z" in out
    assert "SHA256:" in out
    code, _, err = run("keys", "rotate", "--data", data)
    assert code == 1
    assert "did:key" in err
    assert run("keys", "stop", "--reason", "a theft", "--data", data)[0] == 0
    assert "a theft" in (data / "signing-stopped.json").read_text()
    assert run("keys", "resume", "--data", data)[1] == "Signing goes on.\n"
    assert "is not stopped" in run("keys", "resume", "--data", data)[2]


def test_the_brake_is_pulled_and_released_while_the_database_is_away(
    data: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDSERV_DATABASE_URL", f"sqlite:///{tmp_path / 'nowhere' / 'away.sqlite'}")
    code, out, err = run("keys", "stop", "--data", data)
    assert (code, out.partition(".")[0], (data / "signing-stopped.json").exists()) == (
        1,
        "Signing is stopped",
        True,
    )
    assert err.startswith("credserv: ")
    assert run("keys", "resume", "--data", data)[1] == "Signing goes on.\n"
    assert not (data / "signing-stopped.json").exists()


def test_rotation_retires_the_old_key_and_keeps_it_published(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "web"
    run("init", "--data", folder, "--public-url", "https://badges.example.org")
    first = run("keys", "list", "--data", folder)[1].splitlines()[1].split()[-1]
    assert run("keys", "rotate", "--now", "--data", folder)[0] == 0
    rows = [line.split() for line in run("keys", "list", "--data", folder)[1].splitlines()[1:]]
    assert {row[-1]: row[0] for row in rows}[first] == "retired"
    assert sorted(row[0] for row in rows) == ["active", "retired"]
    code, _, err = run(
        "keys", "retire", next(row[-1] for row in rows if row[0] == "active"), "--data", folder
    )
    assert code == 1
    assert "only active key" in err


@pytest.mark.parametrize(("kind", "begins"), [("ed25519", "z6Mk"), ("p256", "zDn"), ("p384", "z82L")])
def test_keys_of_each_kind_are_made(tmp_path: Path, run: Run, kind: str, begins: str) -> None:
    folder = tmp_path / "web"
    run("init", "--data", folder, "--public-url", "https://badges.example.org")
    code, out, _ = run("keys", "create", "--type", kind, "--data", folder)
    assert code == 0
    assert f"did:web:badges.example.org#{begins}" in out
    assert run("keys", "rotate", "--now", "--type", kind, "--data", folder)[0] == 0


def test_keys_of_other_kinds_are_not_made(data: Path, run: Run) -> None:
    code, _, err = run("keys", "create", "--type", "rsa", "--data", data)
    assert code == 3
    assert "p256" in err


# --- achievements -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted((default_schemas_dir() / "achievements").glob("*.json")), ids=lambda path: path.stem
)
def test_starters_pass_the_check_of_an_administrators_own_file(path: Path, run: Run) -> None:
    assert run("schema", "check", path)[0] == 0


def test_a_wrong_definition_gets_every_fault_with_its_place(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({"key": "Not A Key", "kind": "nonsense", "achievement": {"name": 7}}))
    code, out, err = run("schema", "check", path)
    assert (code, out) == (1, "")
    for place in ("/key", "/kind", "/achievement"):
        assert f"\n  {place}" in err


def test_loading_the_same_definition_twice_makes_one_version(data: Path, run: Run) -> None:
    path = sorted((default_schemas_dir() / "achievements").glob("*.json"))[0]
    first = run("schema", "load", path, "--data", data)
    second = run("schema", "load", path, "--data", data)
    assert (first[0], second[0]) == (0, 0)
    assert "version 1 is stored" in first[1]
    assert "version 1 was there already" in second[1]


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1, "a": 2}'])
def test_a_file_that_is_not_strict_json_is_named(tmp_path: Path, run: Run, content: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    code, _, err = run("schema", "check", path)
    assert code == 1
    assert "broken.json" in err


# --- sources and API keys -----------------------------------------------------------------------


@pytest.fixture
def mapping(data: Path, tmp_path: Path, run: Run) -> Path:
    """A file with MAPPING, whose achievement is loaded."""
    definition = default_schemas_dir() / "achievements" / "mentor-foundation.json"
    assert run("schema", "load", definition, "--data", data)[0] == 0
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(MAPPING))
    return path


def test_a_source_is_made_listed_mapped_and_rotated(data: Path, mapping: Path, run: Run) -> None:
    code, out, _ = run("source", "create", "campus", "--mapping", mapping, "--data", data)
    assert code == 0
    assert "/hooks/campus" in out
    secret = out.split()[-1]
    assert secret.startswith("whsec_")
    assert run("source", "create", "campus", "--mapping", mapping, "--data", data)[0] == 1
    assert run("source", "map", "campus", mapping, "--data", data)[0] == 0
    added = run("source", "rotate", "campus", "--data", data)[1].split()[-1]
    source = Installation(data).store.sources.get("campus")
    assert source is not None
    assert source.secrets == (added, secret)
    assert run("source", "rotate", "campus", "--finish", "--data", data)[0] == 0
    source = Installation(data).store.sources.get("campus")
    assert source is not None
    assert source.secrets == (added,)
    assert "campus" in run("source", "list", "--data", data)[1]


def test_a_source_with_a_bad_mapping_is_refused_with_its_faults(data: Path, tmp_path: Path, run: Run) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"rules": [{"event": 7}]}')
    code, _, err = run("source", "create", "campus", "--mapping", mapping, "--data", data)
    assert code == 1
    assert "/rules/0" in err
    assert run("source", "rotate", "campus", "--data", data)[0] == 1


def test_a_mapping_that_names_a_missing_achievement_is_refused_by_both_doors_alike(
    data: Path, mapping: Path, tmp_path: Path, run: Run
) -> None:
    wrong = json.loads(json.dumps(MAPPING).replace("mentor-foundation", "nothing"))
    services = Installation(data).services
    with pytest.raises(SchemaFaultsError) as refused:  # what the console shows on its form
        connect(services, name="campus", dialect="generic", mapping=wrong, actor="console", now=NOW)
    lines = [refused.value.detail, *(fault.message for fault in refused.value.faults)]
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(wrong))
    code, _, err = run("source", "create", "campus", "--mapping", path, "--data", data)
    assert code == 1
    assert all(line in err for line in lines)
    assert run("source", "create", "campus", "--mapping", mapping, "--data", data)[0] == 0
    code, _, err = run("source", "map", "campus", path, "--data", data)
    assert code == 1
    assert all(line in err for line in lines)
    assert services.store.sources.get("campus").mapping == MAPPING  # type: ignore[union-attr]


def test_an_api_key_is_shown_once_and_can_be_ended(data: Path, run: Run) -> None:
    code, out, _ = run("api-key", "create", "importer", "--scope", "credentials:issue", "--data", data)
    assert code == 0
    assert out.startswith("csk_")
    key_id = out.split("_")[1]
    listed = run("api-key", "list", "--data", data)[1]
    assert key_id in listed
    assert out.strip() not in listed
    assert run("api-key", "end", key_id, "--data", data)[0] == 0
    assert "ended" in run("api-key", "list", "--data", data)[1]
    assert run("api-key", "end", "000000000000", "--data", data)[0] == 1


# --- events and verification --------------------------------------------------------------------


def test_curl_prints_an_event_that_the_webhook_rules_accept(data: Path, mapping: Path, run: Run) -> None:
    secret = run("source", "create", "campus", "--mapping", mapping, "--data", data)[1].split()[-1]
    code, out, _ = run("curl", "--source", "campus", "--name", "Anne O'Neill", "--data", data)
    assert code == 0
    words = shlex.split(out)
    headers = dict(
        word.split(": ", 1) for word, option in zip(words[1:], words, strict=False) if option == "-H"
    )
    body = words[words.index("--data") + 1].encode()
    assert verify_webhook(headers, body, secrets=[secret], now=datetime.now(UTC)) == headers["webhook-id"]
    assert json.loads(body)["data"]["learner"]["name"] == "Anne O'Neill"


@pytest.fixture
def credential(data: Path) -> bytes:
    """The bytes of a credential that the installation issued."""
    services, now = Installation(data).services, datetime.now(UTC)
    load_starters(services, default_schemas_dir(), now)
    order = OrderRequest("1", "mentor-foundation", Recipient(email="pat@example.org"))
    record, _ = award_request(services, "api:test", order, now=now)
    assert record.signed is not None
    return record.signed


def test_verify_tells_by_its_exit_code(data: Path, credential: bytes, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "badge.json"
    path.write_bytes(credential)
    code, out, _ = run("verify", path, "--data", data)
    assert code == 0
    assert out.startswith("Verified")
    code, out, _ = run("verify", path, "--data", data, "--json")
    assert code == 0
    assert json.loads(out)["verdict"] == "verified"
    document = json.loads(credential)
    document["credentialSubject"]["achievement"]["name"] += " with honours"
    path.write_text(json.dumps(document))
    code, out, _ = run("verify", path, "--data", data, "--json")
    assert code == 1
    assert json.loads(out)["verdict"] == "not_verified"


def test_verify_elsewhere_cannot_reach_the_list_and_says_so(
    credential: bytes, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "badge.json"
    path.write_bytes(credential)
    code, out, _ = run("verify", path, "--json")
    assert code == 2
    outcomes = {check["name"]: check["outcome"] for check in json.loads(out)["checks"]}
    assert outcomes["proof"] == "passed"
    assert outcomes["status"] == "unknown"


def test_verify_of_nothing_and_of_rubbish_differ(tmp_path: Path, run: Run) -> None:
    assert run("verify", tmp_path / "missing.json")[0] == 2
    rubbish = tmp_path / "rubbish.json"
    rubbish.write_text("{")
    code, out, err = run("verify", rubbish, "--json")
    assert code == 1
    assert json.loads(out)["verified"] is False
    assert err.count("\n") <= 1


def test_verify_at_an_instant_and_from_files_alone(
    data: Path, credential: bytes, tmp_path: Path, run: Run
) -> None:
    document = json.loads(credential)
    path, hosts = tmp_path / "badge.json", tmp_path / "hosts"
    path.write_bytes(credential)
    hosts.mkdir()
    (hosts / "hosts.json").write_text("{}")
    code, out, _ = run("verify", path, "--hosts", hosts, "--json")
    assert (code, json.loads(out)["verdict"]) == (2, "could_not_be_checked")
    list_url = document["credentialStatus"]["statusListCredential"]
    installation = Installation(data)
    listed = status_list(installation.services, list_url.rpartition("/")[2], now=datetime.now(UTC))
    installation.close()
    (hosts / "list.json").write_bytes(listed.body)
    (hosts / "hosts.json").write_text(json.dumps({list_url: "list.json"}))
    assert run("verify", path, "--hosts", hosts)[0] == 0
    code, out, _ = run("verify", path, "--data", data, "--at", "2020-01-01T00:00:00Z", "--json")
    assert code == 1
    assert run("verify", path, "--at", "yesterday")[0] == 3


def test_verify_several_tells_each_and_ends_with_the_worst(
    data: Path, credential: bytes, tmp_path: Path, run: Run
) -> None:
    good, bad, missing = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "missing.json"
    good.write_bytes(credential)
    bad.write_bytes(credential.replace(b"Foundation", b"Practice"))
    code, out, _ = run("verify", good, bad, missing, "--data", data, "--json")
    assert code == 1
    told = [(Path(item["input"]).stem, item["verdict"]) for item in json.loads(out)]
    assert told == [("good", "verified"), ("bad", "not_verified"), ("missing", "could_not_be_checked")]
    assert run("verify", good, missing, "--data", data)[0] == 2


def test_verify_of_many_counts_them_and_no_fault_kills_the_rest(
    data: Path, credential: bytes, tmp_path: Path, run: Run
) -> None:
    good, rubbish, folder = tmp_path / "good.json", tmp_path / "rubbish.json", tmp_path / "folder"
    good.write_bytes(credential)
    rubbish.write_text("{")
    folder.mkdir()
    (folder / "inside.json").write_bytes(credential)
    what = (folder, "bad\x00name", rubbish, tmp_path / "missing.json", "https://", good)
    code, out, err = run("verify", *what, "--data", data, "--json")
    assert code == 1
    reports = json.loads(out)
    for report in reports:
        check_report(report)
    assert [report["input"] for report in reports] == [str(one) for one in what]
    assert [report["verdict"] for report in reports] == [
        "could_not_be_checked",
        "could_not_be_checked",
        "not_verified",
        "could_not_be_checked",
        "could_not_be_checked",
        "verified",
    ]
    assert "is a folder: name the files in it" in err
    assert err.splitlines()[-1] == "6 checked: 1 verified; 1 not verified; 4 could not be checked"
    code, out, err = run("verify", good, good, "--data", data)
    assert code == 0
    assert out.count("Verified: ") == 2
    assert err == "2 checked: 2 verified\n"


def test_verify_prints_a_table(data: Path, credential: bytes, tmp_path: Path, run: Run) -> None:
    good, hostile = tmp_path / "good.json", tmp_path / "=cmd.json"
    good.write_bytes(credential)
    hostile.write_bytes(credential)
    code, out, _ = run("verify", good, "=cmd.json", "--data", data, "--csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["verdict"] for row in rows] == ["verified", "verified"]
    assert [row["input"] for row in rows] == [str(good), "'=cmd.json"]


def test_verify_asks_for_a_recipient(data: Path, credential: bytes, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "badge.json"
    path.write_bytes(credential)
    assert run("verify", path, "--data", data, "--recipient", "pat@example.org")[0] == 0
    code, out, _ = run("verify", path, "--data", data, "--recipient", "sam@example.org", "--json")
    assert code == 1
    outcomes = {check["name"]: check["outcome"] for check in json.loads(out)["policy"]}
    assert outcomes["recipient"] == "failed"


def test_verify_asks_for_a_challenge_and_a_domain(tmp_path: Path, run: Run) -> None:
    by = token_issuer()
    presentation = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": by.did,
    }
    path, binding = tmp_path / "presentation.jwt", Binding("hr.example", "c-1")
    made = {"signer": by.signer, "verification_method": by.method, "binding": binding, "issued_at": NOW}
    token = sign_vp_jwt(presentation, **made)
    path.write_text(token)
    at = ("--at", "2026-03-14T09:26:53Z")
    for asked, outcome in (("c-1", "passed"), ("c-2", "failed")):
        _, out, _ = run("verify", path, *at, "--challenge", asked, "--domain", "hr.example", "--json")
        outcomes = {check["name"]: check["outcome"] for check in json.loads(out)["checks"]}
        assert outcomes["proof"] == outcome


@pytest.mark.parametrize(("count", "shown"), [(5, False), (6, True)])
def test_verify_of_many_says_how_far_it_is_to_a_person(
    count: int, shown: bool, credential: bytes, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "badge.json"
    path.write_bytes(credential)
    env = {**os.environ, "PYTHONPATH": str(Path(credserv.__file__).parents[1])}
    leader, follower = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "credserv",
        "verify",
        *[str(path)] * count,
        "--json",
        "--data",
        str(data),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=follower, check=False, env=env)
    os.close(follower)
    assert done.returncode == 0
    said = os.read(leader, 65_536).decode()
    os.close(leader)
    assert ("Verifying" in said) is shown
    assert f"{count} checked" in said
    assert len(json.loads(done.stdout)) == count


# --- serving ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_told_before_anything_is_made(
    command: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fresh"
    if command == "serve":
        run("init", "--data", folder)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        monkeypatch.setenv("CREDSERV_PORT", str(port))
        code, out, err = run(command, "--data", folder)
    assert (code, out) == (1, "")
    other = "set CREDSERV_PORT" if command == "serve" else "give --port N"
    assert err == f"credserv: Port {port} is in use: to take another, {other}\n"
    assert command == "serve" or not folder.exists()


def test_migrate_says_when_the_database_is_ready(data: Path, run: Run) -> None:
    assert run("migrate", "--data", data)[0] == 0


def private_badge(path: Path, **changes: Any) -> SuiteIssuer:
    """A badge of an issuer whose did:web nobody can fetch, and the issuer."""
    by = next(one for one in suite_issuers(41) if one.identifier == "ecdsa-rdfc-2019")
    did = "did:web:private.invalid"
    unsigned = by.badge(issuer={"id": did, "type": ["Profile"], "name": "Private"})
    del unsigned["credentialStatus"]
    signed = by.sign(unsigned, verificationMethod=f"{did}#key-1")
    path.write_text(json.dumps(signed | changes))
    return by


def test_verify_follows_the_log_of_a_did_webvh(tmp_path: Path, data: Path, run: Run) -> None:
    """With and without an installation; who is named is the place that the log came from."""
    history, hosts = History().change(), tmp_path / "hosts"
    path = tmp_path / "badge.json"
    path.write_text(json.dumps(history.badge()))
    hosts.mkdir()
    (hosts / "hosts.json").write_text(json.dumps({history.url: "did.jsonl"}))
    for log, verdict in (
        (history.log, "verified_issuer_unknown"),
        (history.log.replace(b"portable", b"Portable"), "not_verified"),
    ):
        (hosts / "did.jsonl").write_bytes(log)
        for where in ((), ("--data", data)):
            report = json.loads(run("verify", path, "--hosts", hosts, "--json", *where)[1])
            assert report["verdict"] == verdict
            assert ("school.example" in report["next_step"]) == (verdict != "not_verified")


def test_found_h6_a_private_issuer_is_given_by_key_or_document(tmp_path: Path, run: Run) -> None:
    path, hosts = tmp_path / "badge.json", tmp_path / "hosts"
    by = private_badge(path)
    hosts.mkdir()
    (hosts / "hosts.json").write_text("{}")

    def verdict(*options: str | Path, of: Path = path) -> str:
        report: dict[str, str] = json.loads(run("verify", of, "--hosts", hosts, "--json", *options)[1])
        return report["verdict"]

    assert verdict() == "could_not_be_checked"
    jwk, pem, other, documents = (tmp_path / name for name in ("key.jwk", "key.pem", "other.jwk", "did.json"))
    own = build_jwk(*decode_multikey(by.signer.public_key_multibase))
    jwk.write_text(json.dumps(own))
    numbers = ec.derive_private_key(41, ec.SECP256R1()).public_key()
    pem.write_bytes(numbers.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    other.write_text(json.dumps(build_jwk(*decode_multikey(issuer(2).signer.public_key_multibase))))
    method = {
        "id": "#key-1",
        "type": "JsonWebKey",
        "controller": "did:web:private.invalid",
        "publicKeyJwk": own,
    }
    documents.write_text(
        json.dumps(
            {"id": "did:web:private.invalid", "verificationMethod": [method], "assertionMethod": ["#key-1"]}
        )
    )
    for given in (("--key", jwk), ("--key", pem), ("--did-document", documents)):
        assert verdict(*given) == "verified_issuer_unknown", given
    altered = tmp_path / "altered.json"
    private_badge(altered, name="Another")
    assert verdict("--key", jwk, of=altered) == "not_verified"
    assert verdict("--key", other) == "not_verified"
    for wrong in (("--key", path), ("--did-document", path), ("--did-document", jwk), ("--key", hosts)):
        assert run("verify", path, *wrong)[0] == 3, wrong


def test_found_h6_a_key_says_nothing_of_issuers_who_are_their_key(tmp_path: Path, run: Run) -> None:
    path, key = tmp_path / "badge.json", tmp_path / "key.jwk"
    by = issuer(3)
    document = badge(by)
    del document["credentialStatus"]
    path.write_text(json.dumps(by.sign(document)))
    key.write_text(json.dumps(build_jwk(*decode_multikey(issuer(2).signer.public_key_multibase))))
    assert json.loads(run("verify", path, "--key", key, "--json")[1])["verified"] is True


def test_found_h6_what_is_not_among_the_hosts_is_named(tmp_path: Path, run: Run) -> None:
    (tmp_path / "hosts.json").write_text("{}")
    url = "https://nowhere.example/badge.json"
    code, _, err = run("verify", url, "--hosts", tmp_path)
    assert code == 2
    assert f"The given files do not have {url}" in err


def test_found_h4_contexts_are_pinned_listed_and_removed(data: Path, tmp_path: Path, run: Run) -> None:
    path, url = tmp_path / "context.json", "https://contexts.example/v1"
    path.write_text(json.dumps({"@context": {"rank": "https://guild.example/#rank"}}))
    given = ("--data", data)
    code, out, err = run("contexts", "pin", path, "--url", url, "--for", "did:web:guild.example", *given)
    assert (code, err) == (0, "")
    assert "did:web:guild.example" in out
    assert url in run("contexts", "list", *given)[1]
    assert run("contexts", "remove", url, *given)[0] == 0
    assert url not in run("contexts", "list", *given)[1]
    assert run("contexts", "remove", url, *given)[0] == 1
    path.write_text(json.dumps({"@context": {"uid": "@id"}}))
    assert run("contexts", "pin", path, "--url", url, *given)[0] == 1


def test_found_h3_x5c_anchors_are_added_listed_and_removed(data: Path, tmp_path: Path, run: Run) -> None:
    path, given = tmp_path / "root.pem", ("--data", data)
    path.write_bytes(certified("Root", ca=True, ends=datetime.now(UTC) + timedelta(days=9)).pem)
    code, out, err = run("anchors", "add", path, "--for", "https://issuer.example", *given)
    assert (code, err) == (0, "")
    assert "CN=Root" in out
    sha256 = out.partition("SHA-256 ")[2].partition(",")[0]
    assert sha256 in run("anchors", "list", *given)[1]
    assert run("anchors", "remove", sha256, *given)[0] == 0
    assert sha256 not in run("anchors", "list", *given)[1]
    assert run("anchors", "remove", sha256, *given)[0] == 1


def test_an_organisation_gets_its_calendar_and_address_by_command(data: Path, run: Run) -> None:
    own = ("--data", data, "--organisation", "acme")
    assert run("organisation", "create", "acme", "--name", "Acme", "--data", data)[0] == 0
    told = run("organisation", "calendar", "--time-zone", "Europe/Vienna", "--first-day", "sunday", *own)[1]
    assert told == "Time zone Europe/Vienna, weeks begin on Sunday\n"
    assert run("organisation", "calendar", "--time-zone", "Somewhere", *own)[0] == 1
    address = "http://badges.acme.example"
    assert f"Address {address}\n" in run("organisation", "set-address", address, *own)[1]
    assert "/o/acme\n" in run("organisation", "set-address", *own)[1]
    assert run("organisation", "set-address", "--data", data)[0] == 1, "the first one's is the installation's"


def test_found_h6_verifying_one_badge_imports_neither_web_nor_store_nor_queue(tmp_path: Path) -> None:
    """From any folder, and by the interpreter that has the package: who has no installation opens none, and
    what is imported is what a call costs (`python -m benchmarks.command`)."""
    path = tmp_path / "badge.json"
    document = badge(issuer(3))
    del document["credentialStatus"]
    path.write_text(json.dumps(issuer(3).sign(document)))
    program = (
        "import sys\n"
        "from credserv.processes.start import main\n"
        "code = main(['verify', sys.argv[1]])\n"
        "print(code, *sys.modules)\n"
    )
    heavy = {
        "flask",
        "psycopg",
        "dbos",
        "alembic",
        "marshmallow",
        "gunicorn",
        "structlog",
        "scipy",
        "sqlalchemy",
    }
    heavy |= {"limits", "PIL", "pypdf", "typst", "zxingcpp", "babel", "jinja2", "icalendar", "markdown_it"}
    heavy |= {"pydantic", "webauthn", "credserv.app.settings", "credserv.issuing.recipe", "credserv.store"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}
    environ = {**kept, "PYTHONPATH": str(Path(credserv.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    code, *imported = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert "credserv.verifying.recipe" in imported
    assert heavy & set(imported) == set()


def test_found_h6_a_throwaway_database_is_what_migrations_make(tmp_path: Path) -> None:
    """But for the rows that each version adds: none of them is missing."""
    made = {}
    for name in ("migrated", "created"):
        store = open_store(f"sqlite:///{tmp_path / name}.sqlite", secret_key=b"k" * 32)
        store.migrate() if name == "migrated" else store.create_for_now()
        store.close()
        with closing(sqlite3.connect(tmp_path / f"{name}.sqlite")) as database:
            tables = [
                row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            made[name] = {
                table: database.execute(f'SELECT * FROM "{table}"').fetchall()
                for table in tables
                if table != "alembic_version"
            }
    assert made["created"] == made["migrated"]


def test_only_the_command_that_is_run_is_imported() -> None:
    """What verifies one badge has no use for a web application or a queue, a worker for no application."""
    told = (
        "import sys; from credserv.processes.start import main; "
        "main(['verify', '--help']); print(*sys.modules); "
        "main(['worker', '--help']); print('flask' in sys.modules and 'worker-with-flask')"
    )
    root = Path(credserv.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=root)
    imported = set(done.stdout.split())
    assert "credserv.processes.commands.verify" in imported
    assert not imported & {"flask", "dbos", "alembic", "scipy", "credserv.processes.commands.doctor"}
    # Counted, as seconds depend on the machine: proofs, database and network are for who verifies.
    assert not imported & {"sqlalchemy", "pyld", "requests", "joserfc", "PIL", "credserv.store.store"}
    assert len({name for name in imported if name.startswith("credserv.")}) <= 40
    assert "worker-with-flask" not in imported
