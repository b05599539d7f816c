"""Group commit: one thread does the work of several that ask at the same time (docs/adr/0014).

The first thread to arrive leads and begins at once. Threads that arrive meanwhile wait; the first of them
leads next and takes all the others along. A leader that was handed the lead, or that follows closely on a lot
with company, waits for as many threads as took part in or queued behind that lot: as long as that lot took,
within PATIENCE_SECONDS. Half a lot costs almost as much as a whole one, so where several processes share a
core, waiting for the rest is cheaper than going without. It never waits if there was no company, nor for more
than one lot holds.

If a leader's thread dies, the members of its lot that have no answer yet go on with the next leader.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

PATIENCE_SECONDS = (0.004, 0.02)  # at least and at most
_IDLE_SECONDS = 0.02  # without work for this long, and for so many times its patience: no company is expected
_IDLE_PATIENCES = 3

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class _Ticket(Generic[Item, Answer]):
    """The items that one thread submitted, and their answers.

    Attributes:
        turn: Set when the answers are there, or when this thread has to lead.
    """

    items: Sequence[Item]
    answers: Sequence[Answer] | None = None
    turn: threading.Event = field(default_factory=threading.Event)


class Gathering(Generic[Item, Answer]):
    """Collects items from several threads into lots.

    Args:
        run: Processes one lot and returns one answer per item, in order. An item's error belongs in its
            answer. An exception from `run` ends the leader's thread; the unanswered items are passed to it
            again, so it must tolerate a repeat.
        most: The largest number of items in a lot.
    """

    def __init__(self, run: Callable[[Sequence[Item]], Sequence[Answer]], *, most: int) -> None:
        self._run = run
        self._most = most
        self._changed = threading.Condition()
        self._waiting: list[_Ticket[Item, Answer]] = []
        self._is_led = False
        # Tickets in the last lot, plus those that were waiting when it ended; falls by one with each lot.
        self._company = 1
        self._patience = PATIENCE_SECONDS[0]
        self._ended = 0.0

    def submit(self, items: Sequence[Item]) -> Sequence[Answer]:
        """Return the answers for `items`, in order.

        Args:
            items: At most `most` items. They stay together in one lot.
        """
        ticket: _Ticket[Item, Answer] = _Ticket(items)
        with self._changed:
            self._waiting.append(ticket)
            leads = not self._is_led
            self._is_led = True
            self._changed.notify()
        if not leads:
            ticket.turn.wait()
        if ticket.answers is None:
            self._lead()
        assert ticket.answers is not None  # noqa: S101 - whoever is woken has answers or leads its own lot
        return ticket.answers

    def _lead(self) -> None:
        lot = self._take()
        begun = time.monotonic()
        try:
            answers = self._run([item for ticket in lot for item in ticket.items])
            start = 0
            for ticket in lot:
                ticket.answers = answers[start : start + len(ticket.items)]
                start += len(ticket.items)
        finally:
            self._hand_on(lot, begun)

    def _take(self) -> list[_Ticket[Item, Answer]]:
        """Take the next lot. The leader's own ticket comes first in the queue."""
        with self._changed:
            self._await_company()
            count, size = 0, 0
            for ticket in self._waiting:
                size += len(ticket.items)
                if count and size > self._most:
                    break
                count += 1
            lot, self._waiting = self._waiting[:count], self._waiting[count:]
        return lot

    def _await_company(self) -> None:
        begun = time.monotonic()
        if begun - self._ended > max(_IDLE_SECONDS, _IDLE_PATIENCES * self._patience):
            return
        while len(self._waiting) < self._company and not self._is_full():
            if not self._changed.wait(begun + self._patience - time.monotonic()):
                return

    def _is_full(self) -> bool:
        return sum([len(ticket.items) for ticket in self._waiting]) >= self._most

    def _hand_on(self, lot: Sequence[_Ticket[Item, Answer]], begun: float) -> None:
        with self._changed:
            # The first ticket is the leader's own. If it has no answer, this thread
            # is dying and will not ask again.
            unanswered = [ticket for ticket in lot[1:] if ticket.answers is None]
            self._waiting = [*unanswered, *self._waiting]
            self._company = max(len(lot) + len(self._waiting), self._company - 1)
            self._ended = time.monotonic()
            least, most = PATIENCE_SECONDS
            self._patience = max(least, min(most, self._ended - begun))
            heir = self._waiting[0] if self._waiting else None
            self._is_led = heir is not None
        if heir is not None:
            heir.turn.set()
        for ticket in lot:
            if ticket.answers is not None:
                ticket.turn.set()
