"""`credserv simulate`: a log played on a service of its own ends with the figures that are right about it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from credserv.processes.cli import main
from tests.testkit.firm import hostile, make_firm
from tests.testkit.firm.answers import answers
from tests.testkit.firm.comparing import differences
from tests.testkit.ready import migrated_sqlite
from tests.testkit.shared import shared_path

GIVEN = shared_path("accreditation")


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its temporary database lies where those of tests do: see tests/conftest.py."""
    monkeypatch.setattr(tempfile, "tempdir", os.environ.get("PYTEST_DEBUG_TEMPROOT"))


def simulate(folder: Path, log: Path, programme: Path, *asked: str) -> tuple[int, dict[str, Any]]:
    report = folder / "report.json"
    files = ["--log", str(log), "--programme", str(programme), "--report", str(report)]
    code = main(["simulate", *files, *asked])
    return code, json.loads(report.read_text()) if report.exists() else {}


def test_a_quarter_of_forty_people_ends_as_its_answers_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    firm = make_firm(40, 3, seed=1)
    code, report = simulate(tmp_path, *firm.write(tmp_path), *firm.arguments())
    right = answers(firm.events, firm.programme, firm.cut, firm.instants)
    assert list(differences(report, right)) == []
    told = capsys.readouterr().err
    assert "BROKEN" not in told
    assert code == 0
    assert told.count("holds: ") == 7


def test_the_case_that_was_worked_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = json.loads((GIVEN / "small-case.expected.json").read_text())
    asked = [word for at, _, _ in expected["states"] for word in ("--at", at)]
    programme = GIVEN / "rule-sets" / "internal-foundation.json"
    code, report = simulate(tmp_path, GIVEN / "small-case.jsonl", programme, *asked)
    assert code == 0
    assert report["endorsements"]["each"] == expected["endorsements"]
    assert report["grants"]["applications_by_verdict"] == {expected["a1"]: 1}
    assert (report["grants"]["granted"], report["grants"]["must_be_refused"]) == (1, [])
    assert report["states"] == {at: {state: 1} for at, state, _ in expected["states"]}
    sessions = report["sessions"]
    assert sessions["held"] == expected["sessions"]["held"]
    assert sessions["confirmed_by_both"] == expected["sessions"]["confirmed_by_both"]
    assert sessions["by_mentor_not_in_force"] == 1
    told = capsys.readouterr().err
    assert "line 11, session.observed refused" in told
    assert "line 12" not in told


def test_a_log_that_cannot_be_played_and_a_database_in_use_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, programme = make_firm(40, 3, seed=1).write(tmp_path)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"at":"2026-01-01T00:00:00Z","type":"person.left","person":"ann"}\n')
    assert simulate(tmp_path, bad, programme)[0] == 1
    assert "bad.jsonl, line 1: person.left needs employer" in capsys.readouterr().err
    none = tmp_path / "none.json"
    none.write_text('{"key":"none","term_months":12}')
    assert simulate(tmp_path, log, none)[0] == 1
    assert "the programme cannot be used" in capsys.readouterr().err
    in_use = tmp_path / "in-use.sqlite"
    shutil.copyfile(migrated_sqlite(), in_use)
    before = in_use.read_bytes()
    assert simulate(tmp_path, log, programme, "--database-url", f"sqlite:///{in_use}")[0] == 1
    assert "this database holds an installation already" in capsys.readouterr().err
    assert in_use.read_bytes() == before


def test_a_hostile_log_ends_as_was_worked_out_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, programme = tmp_path / "hostile.jsonl", tmp_path / "programme.json"
    log.write_text("".join(json.dumps(one) + "\n" for one in hostile.scrambled()))
    programme.write_text(json.dumps(hostile.PROGRAMME))
    asked = [word for at in hostile.AT for word in ("--at", at)]
    code, report = simulate(tmp_path, log, programme, "--cut", hostile.CUT, *asked)
    assert list(differences(report, hostile.RIGHT)) == []
    told = capsys.readouterr().err
    assert code == 0, told
    assert "no such type of event as mentor.promoted" in told
