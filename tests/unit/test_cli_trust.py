"""`credserv trust`: lists are kept, told and left by command, each deed with its audit line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from credserv.app import build_services
from credserv.cli import main
from credserv.commands import context
from credserv.config import Settings
from credserv.fetch import FileFetcher
from credserv.journeys.services import Services
from credserv.store.store import Store, open_store

SCHOOL = "did:web:school.example"
REGISTRY = "https://lists.example/registry.json"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command on an installation whose fetches are answered from `tmp_path / "hosts"`."""
    hosts = tmp_path / "hosts"
    hosts.mkdir()
    (hosts / "hosts.json").write_text(json.dumps({REGISTRY: "registry.json"}))
    monkeypatch.chdir(tmp_path)

    def build(settings: Settings) -> Services:
        return build_services(settings, fetcher=FileFetcher(hosts))

    monkeypatch.setattr(context, "build_services", build)
    folder = str(tmp_path / "installation")
    assert main(["init", "--data", folder]) == 0
    capsys.readouterr()

    def run_command(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([*(str(argument) for argument in arguments), "--data", folder])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command


@pytest.fixture
def store(tmp_path: Path, run: Run) -> Iterator[Store]:
    assert run is not None
    opened = open_store(f"sqlite:///{tmp_path}/installation/credserv.sqlite", secret_key=b"k" * 32)
    yield opened
    opened.close()


def actions(store: Store) -> list[str]:
    return [line.action for line in store.audit.recent(99, 0) if line.action.startswith("trusted-")][::-1]


def publish(tmp_path: Path, content: object) -> None:
    (tmp_path / "hosts" / "registry.json").write_text(json.dumps(content))


def test_own_entries_are_added_changed_and_removed(run: Run, store: Store) -> None:
    assert run("trust", "add", SCHOOL, "--name", "School") == (0, f"{SCHOOL} is trusted as School\n", "")
    code, said, _ = run("trust", "add", SCHOOL, "--name", "The School", "--until", "2027-01-01T00:00:00Z")
    assert (code, said) == (0, f"{SCHOOL} is now trusted as The School\n")
    assert "2027-01-01T00:00:00Z" in run("trust", "list", "--issuers")[1]
    assert run("trust", "remove", SCHOOL)[0] == 0

    assert store.trusted_lists.list() == ()
    assert actions(store) == ["trusted-issuer-added", "trusted-issuer-changed", "trusted-issuer-removed"]
    assert {line.actor for line in store.audit.recent(99, 0) if "trusted" in line.action} == {"cli"}


def test_what_cannot_be_kept_is_told_in_one_line(run: Run, store: Store) -> None:
    code, _, said = run("trust", "add", "school.example", "--name", "School")
    assert (code, "/id: an issuer is named by its DID" in said) == (1, True)
    code, _, said = run("trust", "add", SCHOOL, "--name", "School", "--organisation", "A B")
    assert (code, "an organisation is named by" in said) == (1, True)
    assert run("trust", "add", SCHOOL)[0] == 3
    assert run("trust", "remove", SCHOOL)[::2] == (1, "credserv: that issuer is not in the list\n")
    assert run("trust", "unsubscribe", "Registry")[0] == 1
    assert store.trusted_lists.list() == ()
    assert actions(store) == []


def test_a_file_is_imported_whole(run: Run, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "partners.csv"
    path.write_text("id,name\ndid:web:a.example,A\ndid:web:b.example,B\n")
    assert run("trust", "import", path, "--organisation", "acme")[:2] == (0, "2 issuers\n")
    path.write_text("id,name\ndid:web:b.example,Renamed\ndid:web:c.example,C\n")
    assert run("trust", "import", path, "--organisation", "acme")[0] == 0
    (own,) = store.trusted_lists.list("acme")
    assert [one.name for one in store.trusted_lists.issuers(own.id)] == ["A", "C", "Renamed"]
    assert run("trust", "import", path, "--organisation", "acme", "--replace")[0] == 0
    assert [one.name for one in store.trusted_lists.issuers(own.id)] == ["C", "Renamed"]

    path.write_text("id,name\ndid:web:d.example,D\nnobody,X\n")
    code, _, said = run("trust", "import", path, "--organisation", "acme")
    assert (code, "row 3/id" in said) == (1, True)
    path.write_text('{"issuers": []}')
    assert run("trust", "import", path, "--replace", "--organisation", "acme")[0] == 1
    assert [one.name for one in store.trusted_lists.issuers(own.id)] == ["C", "Renamed"]
    assert run("trust", "import", tmp_path / "absent.csv")[0] == 1


def test_a_list_of_others_is_subscribed_to_refreshed_and_left(run: Run, store: Store, tmp_path: Path) -> None:
    publish(tmp_path, {"registry": {SCHOOL: {"name": "School"}, "nobody": {"name": "X"}}})
    said = run("trust", "subscribe", REGISTRY, "--name", "Registry")
    assert said == (0, "1 issuers; 1 entries cannot be used and are left out\n", "")
    assert run("trust", "subscribe", REGISTRY, "--name", "Registry")[0] == 1
    assert "Registry  dcc-registry  1" in run("trust", "list")[1]

    publish(tmp_path, {"registry": {}})
    assert run("trust", "refresh")[:2] == (0, "Registry: refreshed\n")
    assert store.trusted_lists.count_issuers() == {}
    (tmp_path / "hosts" / "registry.json").unlink()
    code, out, err = run("trust", "refresh")
    assert (code, out) == (1, "")
    assert err.startswith("Registry: that URL is not among the given files")
    assert "not refreshed: that URL" in run("trust", "list")[1]

    assert run("trust", "unsubscribe", "Registry")[0] == 0
    assert store.trusted_lists.list() == ()
    assert actions(store) == [
        "trusted-list-subscribed",
        "trusted-list-changed",
        "trusted-list-unsubscribed",
    ]


@pytest.mark.parametrize("url", ["http://lists.example/", "lists.example", "https://127.0.0.1/", REGISTRY])
def test_a_list_that_is_not_there_is_not_subscribed_to(run: Run, store: Store, url: str) -> None:
    code, _, said = run("trust", "subscribe", url, "--name", "Registry")
    assert (code, said.startswith("credserv: ")) == (1, True)
    assert store.trusted_lists.list() == ()
    assert actions(store) == []
