"""Who lost their mailbox asks by letter: the operator tells them all, or erases them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from credserv.app.founding import found_organisation
from credserv.processes.cli import main
from credserv.records.credentials import Recipient
from credserv.records.organisations import Founding
from tests.hostile.test_erasure import EMAIL, NAME, OTHER, everything, fill, told_of
from tests.testkit.browsing import OWNER, Person
from tests.testkit.commands import CLI
from tests.testkit.moving import environment
from tests.testkit.service import NOW, Service, make_service


def use(service: Service, patch: pytest.MonkeyPatch) -> None:
    """Commands are given to this service."""
    for name, value in environment(service.settings).items():
        patch.setenv(name, value)


def known_to_acme(service: Service, email: str) -> str:
    """As another organisation of the installation addresses them; their id."""
    wanted = Founding("acme", "Acme")
    found_organisation(service.settings, service.services.store, wanted, actor="test", now=NOW)
    own = service.services.at_name("acme").store
    return own.members.add(Recipient(email=email, name=NAME), NOW).person_id


def trail(service: Service, slug: str) -> list[tuple[str, str, str]]:
    lines = service.services.beside(slug).store.audit.page(before=None, limit=99, text="", action=None)
    return [(line.actor, line.action, line.subject) for _, line in lines if line.action.startswith("person.")]


def test_somebody_in_two_organisations_is_told_all_and_erased(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of whom the second one knows nothing that a wallet joined to the first."""
    service = make_service(database_url, tmp_path)
    person_id, ids = fill(service)
    other_id = known_to_acme(service, EMAIL)
    use(service, monkeypatch)
    assert main(["people", "find", EMAIL.upper()]) == 0
    shown = capsys.readouterr().out.splitlines()[1:]
    assert {line.split()[0] for line in shown} == {person_id, other_id}
    file = tmp_path / "told.zip"
    assert main(["people", "export", EMAIL, "--to", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as told:
        rows = json.loads(told.read("data.json"))
    assert {row["id"] for row in rows["people"]} == {person_id, other_id}
    assert ids["a"] in {row["id"] for row in rows["credentials"]}
    assert {row["organisation_id"] for row in rows["memberships"]} == {"main", "acme"}
    assert OTHER not in json.dumps(rows)
    assert main(["people", "export", EMAIL, "--to", str(file)]) == 1, "what is there is not overwritten"
    assert "File exists" in capsys.readouterr().err
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert main(["people", "erase", EMAIL]) != 0
    assert told_of(everything(service)), "who says no has erased nobody"
    capsys.readouterr()
    assert main(["people", "erase", EMAIL, "--yes"]) == 0
    said = capsys.readouterr().out
    assert ("Gone: " in said, "Kept, without them: " in said) == (True, True)
    assert told_of(everything(service)) == []
    assert {line for line in trail(service, "main") if line[0] == CLI} == {
        (CLI, "person.told", person_id),
        (CLI, "person.erased", person_id),
    }
    assert {line for line in trail(service, "acme") if line[0] == CLI} == {
        (CLI, action, other_id) for action in ("person.told", "person.erased")
    }
    assert main(["people", "erase", EMAIL, "--yes"]) == 1
    assert "nobody here is known by this address" in capsys.readouterr().err


def test_nobody_is_chosen_by_guess(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An address that is somebody else's now; of an owner whom an organisation needs; of nobody; and none."""
    service = sqlite_service
    store, now = service.services.store, service.clock.now
    service.issue(email=EMAIL, name=NAME)
    former = Person(service).open_wallet(EMAIL) and store.members.find_by_email(EMAIL)
    assert former is not None
    (asserted,) = store.members.identifiers(former.id)
    store.members.end_identifier(asserted.id, now, now)
    use(service, monkeypatch)
    assert main(["people", "erase", EMAIL, "--yes"]) == 1
    said = capsys.readouterr()
    assert "--person" in said.err
    assert f"{former.person_id}  {NAME}" in said.out
    assert "was theirs" in said.out
    service.clock.advance(days=1)
    service.issue(email=EMAIL, name="Sue Ccessor")
    heir = store.members.find_by_email(EMAIL)
    assert heir is not None
    assert heir.person_id != former.person_id
    assert main(["people", "erase", EMAIL, "--yes"]) == 1
    assert main(["people", "erase", EMAIL, "--yes", "--person", "nobody"]) == 1
    assert "nobody with this id" in capsys.readouterr().err
    assert main(["people", "erase", EMAIL, "--yes", "--person", former.person_id]) == 0
    assert store.people.get(former.person_id) is None
    assert store.people.get(heir.person_id) is not None
    Person(service).sign_in_to_console()
    assert main(["people", "erase", OWNER.email, "--yes"]) == 1
    assert "needs an owner" in capsys.readouterr().err
    for words in (["people", "find", "nobody@example.org"], ["people", "find", "no address"]):
        assert main(words) == 1
    assert "enter one e-mail address" in capsys.readouterr().err
