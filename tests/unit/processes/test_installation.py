"""An installation knows itself: found.md U2 and O10, at the command line."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from credserv.app.remembered import read_remembered
from credserv.processes.cli import main
from credserv.processes.commands.context import Installation
from credserv.processes.demo import demo_environment, prepare_demo
from tests.testkit.proofs import NOW

Run = Callable[..., tuple[int, str, str]]
PUBLIC = "https://badges.example.org"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command; gives exit code, stdout, stderr."""

    def run_command(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command


@pytest.fixture
def data(tmp_path: Path, run: Run) -> Path:
    folder = tmp_path / "installation"
    assert run("init", "--data", folder, "--public-url", PUBLIC)[0] == 0
    return folder


def command_in(message: str) -> list[str]:
    """The first command that a message names."""
    found = re.search(r"`credserv ([^`]+)`", message)
    assert found, message
    return shlex.split(found[1])


def did_of(run: Run, *options: str | Path) -> str:
    code, out, err = run("keys", "list", *options)
    assert code == 0, err
    return out.rpartition(" ")[2].partition("#")[0]


# --- U2: settings are remembered ------------------------------------------------------------------


def test_found_u2_init_remembers_the_settings_of_its_environment(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database above all: without it the next command made another one, with another issuer."""
    monkeypatch.setenv("CREDSERV_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    monkeypatch.setenv("CREDSERV_WEB_THREADS", "3")
    folder = tmp_path / "d"
    assert run("init", "--data", folder)[0] == 0
    did = did_of(run, "--data", folder)
    monkeypatch.delenv("CREDSERV_DATABASE_URL")
    monkeypatch.delenv("CREDSERV_WEB_THREADS")
    assert did_of(run, "--data", folder) == did
    assert Installation(folder).settings.web_threads == 3
    assert not (folder / "credserv.sqlite").exists()
    assert stat.S_IMODE((folder / "credserv.env").stat().st_mode) == 0o600
    assert len(list((folder / "keys").iterdir())) == 1


def test_found_u2_secrets_given_by_value_are_not_written_and_not_made_anew(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "a secret key for tests, 32 bytes or more"
    monkeypatch.setenv("CREDSERV_SECRET_KEY", secret)
    monkeypatch.setenv("CREDSERV_KEY_PASSPHRASE", "a passphrase for test keys")
    folder = tmp_path / "d"
    assert run("init", "--data", folder)[0] == 0
    assert secret not in (folder / "credserv.env").read_text()
    monkeypatch.delenv("CREDSERV_SECRET_KEY")
    for command in ("init", "serve"):
        code, _, err = run(command, "--data", folder)
        assert (code, "CREDSERV_SECRET_KEY is not set" in err) == (1, True)
    assert not (folder / "secret_key").exists()


def test_found_u2_another_database_than_it_remembers_is_refused(
    data: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("settings", "set", "DATABASE_URL", f"sqlite:///{data / 'credserv.sqlite'}", "--data", data)
    monkeypatch.setenv("CREDSERV_DATABASE_URL", f"sqlite:///{tmp_path / 'second.sqlite'}")
    for command in ("init", "migrate", "serve"):
        code, _, err = run(command, "--data", data)
        assert code == 1
        assert "CREDSERV_DATABASE_URL is another one" in err
    assert not (tmp_path / "second.sqlite").exists()


def test_found_u2_an_empty_database_is_never_filled_by_the_way(data: Path, run: Run) -> None:
    (data / "credserv.sqlite").unlink()
    for command in ("migrate", "init", "serve", "console-link"):
        code, _, err = run(command, "--data", data)
        assert code == 1
        assert "CREDSERV_DATABASE_URL" in err
    assert len(list((data / "keys").iterdir())) == 1


def test_found_u2_a_first_try_that_failed_is_not_held_against_the_second(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "d"
    monkeypatch.setenv("CREDSERV_DATABASE_URL", f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")
    assert run("init", "--data", folder)[0] == 1
    monkeypatch.setenv("CREDSERV_DATABASE_URL", f"sqlite:///{tmp_path / 'good.sqlite'}")
    assert run("init", "--data", folder)[0] == 0


MISSPELT = {
    "CREDSERV_DATABSE_URL": "CREDSERV_DATABASE_URL",
    "CREDSERV_PUBLICURL": "CREDSERV_PUBLIC_URL",
    "CREDSERV_SMTP_URI": "CREDSERV_SMTP_URL",
    "CREDSERV_public_url": "CREDSERV_PUBLIC_URL",
    "CREDSERV_SECRET_FILE": "CREDSERV_SECRET_KEY_FILE",
    "CREDSERVE_PUBLIC_URL": "CREDSERV_PUBLIC_URL",
    "CRESERV_DATABASE_URL": "CREDSERV_DATABASE_URL",
    "credserv_PORT": "CREDSERV_PORT",
    "CREDSERV_PUBLIC_URL_FILE": "CREDSERV_PUBLIC_URL",
}


@pytest.mark.parametrize("name", MISSPELT)
def test_found_u2_a_misspelt_variable_is_refused_with_the_right_name(
    data: Path, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    code, _, err = run("keys", "list", "--data", data)
    assert code == 1
    assert f"{name} is no setting" in err
    assert MISSPELT[name] in err


@pytest.mark.parametrize("name", ["CREDSERV_SHARED", "CREDIT_PORT", "SERVICE_PORT", "PUBLIC_URL"])
def test_found_u2_the_variables_of_others_are_left_alone(
    data: Path, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    assert run("keys", "list", "--data", data)[0] == 0


def test_found_u2_a_misspelt_remembered_setting_is_refused_too(data: Path, run: Run) -> None:
    with (data / "credserv.env").open("a") as file:
        file.write("CREDSERV_WEB_THREDS=4\n")
    assert "CREDSERV_WEB_THREADS" in run("keys", "list", "--data", data)[2]


def test_found_u2_a_wrong_folder_says_what_is_there_and_where_one_is(
    data: Path, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    said = run("keys", "list", "--data", tmp_path / "photos")[2]
    assert "cat.jpg" in said
    assert "credserv init" in said
    assert "which is not there" in run("keys", "list", "--data", tmp_path / "nowhere")[2]
    for near in (tmp_path, data / "keys"):
        said = run("keys", "list", "--data", near)[2]
        assert f"--data {data}" in said
        assert "secret key" not in said.lower()


# --- settings: show, set, unset -------------------------------------------------------------------


def test_found_u2_a_setting_is_changed_by_a_word(data: Path, run: Run) -> None:
    assert run("settings", "set", "WEB_THREADS", "4", "--data", data)[0] == 0
    assert Installation(data).settings.web_threads == 4
    assert "WEB_THREADS" in run("settings", "show", "--data", data)[1]
    assert run("settings", "unset", "CREDSERV_WEB_THREADS", "--data", data)[0] == 0
    assert Installation(data).settings.web_threads == 16


@pytest.mark.parametrize(
    ("name", "value"),
    [("WEB_THREADS", "many"), ("WEB_THREDS", "4"), ("SECRET_KEY", "x"), ("DATA_DIR", "/"), ("PORT", "1\n2")],
)
def test_found_u2_a_wrong_change_is_refused_and_nothing_kept(
    data: Path, run: Run, name: str, value: str
) -> None:
    before = read_remembered(data)
    code, _, err = run("settings", "set", name, value, "--data", data)
    assert code == 1
    assert "CREDSERV_" in err or "one line" in err
    assert read_remembered(data) == before


def test_found_u2_secrets_are_not_shown(data: Path, run: Run) -> None:
    run("settings", "set", "MAIL_FROM", "badges@example.org", "--data", data)
    run("settings", "set", "SMTP_URL", "smtp://user:hunter2@mail.example.org", "--data", data)
    assert "hunter2" not in run("settings", "show", "--data", data)[1]


# --- O10 ------------------------------------------------------------------------------------------


def test_found_o10_init_again_with_another_address_is_refused_with_the_command_that_is_right(
    data: Path, run: Run
) -> None:
    did = did_of(run, "--data", data)
    code, _, err = run("init", "--data", data, "--public-url", "https://new.example.org")
    assert code == 1
    assert Installation(data).settings.public_url == PUBLIC
    code, out, err = run(*command_in(err), "--data", data)
    assert code == 0, err
    assert Installation(data).settings.public_url == "https://new.example.org"
    assert "did:web:badges.example.org" in out
    assert run("init", "--data", data, "--public-url", "https://new.example.org")[0] == 0
    assert did_of(run, "--data", data) == did
    assert run("console-link", "--data", data)[1].startswith("https://new.example.org/")


def test_found_o10_init_again_with_another_name_says_that_it_stays(data: Path, run: Run) -> None:
    code, out, _ = run("init", "--data", data, "--name", "Another Academy")
    assert code == 0
    assert command_in(out)[:2] == ["organisation", "rename"]


def test_found_b8_another_address_than_the_badges_carry_is_refused(
    data: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the data folder remembers nothing, as where everything comes from the environment."""
    (data / "credserv.env").unlink()
    monkeypatch.setenv("CREDSERV_PUBLIC_URL", "https://other.example.org")
    for command in ("serve", "console-link"):
        code, _, err = run(command, "--data", data)
        assert code == 1
        assert PUBLIC in err
        assert command_in(err) == ["settings", "set", "PUBLIC_URL", "https://other.example.org"]


def test_found_u2_a_demo_on_another_port_never_overwrites_the_address(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "demo"
    environ = demo_environment({"CREDSERV_DATA_DIR": str(folder)}, 8123)
    ready = prepare_demo(environ, now=NOW, say=lambda _: None)
    ready.services.close()
    code, _, err = run("demo", "--data", folder, "--port", "8124")
    assert code == 1
    assert "http://localhost:8123" in err
    assert Installation(folder).settings.public_url == "http://localhost:8123"
    assert demo_environment(Installation(folder).environ, 8123)["CREDSERV_PORT"] == "8123"
    assert run("settings", "set", "PUBLIC_URL", "http://localhost:8124", "--data", folder)[0] == 0
    assert run("settings", "set", "PORT", "8124", "--data", folder)[0] == 0
    again = demo_environment(Installation(folder).environ, None)
    ready = prepare_demo(again, now=NOW, say=lambda _: None)
    assert ready.services.public_urls == ("http://localhost:8124", "http://localhost:8123")
    ready.services.close()


def test_found_o10_jobs_that_failed_before_any_worker_ran_are_none(data: Path, run: Run) -> None:
    code, out, err = run("jobs", "failed", "--data", data)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 1


def test_found_o10_a_command_without_data_finds_the_installation_that_the_environment_names(
    data: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the documents say it: once in the environment, or with each command."""
    code, _, err = run("trust", "list")
    assert code == 1
    assert f"--data {data}" in err or "--data" in err
    monkeypatch.setenv("CREDSERV_DATA_DIR", str(data))
    for command in ("trust list", "jobs failed", "keys list", "audit list", "settings show"):
        assert run(*command.split())[0] == 0


def test_an_installation_of_before_keeps_its_keys_beside_its_data(
    data: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(data, tmp_path / "data")
    shutil.move(tmp_path / "data" / "keys", tmp_path / "keys")
    kept = read_remembered(tmp_path / "data")
    assert "CREDSERV_KEYS_DIR" not in kept or kept["CREDSERV_KEYS_DIR"].startswith(str(tmp_path))
    (tmp_path / "data" / "credserv.env").write_text(f"CREDSERV_PUBLIC_URL={PUBLIC}\n")
    assert Installation(None).settings.keys_dir == tmp_path / "keys"
    assert json.dumps(run("console-link")[0]) == "0"


def test_messages_end_in_an_installation_that_begins_and_in_none_that_is_there(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, folder = "CREDSERV_KEEP_MESSAGES_DAYS", tmp_path / "fresh"
    assert run("init", "--data", folder)[0] == 0
    assert read_remembered(folder)[name] == "90"
    assert Installation(folder).settings.keep_messages_days == 90
    (folder / "credserv.env").unlink()
    assert run("init", "--data", folder)[0] == 0, "its issuer was there: it keeps what it has"
    assert Installation(folder).settings.keep_messages_days == 0
    monkeypatch.setenv(name, "0")
    assert run("init", "--data", tmp_path / "other")[0] == 0
    assert read_remembered(tmp_path / "other")[name] == "0"


def test_found_o10_documents_copy_databases_for_their_owner_alone() -> None:
    """What writes a copy of everybody's badges is our own command, whose file is the owner's alone
    (tests/journeys/operate/test_backup.py), or runs under a mask that lets nobody else read it."""
    root = Path(__file__).resolve().parents[3]
    texts = [path.read_text() for path in sorted((root / "docs").rglob("*.md"))]
    copies = [
        line
        for text in texts
        for line in re.findall(r"[`(][^`]*(?:\.backup|pg_dump)[^`]*`", text)
        if "`.backup`" not in line and line != "`pg_dump`"
    ]
    assert any("credserv backup /" in text for text in texts)
    assert [line for line in copies if "umask 077;" not in line] == []
