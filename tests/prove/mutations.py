"""Single changes of a module's code, each of which some test ought to notice.

A change is found and made in the syntax tree, so that it always compiles. What is only told to people (texts
of errors, lines of logs) and the figures of limits (constants of a module) are left alone: they are choices,
which a test would only repeat.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

Made = Callable[[ast.AST], ast.AST | None]  # what stands in its place; None takes a statement out

_SWAPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_TOLD = {"logger", "logging", "warnings"}


@dataclass(frozen=True)
class Mutant:
    """module: dotted. number: which of its module. line: where it is. what: in words. code: the line.
    is_loaded: whether it is run as the module is loaded, not in a function."""

    module: str
    number: int
    line: int
    what: str
    code: str
    is_loaded: bool

    @property
    def key(self) -> str:
        """The same as long as the line and its neighbours of the same text stay as they are."""
        return f"{self.module}: {self.code} [{self.what}]"


def find_mutants(module: str, path: Path) -> tuple[Mutant, ...]:
    """Every change of one module, in the order of its code."""
    source = path.read_text()
    lines = source.splitlines()
    return tuple(
        # A condition runs in its own first line, which may come after its `if (`.
        Mutant(
            module,
            number,
            getattr(node, "test", node).lineno,
            what,
            lines[node.lineno - 1].strip(),
            is_loaded,
        )
        for number, (node, what, _, is_loaded) in enumerate(_changes(ast.parse(source)))
    )


def mutate(path: Path, number: int) -> ast.Module:
    """The tree of a module with one change made."""
    tree = ast.parse(path.read_text())
    node, _, make, _ = next(islice(_changes(tree), number, None))
    return ast.fix_missing_locations(_Put(node, make).visit(tree))


class _Put(ast.NodeTransformer):
    def __init__(self, node: ast.AST, make: Made) -> None:
        self._node, self._make = node, make

    def visit(self, node: ast.AST) -> ast.AST:
        if node is not self._node:
            return self.generic_visit(node)
        made = self._make(copy.deepcopy(node))
        return ast.copy_location(made or ast.Pass(), node)


def _changes(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str, Made, bool]]:
    for node, is_loaded in _nodes(tree):
        for what, make in _of(node):
            yield node, what, make, is_loaded


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, bool]]:
    """What is run and not told, and whether that is as the module is loaded: not types, decorators,
    docstrings, texts of errors, figures of limits."""
    waiting: list[tuple[ast.AST, bool]] = [(node, True) for node in reversed(tree.body)]
    while waiting:
        node, is_loaded = waiting.pop()
        if isinstance(node, ast.expr | ast.stmt):
            yield node, is_loaded
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for part in reversed(list(_parts(node))):
            waiting.append((part, is_loaded and not (is_function and not isinstance(part, ast.arguments))))


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("defaults", "kw_defaults"):
            yield from (part for part in value if part is not None and not _is_figure(part))
            continue
        if name in ("annotation", "returns", "decorator_list", "bases", "type_params", "exc", "cause", "msg"):
            continue
        if name == "value" and _is_limit(node):
            continue
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and _is_told(node.value)):
            return
        if isinstance(node, ast.If) and _is_for_types(node):
            return
        values = value if isinstance(value, list) else [value]
        yield from (part for part in values if isinstance(part, ast.AST))


def _is_limit(node: ast.AST) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    named = [name for one in targets for name in (one.elts if isinstance(one, ast.Tuple) else [one])]
    return all(isinstance(one, ast.Name) and one.id.isupper() for one in named)


def _is_figure(value: ast.expr) -> bool:
    """A default of an argument that is a number, and neither none nor one."""
    return isinstance(value, ast.Constant) and isinstance(value.value, int) and value.value not in (0, 1)


def _is_told(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return True
    called = value.func if isinstance(value, ast.Call) else None
    return (
        isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in _TOLD
    )


def _is_for_types(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _of(node: ast.AST) -> Iterator[tuple[str, Made]]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _SWAPS:
            other = _SWAPS[type(op)]
            yield f"{type(op).__name__} is {other.__name__}", _set("ops", lambda _: [other()])
        case ast.BoolOp(op=op, values=values):
            flipped = ast.Or if isinstance(op, ast.And) else ast.And
            yield f"{type(op).__name__} is {flipped.__name__}", _set("op", lambda _: flipped())
            for at in range(len(values)):
                yield f"without operand {at + 1}", _without(at)
        case ast.UnaryOp(op=ast.Not()):
            yield "without not", lambda made: made.operand  # type: ignore[attr-defined]
        case ast.If() | ast.IfExp() | ast.While() if not _is_for_types(node):  # type: ignore[arg-type]
            yield "never", _set("test", lambda _: ast.Constant(False))
            if not isinstance(node, ast.While):
                yield "always", _set("test", lambda _: ast.Constant(True))
        case ast.Constant(value=bool(value)):
            yield f"{value} is {not value}", _set("value", lambda was: not was)
        case ast.Constant(value=int(value)):
            yield f"{value} is {value + 1}", _set("value", lambda was: was + 1)
        case ast.Return(value=value) if value is not None and not _is_none_or_false(value):
            yield "returns None", _set("value", lambda _: ast.Constant(None))
        case ast.Raise():
            yield "without raise", lambda _: None
        case ast.Expr(value=ast.Call()) if not _is_told(node.value):
            yield "without call", lambda _: None
        case ast.BinOp(op=ast.Add()):
            yield "+ is -", _set("op", lambda _: ast.Sub())
        case ast.BinOp(op=ast.Sub()):
            yield "- is +", _set("op", lambda _: ast.Add())
        case ast.Continue():
            yield "continue is break", lambda _: ast.Break()
        case ast.Break():
            yield "break is continue", lambda _: ast.Continue()
        case _:
            return


def _is_none_or_false(value: ast.expr) -> bool:
    """Who asks a question takes None for a no; that False is changed to True besides."""
    return isinstance(value, ast.Constant) and (value.value is None or value.value is False)


def _set(name: str, change: Callable[[object], object]) -> Made:
    def make(node: ast.AST) -> ast.AST:
        setattr(node, name, change(getattr(node, name)))
        return node

    return make


def _without(at: int) -> Made:
    def make(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.BoolOp)
        rest = [value for number, value in enumerate(node.values) if number != at]
        return rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)

    return make
