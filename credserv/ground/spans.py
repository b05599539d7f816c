"""Where work is told that an operator wants to see as a trace. Nothing is kept here: a process that sends
traces leads them to where they go (`app/traces.py`), in any other they go nowhere, for the price of one `if`.

Attributes have few values, all of our own making: never a name, an address, an id.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Attributes = dict[str, str | int]
Tell = Callable[[str, Attributes], None]  # another name for the work, and what came to be known about it

_NOTHING = nullcontext()


class Tracer(Protocol):
    """traceparent: of W3C Trace Context, "" for none (https://www.w3.org/TR/trace-context/, section 3.2)."""

    def request(self, traceparent: str) -> AbstractContextManager[Tell]:
        """One that is served, for a caller who may have sent a traceparent."""
        ...

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[None]: ...

    def statement(self, word: str, system: str) -> AbstractContextManager[None]:
        """One that a database runs, as a part of other work; else nothing."""
        ...

    def within(self, traceparent: str) -> AbstractContextManager[None]:
        """What is done inside belongs to work that began elsewhere."""
        ...

    def traceparent(self) -> str:
        """What work elsewhere has to be given to belong to this one."""
        ...


_TRACERS: list[Tracer] = []


def trace_with(tracer: Tracer | None) -> None:
    """From now on what this process does goes there, and nowhere else."""
    _TRACERS[:] = [tracer] if tracer else []


def tracer() -> Tracer | None:
    return _TRACERS[0] if _TRACERS else None


def span(name: str, **attributes: str | int) -> AbstractContextManager[None]:
    """What is done inside, as a part of the work around it."""
    return _TRACERS[0].span(name, attributes) if _TRACERS else _NOTHING


def within_trace(traceparent: str) -> AbstractContextManager[None]:
    return _TRACERS[0].within(traceparent) if _TRACERS and traceparent else _NOTHING


def traceparent() -> str:
    return _TRACERS[0].traceparent() if _TRACERS else ""
