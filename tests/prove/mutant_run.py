"""Run by `mutants.py`, in a process of its own: some tests, with one module changed as it is loaded.

Reads {module, path, number, tests} from standard input; number None changes nothing. Ends as pytest does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.prove.mutations import mutate

# `tests` itself has imported what pytest would have rewritten.
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore:Module already imported")


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


def main() -> int:
    asked = json.load(sys.stdin)
    if asked["number"] is not None:
        assert asked["module"] not in sys.modules
        sys.meta_path.insert(0, _Changed(asked["module"], asked["path"], asked["number"]))
    return int(pytest.main([*OPTIONS, *asked["tests"]]))


if __name__ == "__main__":
    sys.exit(main())
