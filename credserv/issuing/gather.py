"""Gather: what several threads want done at the same time is done by one of them, for all (docs/adr/0014).

The first to come leads and begins at once. Who comes while it is at work waits; the first of those leads
next, and takes all of them along. A leader that was handed the lead, or comes right after a lot with
company, waits up to PATIENCE_SECONDS for as many as there were, in that lot and behind it: never where nobody
was, nor for more than a lot holds.

Whatever ends a leader's thread, those of its lot who have no answer yet go on with the next leader.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

PATIENCE_SECONDS = 0.004
_IDLE_SECONDS = 0.02  # with nothing at work for so long, company is not waited for

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class _Ticket(Generic[Item, Answer]):
    """turn: set when there are answers, or when its thread is to lead."""

    items: Sequence[Item]
    answers: Sequence[Answer] | None = None
    turn: threading.Event = field(default_factory=threading.Event)


class Gathering(Generic[Item, Answer]):
    """run: does a lot and returns an answer for each item, in order; an Exception of one is in its answer.

    It may raise what ends a thread. It must bear an item again whose lot was ended so. most: items in a lot.
    """

    def __init__(self, run: Callable[[Sequence[Item]], Sequence[Answer]], *, most: int) -> None:
        self._run = run
        self._most = most
        self._changed = threading.Condition()
        self._waiting: list[_Ticket[Item, Answer]] = []
        self._is_led = False
        self._company = 1  # tickets in the last lot, and those that waited when it was done
        self._ended = 0.0

    def submit(self, items: Sequence[Item]) -> Sequence[Answer]:
        """The answers for `items`, at most `most`, which stay together in one lot."""
        ticket: _Ticket[Item, Answer] = _Ticket(items)
        with self._changed:
            self._waiting.append(ticket)
            leads = not self._is_led
            self._is_led = True
            self._changed.notify()
        while ticket.answers is None:
            if not leads:
                ticket.turn.wait()
                ticket.turn.clear()
            if ticket.answers is None:
                self._lead()
            leads = False
        return ticket.answers

    def _lead(self) -> None:
        lot = self._take()
        try:
            answers = self._run([item for ticket in lot for item in ticket.items])
            start = 0
            for ticket in lot:
                ticket.answers = answers[start : start + len(ticket.items)]
                start += len(ticket.items)
        finally:
            self._hand_on(lot)

    def _take(self) -> list[_Ticket[Item, Answer]]:
        """Own ticket is the first: it came first, or the lead was handed to it for that."""
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
        if self._company == 1 or begun - self._ended > _IDLE_SECONDS:
            return
        while len(self._waiting) < self._company and not self._is_full():
            left = begun + PATIENCE_SECONDS - time.monotonic()
            if left <= 0 or not self._changed.wait(left):
                return

    def _is_full(self) -> bool:
        return sum([len(ticket.items) for ticket in self._waiting]) >= self._most

    def _hand_on(self, lot: Sequence[_Ticket[Item, Answer]]) -> None:
        with self._changed:
            # The leader's own is the first: without an answer, its thread is ending, and asks no more.
            unanswered = [ticket for ticket in lot[1:] if ticket.answers is None]
            self._waiting = [*unanswered, *self._waiting]
            self._company, self._ended = len(lot) + len(self._waiting), time.monotonic()
            heir = self._waiting[0] if self._waiting else None
            self._is_led = heir is not None
        if heir is not None:
            heir.turn.set()
        for ticket in lot:
            if ticket.answers is not None:
                ticket.turn.set()
