"""The release before this one: the code as git has it just before the newest migration came.

An operator who upgraded goes back to it, with the copy that was made before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from credserv.store import schema
from tests.testkit.processes import ROOT

HOW_TO_GET_IT = "the history is not here, so neither is the release before: `git fetch --unshallow` brings it"


def release_before(folder: Path) -> Path:
    """Its code, in a folder below `folder` that is there already or made. Skips the test where git does not
    have it."""
    script = ScriptDirectory.from_config(schema.alembic_config())
    newest = Path(script.get_revision("head").path).relative_to(ROOT)
    added = _git("log", "--diff-filter=A", "--format=%H", "-1", "--", str(newest)).decode().strip()
    commit = _git("rev-parse", f"{added}^" if added else "HEAD").decode().strip()
    release = folder / commit
    if not release.is_dir():
        archive = _git("archive", commit, "credserv", "schemas", "docs")
        fresh = Path(tempfile.mkdtemp(dir=folder))
        subprocess.run(["tar", "-x", "-C", fresh], input=archive, check=True)
        fresh.rename(release)
    return release


def kept_between_runs(config: pytest.Config, otherwise: Path) -> Path:
    """A folder in which Python finds again what it compiled."""
    cache = config.cache
    return otherwise if cache is None else cache.mkdir("release-before")


def run_before(release: Path, arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> bytes:
    """What that release's Python prints. arguments: of `python`. environ: beside that of this process, in
    which there are no settings."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=release,
        env=environ_before(environ or {}),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


def environ_before(environ: Mapping[str, str]) -> dict[str, str]:
    """So that no module of this checkout is found before those of the release."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}
    return {**own, **environ, "PYTHONPATH": ""}


def _git(*arguments: str) -> bytes:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(HOW_TO_GET_IT)
