"""`credserv trust`: lists are kept, told and left by command, each deed with its audit line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from credserv.app import services as app_services
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.fetch.guarded import Fetcher, FileFetcher
from credserv.journeys.services import Services
from credserv.processes.cli import main
from credserv.store.store import Store, open_store
from tests.testkit.commands import CLI
from tests.testkit.proofs import badge, issuer
from tests.testkit.verifying import STATUS_URL, signed_list

SCHOOL = "did:web:school.example"
REGISTRY = "https://lists.example/registry.json"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command on an installation whose fetches are answered from `tmp_path / "hosts"`."""
    hosts = tmp_path / "hosts"
    hosts.mkdir(exist_ok=True)
    (hosts / "hosts.json").write_text(json.dumps({REGISTRY: "registry.json"}))
    monkeypatch.chdir(tmp_path)

    def build(settings: Settings, *, fetcher: Fetcher | None = None) -> Services:
        return build_services(settings, fetcher=fetcher or FileFetcher(hosts))

    monkeypatch.setattr(app_services, "build_services", build)
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
    return [line.action for line in store.audit.recent(99) if line.action.startswith("trusted-")][::-1]


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
    assert {line.actor for line in store.audit.recent(99) if "trusted" in line.action} == {CLI}


def test_what_cannot_be_kept_is_told_in_one_line(run: Run, store: Store) -> None:
    code, _, said = run("trust", "add", "school.example", "--name", "School")
    assert (code, "/id: an issuer is named by its DID" in said) == (1, True)
    code, _, said = run("trust", "add", SCHOOL, "--name", "School", "--for", "A B")
    assert (code, "an organisation is named by" in said) == (1, True)
    assert run("trust", "add", SCHOOL)[0] == 3
    assert run("trust", "remove", SCHOOL)[::2] == (1, "credserv: that issuer is not in the list\n")
    assert run("trust", "unsubscribe", "Registry")[0] == 1
    assert store.trusted_lists.list() == ()
    assert actions(store) == []


def test_a_file_is_imported_whole(run: Run, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "partners.csv"
    path.write_text("id,name\ndid:web:a.example,A\ndid:web:b.example,B\n")
    assert run("trust", "import", path, "--for", "acme")[:2] == (0, "2 issuers\n")
    path.write_text("id,name\ndid:web:b.example,Renamed\ndid:web:c.example,C\n")
    assert run("trust", "import", path, "--for", "acme")[0] == 0
    (own,) = store.trusted_lists.list("acme")
    assert [one.name for one in store.trusted_lists.issuers(own.id)] == ["A", "Renamed", "C"]
    assert run("trust", "import", path, "--for", "acme", "--replace")[0] == 0
    assert [one.name for one in store.trusted_lists.issuers(own.id)] == ["Renamed", "C"]

    path.write_text("id,name\ndid:web:d.example,D\nnobody,X\n")
    code, _, said = run("trust", "import", path, "--for", "acme")
    assert (code, "row 3/id" in said) == (1, True)
    path.write_text('{"issuers": []}')
    assert run("trust", "import", path, "--replace", "--for", "acme")[0] == 1
    assert [one.name for one in store.trusted_lists.issuers(own.id)] == ["Renamed", "C"]
    assert run("trust", "import", tmp_path / "absent.csv")[0] == 1


def test_a_list_of_others_is_subscribed_to_refreshed_and_left(run: Run, store: Store, tmp_path: Path) -> None:
    publish(tmp_path, {"registry": {SCHOOL: {"name": "School"}, "nobody": {"name": "X"}}})
    said = run("trust", "subscribe", REGISTRY, "--name", "Registry")
    assert said == (0, "1 issuers; 1 unusable entries left out\n", "")
    assert run("trust", "subscribe", REGISTRY, "--name", "Registry")[0] == 1
    assert "Registry  dcc-registry  1" in run("trust", "list")[1]

    publish(tmp_path, {"registry": {}})
    assert run("trust", "refresh")[:2] == (0, "Registry: refreshed\n")
    assert store.trusted_lists.count_issuers() == {}
    (tmp_path / "hosts" / "registry.json").unlink()
    code, out, err = run("trust", "refresh")
    assert (code, out) == (1, "")
    assert err.startswith("Registry: the given files do not have ")
    assert "not refreshed: the given files do not have" in run("trust", "list")[1]

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


# --- `credserv verify` ----------------------------------------------------------------------------


@pytest.fixture
def badge_file(tmp_path: Path) -> Path:
    """A credential of an issuer that nobody knows here, to be checked with `--hosts .`."""
    alice, hosts = issuer(1), tmp_path / "hosts"
    hosts.mkdir(exist_ok=True)
    year = {"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z"}
    (hosts / "status.json").write_text(json.dumps(signed_list(alice, **year)))
    (hosts / "hosts.json").write_text(json.dumps({STATUS_URL: "status.json"}))
    path = tmp_path / "badge.json"
    path.write_text(json.dumps(alice.sign(badge(alice))))
    return path


def verify(*arguments: str | Path) -> int:
    at = ("--at", "2026-03-14T09:26:53Z", "--hosts", "hosts", "--json")
    return main(["verify", *(str(argument) for argument in arguments), *at])


def test_a_machine_without_installation_names_its_list(
    badge_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(badge_file.parent)
    partners = badge_file.with_name("partners.json")
    partners.write_text(json.dumps({"registry": {issuer(1).did: {"name": "Alice College"}}}))
    assert verify(badge_file) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "verified_issuer_unknown"
    assert verify(badge_file, "--trust", partners) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["verdict"], report["issuer"]["name"]) == ("verified", "Alice College")
    assert report["policy"][-1]["data"] == {"list": "partners.json", "as": "Alice College"}


def test_a_list_or_an_organisation_that_cannot_be_used_is_wrong_use(
    badge_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(badge_file.parent)
    bad = badge_file.with_name("bad.csv")
    bad.write_text("id,name\nnobody,X\n")
    for arguments, said in (
        (("--trust", bad), "row 2/id"),
        (("--trust", "absent.csv"), "absent.csv"),
        (("--for", "acme"), "no organisation acme keeps lists of trusted issuers here"),
    ):
        assert verify(badge_file, *arguments) == 3
        captured = capsys.readouterr()
        assert (said in captured.err, captured.out) == (True, "")


def test_an_organisation_of_the_installation_is_asked(
    run: Run, badge_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    did = issuer(1).did
    assert run("trust", "add", did, "--name", "Alice of acme", "--for", "acme")[0] == 0
    for arguments, verdict in ((("--for", "acme"), "verified"), ((), "verified_issuer_unknown")):
        assert verify(badge_file, *arguments, "--data", badge_file.with_name("installation")) == 0
        assert json.loads(capsys.readouterr().out)["verdict"] == verdict
