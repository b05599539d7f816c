"""Compiles the modules of tests as pytest does, on all cores: `python -m tests.testkit.rewritten`.

Else each of pytest's processes does it all for itself, which takes as long as to import everything. pytest
has no door for it: where its own functions are others than these, or a file cannot be compiled, it is left to
pytest, which says what is wrong.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

from _pytest.assertion import rewrite

TESTS = Path(__file__).resolve().parents[1]


def compile_test(path: Path) -> None:
    """As pytest keeps it beside the module, unless it is there."""
    with suppress(Exception):
        folder = rewrite.get_cache_dir(path)
        kept = folder / (path.name[:-3] + rewrite.PYC_TAIL)
        if rewrite._read_pyc(path, kept) is not None:
            return
        source_hash, code = rewrite._rewrite_test(path, None)  # type: ignore[arg-type]  # for a hook that is off
        folder.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        with part.open("wb") as file:
            rewrite._write_pyc_fp(file, source_hash, code)
        part.replace(kept)


def main() -> None:
    modules = [path for path in TESTS.rglob("*.py") if path.name.startswith(("test_", "conftest"))]
    modules = [path for path in modules if {"node_modules", ".venv"}.isdisjoint(path.parts)]
    with ProcessPoolExecutor() as pool:
        list(pool.map(compile_test, sorted(modules), chunksize=8))


if __name__ == "__main__":
    main()
