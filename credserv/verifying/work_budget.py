"""Bound the work of one verification, whatever the document holds; everything expensive is counted here.

A document of a megabyte can hold hundreds of others, each naming a schema that runs for a second, or the same
status list of sixteen mebibytes again. What goes beyond the budget is reported as not checked (attacks 46,
69). `fetch_budget` bounds what is fetched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from credserv.ground.errors import TooComplexError

MAX_CREDENTIALS = 32
MAX_SCHEMAS = 4
MAX_LIST_BYTES = 128 * 1024 * 1024
MAX_PROOF_SECONDS = 3.0  # CPU time: the most expensive honest record seen takes a tenth of it


@dataclass
class WorkBudget:
    """What is left of the budget.

    Attributes:
        credentials: inside others, however deeply nested.
        schemas: runs of schemas that are not bundled.
        list_bytes: of status lists, unpacked.
        proof_seconds: of CPU time, over every proof of every credential, list and endorsement; `clock`
            measures it.
    """

    credentials: int = MAX_CREDENTIALS
    schemas: int = MAX_SCHEMAS
    list_bytes: int = MAX_LIST_BYTES
    proof_seconds: float = MAX_PROOF_SECONDS
    clock: Callable[[], float] = time.thread_time

    @contextmanager
    def proving(self) -> Iterator[None]:
        """Count the time while a proof is verified. Raises TooComplexError where earlier proofs used it up.

        Each proof has bounds of its own, so none is cut off half-way.
        """
        if self.proof_seconds <= 0:
            raise TooComplexError("verifying all that is in it takes more work than one verification gets")
        began = self.clock()
        try:
            yield
        finally:
            self.proof_seconds -= self.clock() - began

    def take(self, values: Sequence[object]) -> Sequence[object]:
        """Return as many of the values as there is room for, and reduce the room."""
        taken = values[: self.credentials]
        self.credentials -= len(taken)
        return taken

    def take_schema(self) -> None:
        """Count one schema run. Raises TooComplexError when none is left."""
        if not self.schemas:
            raise TooComplexError(f"only {MAX_SCHEMAS} schemas are run for one verification")
        self.schemas -= 1

    def read_list(self, read: Callable[[], bytes]) -> bytes:
        """Return the bits that `read` gives. Raises TooComplexError where too much was read before."""
        if self.list_bytes <= 0:
            raise TooComplexError("its status lists are too large to be read this often")
        bits = read()
        self.list_bytes -= len(bits)
        return bits
