"""Run by `mutants.py`, in a process of its own: some tests, with one module changed as it is loaded.

What the service stands on is imported once; then, for each line of standard input, {module, path, number,
tests}, a fork of this process runs the tests, and how pytest ended is written to standard output. number None
changes nothing. Nothing of the service is imported before a fork, or it could not be changed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.prove.mutations import mutate

# `tests` itself has imported what pytest would have rewritten.
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore:Module already imported")
BEFORE = (
    "AntiSSRF", "PIL.Image", "alembic", "cryptography.x509.verification", "flask", "jinja2", "joserfc",
    "jsonschema", "lxml.etree", "psycopg", "pyld", "requests", "sqlalchemy",
)  # fmt: skip


class _Changed(MetaPathFinder, SourceFileLoader):
    """Finds one module, and loads its mutant."""

    def __init__(self, module: str, path: str, number: int) -> None:
        super().__init__(module, path)
        self._number = number

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(mutate(Path(self.path), self._number), self.path, "exec")


def main() -> None:
    for name in BEFORE:
        import_module(name)
    assert not any(name.partition(".")[0] == "credserv" for name in sys.modules)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_run(line))
        _, ended = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


def _run(line: str) -> int:
    asked = json.loads(line)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    if asked["number"] is not None:
        sys.meta_path.insert(0, _Changed(asked["module"], asked["path"], asked["number"]))
    return int(pytest.main([*OPTIONS, *asked["tests"]]))


if __name__ == "__main__":
    main()
