"""The one place to count what an operator watches.

Nothing is kept here. A process that serves metrics directs them to `app/metrics.py`; in any other they are
dropped.

Labels have few values, all our own: never a name, an address or an id.
"""

from __future__ import annotations

from collections.abc import Callable

Meter = Callable[[str, float, tuple[str, ...]], None]  # name, amount, the values of its labels

_METERS: list[Meter] = []


def lead_to(meter: Meter) -> None:
    """Send everything this process counts from now on to `meter`, and nowhere else."""
    _METERS[:] = [meter]


def measure(name: str, amount: float, *labels: str) -> None:
    """Count `amount` of a metric; of a duration, its seconds."""
    for meter in _METERS:
        meter(name, amount, labels)
