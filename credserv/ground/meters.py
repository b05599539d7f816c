"""Where anything is counted that an operator watches. Nothing is kept here: a process that serves figures
leads them to where they are (`app/metrics.py`), in any other they go nowhere.

Labels have few values, all of our own making: never a name, an address, an id.
"""

from __future__ import annotations

from collections.abc import Callable

Meter = Callable[[str, float, tuple[str, ...]], None]  # name, how much, the values of its labels

_METERS: list[Meter] = []


def lead_to(meter: Meter) -> None:
    """From now on everything that this process counts goes there, and nowhere else."""
    _METERS[:] = [meter]


def measure(name: str, amount: float, *labels: str) -> None:
    """Count `amount` of what `name` names; for what has a duration, its seconds."""
    for meter in _METERS:
        meter(name, amount, labels)
