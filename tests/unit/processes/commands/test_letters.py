"""`credserv letters queue`: letters for what was awarded before there was a mail server."""

from __future__ import annotations

from pathlib import Path

import pytest

from credserv.processes.cli import main


def test_letters_are_queued_once_there_is_a_mail_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tmp_path / "installation")
    assert main(["init", "--data", folder]) == 0
    command = ["letters", "queue", "--since", "2026-11-01", "--data", folder]
    assert main(command) != 0
    assert "there is no mail server" in capsys.readouterr().err
    monkeypatch.setenv("CREDSERV_SMTP_URL", "smtp://localhost:2525")
    monkeypatch.setenv("CREDSERV_MAIL_FROM", "badges@academy.example")
    assert main(command) == 0
    assert "Queued 0 letters." in capsys.readouterr().out
