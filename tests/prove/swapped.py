"""A change of the code put into functions that are loaded already, so that nothing is loaded anew for it."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import CodeType, FunctionType

from tests.prove.mutations import mutate

Changes = list[tuple[CodeType, CodeType]]  # what was, what stands in its place


def changed_functions(path: Path, number: int) -> Changes:
    """The code of the functions that a change is in which is not run as the module is loaded, and of those
    that they make: decorators were made as modules were loaded."""
    before = compile(path.read_text(), str(path), "exec")
    return list(_changes(before, compile(mutate(path, number), str(path), "exec")))


def can_be_swapped(path: Path, number: int) -> bool:
    """Whether a change leaves each function the variables of those around it, as many as it had: `super()` is
    one. Another number of them cannot be put into a function that is loaded."""
    return all(
        len(before.co_freevars) == len(after.co_freevars) for before, after in changed_functions(path, number)
    )


def _changes(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    if before == after:
        return
    yield before, after
    inner = ([one for one in code.co_consts if isinstance(one, CodeType)] for code in (before, after))
    for pair in zip(*inner, strict=False):
        yield from _changes(*pair)


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
                with suppress(ValueError):  # see `can_be_swapped`
                    function.__code__ = after


def _name(code: CodeType) -> tuple[object, ...]:
    return code.co_filename, code.co_qualname, code.co_firstlineno, code.co_code
