"""Installations that are ready: made once in a test process, then copied for each service.

Making keys, issuer, achievements and a source anew costs ten times as much as their copy. No two services
that live at once are copies of the same one, so that each has a key of its own, as in the world.
"""

from __future__ import annotations

import filecmp
import itertools
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from credserv.store.store import open_store

SECRET_KEY = b"a secret key for tests, 32 bytes or more"


def migrate(url: str) -> None:
    store = open_store(url, secret_key=SECRET_KEY)
    try:
        store.migrate()
    finally:
        store.close()


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Goes away with the process."""
    return tempfile.TemporaryDirectory(prefix="credserv-ready-")


def new_folder() -> Path:
    return Path(tempfile.mkdtemp(dir=_folder().name))


@cache
def migrated_sqlite() -> Path:
    """A migrated SQLite file, to be copied."""
    path = Path(_folder().name) / "migrated.sqlite"
    migrate(f"sqlite:///{path}")
    return path


def is_untouched(path: Path) -> bool:
    """Whether nothing was done yet with a copy of the migrated file, or there is no file."""
    return not path.exists() or filecmp.cmp(path, migrated_sqlite(), shallow=False)


@dataclass(frozen=True)
class Copy:
    """One ready installation. said: what its maker returned, such as a secret that only it knows."""

    kind: Hashable
    number: int
    folder: Path
    said: str


class ReadyInstallations:
    """Ready ones of several kinds, each as often as services of that kind live at once."""

    def __init__(self) -> None:
        self._made: dict[tuple[Hashable, int], Copy] = {}
        self._taken: dict[Hashable, set[int]] = defaultdict(set)

    def take(self, kind: Hashable, make: Callable[[Path], str]) -> Copy:
        """The first of a kind that no living service has; `make` fills a new folder where there is none."""
        number = next(number for number in itertools.count() if number not in self._taken[kind])
        self._taken[kind].add(number)
        if (kind, number) not in self._made:
            folder = new_folder()
            self._made[kind, number] = Copy(kind, number, folder, make(folder))
        return self._made[kind, number]

    def give_back(self, copy: Copy) -> None:
        self._taken[copy.kind].discard(copy.number)


def copy_into(source: Path, target: Path) -> None:
    """All files of a folder, with their modes, into another that may be there already."""
    shutil.copytree(source, target, dirs_exist_ok=True)
