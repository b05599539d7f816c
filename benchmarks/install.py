"""The peers' packages: those of npm beside their scripts, those of PyPI in an environment of their own.

Each is installed once for its list of packages. What cannot be had is told and left out, but for the peers
that the targets are about, without which there is nothing to compare.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import NODE_STACKS, PEERS_PYTHON, ROOT, npm

REQUIREMENTS = ROOT / "benchmarks" / "requirements.txt"
OPTIONAL = ROOT / "benchmarks" / "requirements-optional.txt"
_ENVIRONMENT = PEERS_PYTHON.parents[1]
_SECONDS = 600


class InstallError(Exception):
    """What could not be installed, with the last words of the one who tried."""


def install_peers() -> tuple[str, ...]:
    """Returns what was not to be had. Raises InstallError."""
    _install_node()
    _install_python()
    try:
        _install_list(OPTIONAL)
    except InstallError as error:
        return (str(error),)
    return ()


def _install_node() -> None:
    packages = NODE_STACKS / "package.json"
    stamp = NODE_STACKS / "node_modules" / ".installed"
    if _is_current(stamp, packages):
        return
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    _run([*npm(), "install", *options], "the packages of npm", NODE_STACKS)
    _remember(stamp, packages)


def _install_python() -> None:
    if not PEERS_PYTHON.exists():
        _run(_uv("venv", "--python", sys.executable, str(_ENVIRONMENT)), "the environment of the peers")
    _install_list(REQUIREMENTS)


def _install_list(path: Path) -> None:
    stamp = _ENVIRONMENT / f"installed-{path.name}"
    if _is_current(stamp, path):
        return
    # Not by our own bounds (pyproject.toml, tool.uv), which have no hashes.
    options = ["--no-config", "--python", str(PEERS_PYTHON), "--no-deps", "--require-hashes"]
    options += ["--only-binary", ":all:"]
    _run(_uv("pip", "install", *options, "-r", str(path)), f"the packages of {path.name}")
    _remember(stamp, path)


def _uv(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "uv", "--quiet", *arguments]


def _run(command: Sequence[str], what: str, folder: Path = ROOT) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InstallError(f"{what} could not be installed within {_SECONDS} seconds") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InstallError(f"{what} could not be installed: {said[:300]}")


def _is_current(stamp: Path, listed: Path) -> bool:
    return stamp.exists() and stamp.read_text() == _digest(listed)


def _remember(stamp: Path, listed: Path) -> None:
    stamp.write_text(_digest(listed))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
