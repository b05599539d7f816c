"""The files of a release, made from what is committed, alone and the same each time."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

SUMS = "SHA256SUMS"
SBOM = "sbom.cdx.json"
LOCKS = ("requirements.txt", "requirements-dev.txt")
_BUILD = "import sys, hatchling.build as build; print(getattr(build, sys.argv[1])(sys.argv[2]))"


class ReleaseError(Exception):
    """Why no release can be made, or why what is there is none: a sentence for whoever asked."""


@dataclass(frozen=True)
class Commit:
    """What is built. digest: git's, in hexadecimal digits. at: when it was committed."""

    digest: str
    at: datetime


def head_of(root: Path) -> Commit:
    """What is committed last. Raises ReleaseError where something is not committed."""
    changed = _git(root, "status", "--porcelain")
    if changed:
        raise ReleaseError(f"commit first, for only that is released: {changed.decode().splitlines()[0]}")
    digest, seconds = _git(root, "log", "-1", "--format=%H %ct").decode().split()
    return Commit(digest, datetime.fromtimestamp(int(seconds), UTC))


def build(root: Path, commit: Commit, folder: Path) -> tuple[Path, ...]:
    """Wheel, sdist and SBOM of a commit, made in `folder`; the same bytes whenever and wherever it is done.

    Raises ReleaseError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="credserv-release-") as name:
        source = Path(name)
        with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", commit.digest))) as archive:
            archive.extractall(source, filter="data")
        made = [_made_by_backend(kind, source, folder, commit) for kind in ("build_wheel", "build_sdist")]
        return (*made, _sbom(source, folder))


def digests(paths: tuple[Path, ...]) -> dict[str, str]:
    """SHA-256 in hexadecimal digits, by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(paths)}


def locked(root: Path, commit: Commit) -> dict[str, str]:
    """The lists that hold every package by its hash, with their own."""
    texts = {name: _git(root, "show", f"{commit.digest}:{name}") for name in LOCKS}
    return {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}


def sums(found: dict[str, str]) -> str:
    """As `sha256sum` writes them."""
    return "".join(f"{digest}  {name}\n" for name, digest in found.items())


def _made_by_backend(kind: str, source: Path, folder: Path, commit: Commit) -> Path:
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(int(commit.at.timestamp()))}
    command = [sys.executable, "-c", _BUILD, kind, str(folder.resolve())]
    return folder / _run(command, source, environ).decode().strip().splitlines()[-1]


def _sbom(source: Path, folder: Path) -> Path:
    """As `./dev sbom`."""
    target = folder.resolve() / SBOM
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "requirements.txt"]
    command += ["--pyproject", "pyproject.toml", "--output-reproducible", "--spec-version", "1.6"]
    _run([*command, "--output-format", "JSON", "--output-file", str(target)], source)
    return folder / SBOM


def _git(root: Path, *arguments: str) -> bytes:
    return _run(["git", "-C", str(root), *arguments], root)


def _run(command: list[str], folder: Path, environ: dict[str, str] | None = None) -> bytes:
    ran = subprocess.run(command, cwd=folder, env=environ, capture_output=True)
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines() or ["nothing was said"]
        raise ReleaseError(f"{command[0]} failed: {said[-1]}")
    return ran.stdout
