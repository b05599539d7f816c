"""The way back from an upgrade: the release before, as git has it, starts on the copy made before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic import command as command_of

from credserv.journeys.publish.publish import set_status
from credserv.records.credentials import CredentialState
from tests.testkit.moving import command, passphrase_of
from tests.testkit.release_before import kept_between_runs, release_before, run_before
from tests.testkit.released import move
from tests.testkit.service import make_service

# It restores, starts on what it restored, and says what becomes of each badge.
_BACK = """
import json, sys
from pathlib import Path
import credserv
from credserv.processes.cli import main
told = json.loads(sys.argv[1])
if main(told["restore"]):
    sys.exit("it was not restored")
from credserv.app.factory import create_app
from credserv.app.remembered import compose_environment
from credserv.app.settings import Settings
client = create_app(Settings.from_env(compose_environment({}, Path(told["data"])))).test_client()
verdicts = []
for one in told["ids"]:
    badge = client.get(f"/credentials/{one}", headers={"Accept": "application/vc"}).get_data(as_text=True)
    answer = client.post("/api/v1/verify", json={"credential": json.loads(badge)})
    verdicts.append(answer.json["verdict"])
print(json.dumps({"code": credserv.__file__, "verdicts": verdicts}))
"""


def test_attack_134_the_release_before_goes_on_with_the_copy_made_before_the_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    """What was revoked after the upgrade stays revoked, by the journal of now."""
    before = release_before(kept_between_runs(pytestconfig, tmp_path))
    service = make_service(f"sqlite:///{tmp_path / 'a.sqlite'}", tmp_path / "a")
    ids = [service.issue(email=f"pat{number}@example.org") for number in range(3)]
    move(service.settings.database_url, command_of.downgrade, "-1")  # as that release leaves it
    passphrase_of(service.settings).write_text("a passphrase for a copy\n")
    passphrase = ("--passphrase-file", str(passphrase_of(service.settings)))
    copy, data = tmp_path / "copy", tmp_path / "back"
    upgraded = command(service.settings, monkeypatch.setenv, "upgrade", "--backup", copy, *passphrase)
    assert upgraded == 0
    set_status(
        service.services,
        ids[0],
        CredentialState.REVOKED,
        reason="",
        actor="test",
        now=service.clock.now,
    )
    journal = ("--journal", str(service.settings.status_journal))
    restore = ["restore", str(copy), "--data", str(data), *journal, *passphrase]
    told = {"restore": restore, "data": str(data), "ids": ids}
    said = json.loads(run_before(before, ["-c", _BACK, json.dumps(told)]).splitlines()[-1])
    assert Path(said["code"]).is_relative_to(before), "the release before, not this one"
    assert said["verdicts"] == ["not_verified", "verified", "verified"]
