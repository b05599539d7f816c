"""The one place to report work that an operator wants to see as a trace.

Nothing is kept here. A process that sends traces directs them to `app/traces.py`; in any other they are
dropped, at the cost of one `if`.

Attributes have few values, all our own: never a name, an address or an id.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Attributes = dict[str, str | int]
Tell = Callable[[str, Attributes], None]  # rename the work, and add what became known about it

_NOTHING = nullcontext()


class Tracer(Protocol):
    """Sends traces. `traceparent` is of W3C Trace Context (https://www.w3.org/TR/trace-context/, section
    3.2); "" for none."""

    def request(self, traceparent: str) -> AbstractContextManager[Tell]:
        """Trace a request, whose caller may have sent a traceparent."""
        ...

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[None]: ...

    def statement(self, word: str, system: str) -> AbstractContextManager[None]:
        """Trace a database statement, as part of other work only."""
        ...

    def within(self, traceparent: str) -> AbstractContextManager[None]:
        """Attach the work inside to work that began elsewhere."""
        ...

    def traceparent(self) -> str:
        """Return what work elsewhere needs to be attached to this."""
        ...


_TRACERS: list[Tracer] = []


def trace_with(tracer: Tracer | None) -> None:
    """Send the traces of this process to `tracer` from now on, and nowhere else."""
    _TRACERS[:] = [tracer] if tracer else []


def tracer() -> Tracer | None:
    return _TRACERS[0] if _TRACERS else None


def span(name: str, **attributes: str | int) -> AbstractContextManager[None]:
    """Trace the work inside as part of the work around it."""
    return _TRACERS[0].span(name, attributes) if _TRACERS else _NOTHING


def within_trace(traceparent: str) -> AbstractContextManager[None]:
    return _TRACERS[0].within(traceparent) if _TRACERS and traceparent else _NOTHING


def traceparent() -> str:
    return _TRACERS[0].traceparent() if _TRACERS else ""
