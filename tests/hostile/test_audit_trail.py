"""The audit trail shows that somebody changed it (found.md F14)."""

from __future__ import annotations

import os
import pwd
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from credserv.ground.accounts import within_account
from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.operate.audit import format_head, judge_trail, newest_lines, seal_trail
from credserv.journeys.operate.trail import read_trail
from credserv.journeys.services import Services
from credserv.processes.cli import main
from credserv.records.audit import Action, AuditRecord, ChainFault
from tests.testkit.service import NOW, Service

LINES = 5


@pytest.fixture
def services(service: Service) -> Services:
    for number in range(LINES):
        _add(service.services, number)
    seal_trail(service.services)
    assert judge_trail(service.services).fault is None
    return service.services


def _add(services: Services, number: int, at: datetime = NOW) -> None:
    detail = {"n": number, "why": "\u00e4\u2028", "inner": [None, True, {"x": 0.5}]}
    services.store.audit.add(AuditRecord(at, f"person:{number}", "tried", f"thing-{number}", detail))


def _run(services: Services, statement: str) -> None:
    with services.store._database.writing() as connection:
        assert connection.execute(text(statement)).rowcount


def _fault(services: Services, head: str | None = None) -> ChainFault:
    fault = judge_trail(services, head).fault
    assert fault is not None
    return fault


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody else'",
        "action = 'not-tried'",
        "subject = 'thing-9'",
        "detail = '{}'",
        "at = '2020-01-01 00:00:00+00'",
        "at = '2026-03-14 09:26:53.000001+00'",
    ],
)
def test_f14_a_line_that_was_changed_is_found(services: Services, change: str) -> None:
    if services.store._database.engine.dialect.name == "sqlite":
        change = change.replace("+00", ".000000" if "." not in change else "")
    _run(services, f"UPDATE audit_lines SET {change} WHERE subject = 'thing-2'")
    assert _fault(services).what == "the line was changed after it was sealed"


def test_f14_a_line_that_was_removed_is_found(services: Services) -> None:
    _run(services, "DELETE FROM audit_lines WHERE subject = 'thing-2'")
    assert _fault(services).what == "the line was removed"


def test_f14_a_line_that_was_removed_with_its_seal_is_found(services: Services) -> None:
    _run(
        services,
        "DELETE FROM audit_seals WHERE line_id = (SELECT id FROM audit_lines WHERE subject = 'thing-2')",
    )
    _run(services, "DELETE FROM audit_lines WHERE subject = 'thing-2'")
    assert _fault(services).what == "a seal before this line is missing"


def test_f14_an_end_that_was_cut_off_is_found_by_a_head_kept_elsewhere(services: Services) -> None:
    head = format_head(services)
    assert judge_trail(services, head).fault is None
    last = "(SELECT max(position) FROM (SELECT position FROM audit_seals) AS known)"
    _run(
        services,
        f"DELETE FROM audit_lines WHERE id = (SELECT line_id FROM audit_seals WHERE position = {last})",
    )
    _run(services, f"DELETE FROM audit_seals WHERE position = {last}")
    assert judge_trail(services).fault is None  # nothing here can tell
    assert _fault(services, head).what == "the trail ends before the head that was kept"
    _add(services, 99)
    assert _fault(services, head).what == "the trail is not the one that the kept head was made of"


def test_lines_that_come_later_go_on_from_the_same_head(services: Services) -> None:
    head = format_head(services)
    for number in range(3):
        _add(services, number)
    assert judge_trail(services, head).fault is None
    assert format_head(services) != head


def test_many_sealers_make_one_chain(services: Services) -> None:
    def work(number: int) -> None:
        for step in range(10):
            _add(services, 100 * number + step)
            seal_trail(services)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    report = judge_trail(services)
    assert report.fault is None
    assert report.head is not None
    assert report.head.position == len(list(newest_lines(services)))


def test_a_head_that_is_none_and_a_trail_without_one_are_told(services: Services) -> None:
    for wrong in ("", "1", f"0:{'a' * 64}", f"1:{'g' * 64}"):
        with pytest.raises(InputError, match="POSITION:SHA256"):
            judge_trail(services, wrong)
    _run(services, "DELETE FROM audit_seals")
    _run(services, "DELETE FROM audit_lines")
    with pytest.raises(NotFoundError):
        format_head(services)


def test_the_commands_tell_it(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--data", str(tmp_path / "data")]
    assert main(["init", *folder]) == 0
    assert main(["console-link", *folder]) == 0
    assert main(["api-key", "create", "Importer", "--scope", "credentials:read", *folder]) == 0
    capsys.readouterr()
    assert main(["audit", "head", *folder]) == 0
    head = capsys.readouterr().out.strip()
    assert main(["audit", "verify", "--head", head, *folder]) == 0
    assert "is unchanged" in capsys.readouterr().out
    assert main(["audit", "list", *folder]) == 0
    assert "WHO" in capsys.readouterr().out
    assert main(["audit", "export", *folder]) == 0
    assert capsys.readouterr().out.startswith("{")
    assert main(["audit", "verify", "--head", f"1:{'0' * 64}", *folder]) == 1
    assert "was changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sudo_user", "named"),
    [("alice", "alice"), ("", pwd.getpwuid(os.getuid()).pw_name), ("a b\n", str(os.getuid()))],
)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root is somebody else's account: run the tests as root")
def test_f14_a_command_is_by_the_account_that_ran_it(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    sudo_user: str,
    named: str,
) -> None:
    monkeypatch.setenv("SUDO_USER", sudo_user)
    given = ("--data", str(tmp_path / "data"))
    assert main(["init", *given]) == 0
    assert main(["source", "create", "lms", *given]) == 0
    assert main(["api-key", "create", "hr", "--scope", "credentials:read", *given]) == 0
    capsys.readouterr()
    assert main(["audit", "list", *given]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert {(who, what) for _, who, what, *_ in lines} >= {
        (f"cli:{named}", Action.SOURCE_CREATED.value),
        (f"cli:{named}", Action.API_KEY_CREATED.value),
    }


def test_f14_the_console_names_the_account_of_a_command(service: Service) -> None:
    with within_account("alice"):
        service.services.store.audit.add(AuditRecord(NOW, "cli", Action.KEY_RETIRED, "key"))
    (line,) = read_trail(service.services, before=None, limit=1).lines
    assert line.who == "a command on the server, run by alice"
    assert line.line.actor == "cli:alice"
