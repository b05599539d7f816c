"""How long requests wait for a mentor by Erlang's C formula; only for "what if",
because the actual wait is measured.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Queue:
    """A queue.

    Attributes:
        p_wait: The probability of waiting at all.
        mean_wait_weeks: Over everybody who asks.
    """

    p_wait: float
    mean_wait_weeks: float


def erlang_c(mentors: int, requests_per_week: float, sessions_per_mentor_week: float) -> Queue | None:
    """Return the queue; None if demand reaches or exceeds supply, because it then grows without end."""
    capacity = mentors * sessions_per_mentor_week
    if mentors < 1 or requests_per_week >= capacity:
        return None
    load = requests_per_week / sessions_per_mentor_week
    blocked = 1.0  # Erlang's B by recursion, without factorials that overflow
    for servers in range(1, mentors + 1):
        blocked = load * blocked / (servers + load * blocked)
    p_wait = blocked / (1 - load / mentors * (1 - blocked))
    return Queue(p_wait, p_wait / (capacity - requests_per_week))
