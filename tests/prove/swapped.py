"""A change of the code put into functions that are loaded already, so that nothing is loaded anew for it."""

from __future__ import annotations

import gc
import inspect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

from tests.prove.mutations import mutate

Changes = list[tuple[CodeType, CodeType]]  # what was, what stands in its place


def changed_functions(path: Path, number: int) -> Changes | None:
    """The code of the functions that one change of a module is in; None where it is run as the module is
    loaded, or where a function would have other variables of those around it."""
    changes = _changes(_compiled(path), compile(mutate(path, number), str(path), "exec"))
    if changes is None or any(old.co_freevars != new.co_freevars for old, new in changes):
        return None
    return changes


@cache
def _compiled(path: Path) -> CodeType:
    return compile(path.read_text(), str(path), "exec")


def _changes(before: CodeType, after: CodeType) -> Changes | None:
    if _is_function(before):
        here = [(before, after)]
        return here + [change for pair in _inner(before, after) for change in _within(*pair)]
    if _own(before) != _own(after):
        return None
    changes: Changes = []
    for pair in _inner(before, after):
        if pair[0] != pair[1]:
            found = _changes(*pair)
            if found is None:
                return None
            changes += found
    return changes


def _within(before: CodeType, after: CodeType) -> Changes:
    """Functions that a function makes: some were made as modules were loaded, decorators among them."""
    if before == after:
        return []
    return [(before, after), *(change for pair in _inner(before, after) for change in _within(*pair))]


def _inner(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    codes = ([one for one in code.co_consts if isinstance(one, CodeType)] for code in (before, after))
    return zip(*codes, strict=False)


def _is_function(code: CodeType) -> bool:
    """And no module, body of a class or loop within one, which have run."""
    runs_at_once = code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
    return bool(code.co_flags & inspect.CO_OPTIMIZED) and not runs_at_once


def _own(code: CodeType) -> tuple[object, ...]:
    constants = [repr(one) for one in code.co_consts if not isinstance(one, CodeType)]
    return code.co_code, constants, code.co_names, code.co_varnames


class Loaded:
    """The functions that are loaded from one folder, by their code."""

    def __init__(self, folder: Path) -> None:
        self._functions: dict[object, list[FunctionType]] = defaultdict(list)
        gc.unfreeze()
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(str(folder)):
                self._functions[_name(one.__code__)].append(one)
        gc.freeze()

    def swap(self, changes: Sequence[tuple[CodeType, CodeType]]) -> None:
        for before, after in changes:
            for function in self._functions[_name(before)]:
                function.__code__ = after


def _name(code: CodeType) -> tuple[object, ...]:
    return code.co_filename, code.co_qualname, code.co_firstlineno, code.co_code
