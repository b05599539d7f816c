"""`credserv source try`: what a message says, without a service, a database or a secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from credserv.processes.start import main
from tests.testkit.reading import DIALECTS, samples
from tests.testkit.shared import shared_path


def tried(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main(["source", "try", *arguments, "--json"])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_sample_is_one_of_its_dialect(dialect: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in samples(dialect):
        code, told = tried(capsys, dialect, str(shared_path(f"payloads/{dialect}/{name}")))
        assert (code, set(told)) == (0, {"observations", "answer", "unread"}), name
        assert told["answer"]["status"] == 200
        assert None not in [value for one in told["observations"] for value in one.values()]


def test_what_is_told_of_a_grade(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = tried(capsys, "canvas", str(shared_path("payloads/canvas/caliper-grade_change.json")))
    assert code == 0
    assert told == {
        "observations": [
            {
                "kind": "graded",
                "person": [
                    {"kind": "lms-id", "value": "21070000000000048"},
                    {"kind": "sis-id", "value": "ABC.123"},
                ],
                "activity": [
                    {"kind": "assessment", "value": "urn:instructure:canvas:assignment:21070000000000355"},
                    {"kind": "course", "value": "urn:instructure:canvas:course:21070000000000565"},
                ],
                "event_id": "urn:uuid:319f0132-0584-4efd-9489-4959b7101731",
                "event_type": "GradeEvent/Graded",
                "occurred_at": "2019-11-01T19:11:05.222000Z",
                "raw": 5,
                "max": 1,
                "attempt": "urn:instructure:canvas:submission:21070000000011086",
                "asserted_by": {"kind": "lms-id", "value": "21070000000000987"},
                "flags": ["the score is above the maximum"],
            }
        ],
        "answer": {"status": 200},
        "unread": [],
    }


def test_numbers_are_told_as_they_were_sent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    event = {
        "type": "quiz.graded",
        "timestamp": "2031-01-01T00:00:00Z",
        "data": {"learner": {"id": "7"}, "assessment": {"id": "q"}, "result": {"raw": 0, "max": 1}},
    }
    text = json.dumps(event).replace('"raw": 0', '"raw": 12345678901234567890.1234567890')
    (tmp_path / "event.json").write_text(text)
    main(["source", "try", "generic", str(tmp_path / "event.json"), "--json"])
    out = capsys.readouterr().out
    assert '"raw": 12345678901234567890.1234567890' in out
    assert "its time is in the future" in json.loads(out)["observations"][0]["flags"]


def test_what_is_none_of_the_dialect(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "other").write_text("<xml/>")
    code = main(["source", "try", "caliper", str(tmp_path / "other"), "--json"])
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert code == 1
    assert (told["observations"], told["answer"]) == ([], {"status": 400})
    assert told["unread"][0]["place"] == ""
    assert "is not a message of the dialect caliper" in captured.err


def test_several_files_are_told_as_a_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "other").write_text("{}")
    good = str(shared_path("payloads/canvas/user_created.json"))
    code, told = tried(capsys, "canvas", good, str(tmp_path / "other"))
    assert (code, [len(one["observations"]) for one in told]) == (1, [1, 0])


def test_a_message_is_read_from_standard_input() -> None:
    code = (
        "from credserv.processes.start import main; raise SystemExit(main(['source', 'try', 'canvas', '-']))"
    )
    given = shared_path("payloads/canvas/user_created.json").read_bytes()
    run = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, check=True)
    assert b"-: 1 observation" in run.stdout


def test_people_read_it_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            ["source", "try", "moodle", str(shared_path("payloads/moodle/logstore-badge_awarded.event.json"))]
        )
        == 0
    )
    out = capsys.readouterr().out
    assert "1 observation" in out
    assert "completed    badge 1, in course 2" in out
    assert "learner      lms-id 1" in out


def test_a_faulty_statement_is_said_to_be_refused_unless_the_source_is_lenient(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    statement = {
        "actor": {"mbox": "mailto:pat@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.example.org/c"},
        "result": {"duration": "an hour"},
    }
    sent, options = tmp_path / "sent.json", tmp_path / "options.json"
    sent.write_text(json.dumps(statement))
    options.write_text('{"lenient": true}')
    main(["source", "try", "xapi", str(sent)])
    assert "refused whole (400)" in capsys.readouterr().out
    main(["source", "try", "xapi", str(sent), "--options", str(options)])
    assert "refused whole" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [[], ["canvas"], ["nothing", __file__], ["canvas", "/no/such/file"], ["canvas", __file__, "--what"]],
)
def test_wrong_use(arguments: list[str]) -> None:
    assert main(["source", "try", *arguments]) == 2


def test_the_web_and_the_database_are_not_imported() -> None:
    """So that it begins at once."""
    code = (
        "import sys; from credserv.processes.start import main; main(['source', 'try', '--help']);"
        "print([name for name in ('flask', 'sqlalchemy', 'cryptography', 'joserfc') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
