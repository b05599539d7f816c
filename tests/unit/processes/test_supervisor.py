"""The supervisor's own rules; what it does with real processes is in tests/journeys/operate/test_demo.py."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from credserv.ground.errors import SettingsError
from credserv.processes import supervisor
from credserv.processes.cli import main
from credserv.processes.notify import READY, notify
from credserv.processes.supervisor import _Child, open_listener

ROOT = Path(__file__).resolve().parents[3]


def test_a_process_that_keeps_dying_waits_longer_each_time() -> None:
    child = _Child("web", [], None)
    pauses = []
    for now in range(8):
        child.started = float(now)
        child.schedule(float(now))
        pauses.append(child.pause)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_process_that_ran_well_starts_again_at_once() -> None:
    child = _Child("web", [], None, pause=30.0)
    child.schedule(61.0)
    assert (child.pause, child.due) == (0.0, 61.0)


def test_an_address_of_another_machine_is_one_line() -> None:
    with pytest.raises(SettingsError, match=r"Cannot listen on 192\.0\.2\.1 port \d+: "):
        open_listener("192.0.2.1", 8080)


def test_who_cannot_be_told_keeps_nothing_from_running(caplog: pytest.LogCaptureFixture) -> None:
    """What is told, and when, is in tests/journeys/operate/test_deploy.py."""
    notify(READY, {})
    assert caplog.records == []
    notify(READY, {"NOTIFY_SOCKET": "/nowhere/notify"})
    assert "systemd was not told READY=1: No such file or directory" in caplog.text


def test_a_log_that_has_grown_large_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_LOG_BYTES", 4)
    for said in (b"first", b"second", b"third"):
        with supervisor._open_log(tmp_path / "demo.log") as file:
            assert file is not None
            file.write(said)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "demo.log": b"third",
        "demo.log.1": b"second",
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_listener_is_bound_and_can_be_handed_on(host: str) -> None:
    with open_listener(host, 0) as listener:
        assert listener.get_inheritable()
        with socket.create_connection(listener.getsockname()[:2]):
            pass


def test_a_service_that_cannot_start_ends_and_says_so(tmp_path: Path) -> None:
    """A wrong passphrase: the web does not come up, and there is no use in trying for ever."""
    folder = tmp_path / "data"
    assert main(["init", "--data", str(folder)]) == 0
    environ = {
        **os.environ,
        "CREDSERV_KEY_PASSPHRASE": "another passphrase altogether",
        "CREDSERV_PORT": str(_free_port()),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "credserv", "serve", "--data", str(folder)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 1
    assert "ended with code" in ran.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
