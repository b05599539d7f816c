"""How much work one verification does, whatever the document holds: what is dear is counted here.

A document of a megabyte can hold hundreds of others, each of which names a schema that runs for a second, or
the same status list of sixteen mebibytes again. What goes beyond is told as not looked at (attacks 46, 69).
What is fetched is bounded by `fetch_budget`.
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
MAX_PROOF_SECONDS = 3.0  # of processor time: the dearest honest record that was seen takes a tenth of it


@dataclass
class WorkBudget:
    """What is left. credentials: inside others, however they are nested. schemas: runs of one that is not
    carried. list_bytes: of status lists, unpacked. proof_seconds: of processor time, over every proof of
    every credential, list and endorsement; clock: tells it."""

    credentials: int = MAX_CREDENTIALS
    schemas: int = MAX_SCHEMAS
    list_bytes: int = MAX_LIST_BYTES
    proof_seconds: float = MAX_PROOF_SECONDS
    clock: Callable[[], float] = time.thread_time

    @contextmanager
    def proving(self) -> Iterator[None]:
        """While a proof is verified. Raises TooComplexError where all that was verified before took too long.

        One proof ends by bounds of its own, so that nothing is cut in the middle.
        """
        if self.proof_seconds <= 0:
            raise TooComplexError("verifying all that is in it takes more work than one verification gets")
        began = self.clock()
        try:
            yield
        finally:
            self.proof_seconds -= self.clock() - began

    def take(self, values: Sequence[object]) -> Sequence[object]:
        """The first of them, as many as there is room for, and less room for others."""
        taken = values[: self.credentials]
        self.credentials -= len(taken)
        return taken

    def take_schema(self) -> None:
        """Raises TooComplexError when none is left to run."""
        if not self.schemas:
            raise TooComplexError(f"only {MAX_SCHEMAS} schemas are run for one verification")
        self.schemas -= 1

    def read_list(self, read: Callable[[], bytes]) -> bytes:
        """The bits that `read` gives; raises TooComplexError where too much was read before."""
        if self.list_bytes <= 0:
            raise TooComplexError("its status lists are too large to be read this often")
        bits = read()
        self.list_bytes -= len(bits)
        return bits
