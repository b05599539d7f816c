"""The demonstration as a stranger starts it: real processes, the printed curl, Ctrl-C, a second start."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.testkit.bounds import HANGS_AFTER

ROOT = Path(__file__).resolve().parents[3]
READY_SECONDS = 120
END_SECONDS = 30


@dataclass
class RunningDemo:
    process: subprocess.Popen[str]
    port: int
    said: str  # all that it printed until it was ready

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def curl(self) -> list[str]:
        line = next(line for line in self.said.splitlines() if line.startswith("curl "))
        return shlex.split(line)

    def find(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found, f"{pattern!r} is not in what the demo said:\n{self.said}"
        return found[0]

    def children(self) -> list[int]:
        return descendants(self.process.pid)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(END_SECONDS)


def descendants(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    children = [int(child) for child in path.read_text().split()] if path.exists() else []
    return [*children, *(below for child in children for below in descendants(child))]


def lives(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pids: list[int], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(map(lives, pids)):
        time.sleep(0.1)
    return [pid for pid in pids if lives(pid)]


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "credserv", "demo", "--data", str(folder), *options]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}


def start(folder: Path, *options: str) -> RunningDemo:
    process = subprocess.Popen(
        command(folder, *options),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("curl "):
            break
    else:
        log = folder / "demo.log"
        pytest.fail(
            f"the demo ended with {process.wait()}:\n{said}\n{log.read_text() if log.exists() else ''}"
        )
    port = re.search(r"http://localhost:(\d+)", said)
    assert port
    return RunningDemo(process, int(port[1]), said)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    running = start(folder, "--port", str(free_port()))
    yield running
    running.process.kill()
    running.process.wait()
    assert running.process.stdout is not None
    running.process.stdout.close()


def get(url: str, accept: str = "*/*") -> bytes:
    with urllib.request.urlopen(
        urllib.request.Request(url, headers={"Accept": accept}), timeout=HANGS_AFTER
    ) as response:
        return bytes(response.read())


def run_curl(words: list[str]) -> dict[str, str]:
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, str] = json.loads(ran.stdout)
    return answer


def credserv(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "credserv", *arguments, "--data", str(folder)]
    return subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60)


def test_it_prints_what_a_stranger_needs(demo: RunningDemo) -> None:
    demo.find(r"did:key:z6Mk\w+")
    demo.find(r"SHA256:[0-9a-f]{64}")
    assert b"<html" in get(demo.find(r"http://localhost:\d+/verify"))
    assert b"<html" in get(demo.find(r"http://localhost:\d+/console/open/\S+"))


def test_its_secrets_and_keys_are_its_owners_alone(demo: RunningDemo, folder: Path) -> None:
    for path in (folder / "secret_key", folder / "key_passphrase", *(folder / "keys").glob("*.pem")):
        assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_printed_curl_gives_a_badge_that_verifies(
    demo: RunningDemo, folder: Path, tmp_path: Path
) -> None:
    first = run_curl(demo.curl())
    assert first["credential"].startswith(f"{demo.url}/credentials/")
    assert run_curl(demo.curl()) == first
    badge = tmp_path / "badge.json"
    badge.write_bytes(get(first["credential"], "application/vc"))
    assert json.loads(badge.read_bytes())["id"] == first["credential"]
    verified = credserv(folder, "verify", str(badge), "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    request = urllib.request.Request(
        f"{demo.url}/api/v1/verify", badge.read_bytes(), {"Content-Type": "application/vc+ld+json"}
    )
    with urllib.request.urlopen(request, timeout=HANGS_AFTER) as response:
        assert json.load(response)["verdict"] == "verified"


def test_another_curl_is_another_badge(demo: RunningDemo, folder: Path) -> None:
    told = shlex.split(demo.find(r"credserv curl --data [^`]+"))
    assert told[-1] == str(folder), "the command that it prints knows the folder"
    printed = credserv(folder, "curl", "--email", "sam@example.org")
    assert printed.returncode == 0, printed.stderr
    issued = run_curl(shlex.split(printed.stdout))
    assert issued["state"] == "issued"
    assert issued["credential"] != run_curl(demo.curl())["credential"]


def test_a_taken_port_is_one_clear_line(demo: RunningDemo, tmp_path: Path) -> None:
    ran = subprocess.run(
        command(tmp_path / "other", "--port", str(demo.port)),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1
    assert ran.stderr == f"credserv: Port {demo.port} is in use: to take another, give --port N\n"
    assert not (tmp_path / "other").exists()


def wait_ready(demo: RunningDemo, *, processes: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while status_of(f"{demo.url}/readyz") != 200 or len(demo.children()) < processes:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def status_of(url: str) -> int | None:
    """None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=HANGS_AFTER) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return None


def test_o4_a_hangup_replaces_the_processes_and_refuses_nobody(demo: RunningDemo) -> None:
    before = demo.children()
    demo.process.send_signal(signal.SIGHUP)
    deadline, seen = time.monotonic() + READY_SECONDS, set()
    while sum(map(lives, before)) > 1:  # gunicorn's own master stays
        seen.add(status_of(f"{demo.url}/healthz"))
        assert time.monotonic() < deadline
    assert seen == {200}
    assert demo.process.poll() is None
    wait_ready(demo, processes=len(before))


def test_o6_what_dies_is_started_again_and_while_the_web_cannot_start_everyone_hears_so_at_once(
    demo: RunningDemo, folder: Path
) -> None:
    """The key file is gone when the processes start again, at first."""
    (key,) = (folder / "keys").glob("*.pem")
    before = demo.children()
    hidden = key.rename(key.with_suffix(".hidden"))
    try:
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert wait_until_gone(before, HANGS_AFTER) == []
        deadline = time.monotonic() + READY_SECONDS
        while status_of(f"{demo.url}/readyz") != 503:
            assert time.monotonic() < deadline
    finally:
        hidden.rename(key)
    wait_ready(demo, processes=len(before))


def test_ctrl_c_ends_everything_and_a_second_start_carries_on(demo: RunningDemo, folder: Path) -> None:
    credential = run_curl(shlex.split(credserv(folder, "curl").stdout))["credential"]
    signed = get(credential, "application/vc")
    children = demo.children()
    assert len(children) >= 3  # gunicorn, its worker process, our worker
    assert demo.interrupt() == 0
    assert wait_until_gone(children, 1) == []
    again = start(folder)
    try:
        assert "First start" in demo.said
        assert "First start" not in again.said
        assert again.port == demo.port
        assert again.find(r"did:key:\w+") == demo.find(r"did:key:\w+")
        assert again.find(r"/console/open/\S+") != demo.find(r"/console/open/\S+")
        assert get(credential, "application/vc") == signed
    finally:
        children = again.children()
        again.process.kill()  # the supervisor dies without a word: on Linux the rest goes with it
        again.process.wait()
        assert again.process.stdout is not None
        again.process.stdout.close()
    assert wait_until_gone(children, END_SECONDS) == []
