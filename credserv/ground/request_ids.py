"""Which request work is done for.

Each log line, job and letter has it, so that the effects of a request can be followed. An id is 128 bits and
says nothing about anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from credserv.ground.spans import traceparent, within_trace

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}").fullmatch
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
).fullmatch
_NOTHING = "0" * 32

current_request: ContextVar[str] = ContextVar("request", default="")


def carried_request() -> str:
    """Return what a job or letter keeps of the current request: its id and, where traces are sent, the
    traceparent."""
    parent = traceparent()
    return f"{current_request.get()} {parent}" if parent else current_request.get()


@contextmanager
def within_request(carried: str) -> Iterator[None]:
    """Mark the work inside as done for that request; "" for an unknown one."""
    request_id, _, parent = carried.partition(" ")
    before = current_request.set(request_id)
    try:
        with within_trace(parent):
            yield
    finally:
        current_request.reset(before)


def read_request_id(named: str, traceparent: str) -> str | None:
    """Return another system's id for a request, if it is only an id; else None.

    Args:
        named: `X-Request-Id`, a UUID or 32 hexadecimal digits.
        traceparent: of W3C Trace Context; its trace-id counts where no id is named
            (https://www.w3.org/TR/trace-context/, section 3.2.2).
    """
    name = named.strip().lower()
    if len(name) <= 36 and _UUID(name) and name.replace("-", "") != _NOTHING:
        return name
    traced = _TRACEPARENT(traceparent.strip()) if len(traceparent) <= 200 else None
    return traced[1] if traced and traced[1] != _NOTHING else None
