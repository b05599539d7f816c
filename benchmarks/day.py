"""An hour of visitors, simulated: who comes when is chance, what each costs was measured."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass

_HOUR = 3_600.0


@dataclass(frozen=True)
class Waits:
    """busy: share of the CPUs' time. p99_ms: from asking until the answer; longest_ms likewise."""

    cpus: int
    busy: float
    p99_ms: float
    longest_ms: float


def simulate_hour(visitors: float, seconds_each: float, *, cpus: int, seed: int) -> Waits:
    """Visitors come independently of each other (Poisson), wait for a CPU in the order in which they came,
    and take it for a time that varies (exponential) around what was measured."""
    chance = random.Random(seed)
    free = [0.0] * cpus  # when each is next
    taken: list[float] = []
    work, now = 0.0, 0.0
    while (now := now + chance.expovariate(visitors / _HOUR)) < _HOUR:
        cost = chance.expovariate(1 / seconds_each)
        ended = max(now, heapq.heappop(free)) + cost
        heapq.heappush(free, ended)
        taken.append(ended - now)
        work += cost
    taken.sort()
    return Waits(cpus, work / (cpus * _HOUR), taken[int(len(taken) * 0.99)] * 1e3, taken[-1] * 1e3)
