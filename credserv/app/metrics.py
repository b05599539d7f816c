"""Metrics in Prometheus format, over all processes of the service that share a folder.

`PROMETHEUS_MULTIPROC_DIR` names that folder, which the supervisor creates; without it, each process reports
only itself. Web and worker import this module, commands do not: the library takes a fifth of a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from credserv import __version__
from credserv.ground.errors import CredservError
from credserv.ground.meters import lead_to
from credserv.records.health import Figure

FIGURES_SECONDS = 15.0  # how long figures from the database are cached
_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SIGNING = (0.0005, 0.002, 0.01, 0.05, 0.25, 1.0)

_OWN = CollectorRegistry()
_COUNTERS = {
    "requests": Counter(
        "credserv_requests", "Requests that were answered.", ("method", "route", "status"), registry=_OWN
    ),
    "opened": Counter("credserv_badge_pages_opened", "Pages of badges that were shown.", registry=_OWN),
    "verified": Counter(
        "credserv_verifications",
        "Credentials that were verified, and whether this service had issued them.",
        ("verdict", "own"),
        registry=_OWN,
    ),
    "work": Counter(
        "credserv_work", "What the worker did, and how often it failed.", ("what", "outcome"), registry=_OWN
    ),
}
_HISTOGRAMS = {
    "answering": Histogram(
        "credserv_request_seconds",
        "How long an answer took.",
        ("method", "route"),
        buckets=_SECONDS,
        registry=_OWN,
    ),
    "signing": Histogram(
        "credserv_signing_seconds",
        "How long a signature took.",
        ("key_type",),
        buckets=_SIGNING,
        registry=_OWN,
    ),
}
_GAUGES = {
    "connections": Gauge(
        "credserv_database_connections",
        "Connections to the database that are used now.",
        registry=_OWN,
        multiprocess_mode="livesum",
    ),
    "connections_limit": Gauge(
        "credserv_database_connections_limit",
        "How many all processes may use at once.",
        registry=_OWN,
        multiprocess_mode="livesum",
    ),
}


def begin_to_count() -> None:
    """Send what this process counts to this module."""
    lead_to(_count)


def _count(name: str, amount: float, labels: tuple[str, ...]) -> None:
    _adder(name, labels)(amount)


@lru_cache(maxsize=4_096)  # route, method and status; the library looks each up under a lock
def _adder(name: str, labels: tuple[str, ...]) -> Callable[[float], None]:
    if name in _HISTOGRAMS:
        histogram = _HISTOGRAMS[name]
        return (histogram.labels(*labels) if labels else histogram).observe
    if name in _GAUGES:
        return _GAUGES[name].inc
    counter = _COUNTERS[name]
    return (counter.labels(*labels) if labels else counter).inc


class Metrics:
    """The metrics of one process, shared by its threads. `figures` are known besides what is counted."""

    def __init__(self, figures: Callable[[], Iterable[Figure]]) -> None:
        self._figures = figures
        self._lock = Lock()
        self._known: tuple[Figure, ...] = ()
        self._known_at = float("-inf")

    def exposition(self) -> bytes:
        """Return the exposition as text (version 0.0.4)."""
        registry = CollectorRegistry()
        _forget_dead()
        try:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # all but this has types there
        except ValueError:  # no folder is shared
            registry = _OWN
        return generate_latest(registry) + generate_latest(_standing(self._newest()))

    def _newest(self) -> tuple[Figure, ...]:
        """Return the figures, read by one thread at a time and at most every few seconds."""
        with self._lock:
            if time.monotonic() - self._known_at >= FIGURES_SECONDS:
                found, asked = [], True
                try:
                    for figure in self._figures():
                        found.append(figure)
                except CredservError:  # report what is known by then, above all about parts
                    asked = False
                self._known = (*found, Figure("up", "Whether database and queue were asked.", asked))
                self._known_at = time.monotonic()
            return self._known


def _forget_dead() -> None:
    """Remove what a killed process had in use; another process may be removing it, too."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    for path in Path(folder).glob("gauge_live*_*.db") if folder else ():
        process = path.stem.rpartition("_")[2]
        if process.isdecimal() and not _lives(int(process)):
            path.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class _Standing(Collector):
    def __init__(self, figures: Iterable[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("credserv_build_info", "The release.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        families: dict[str, GaugeMetricFamily] = {}
        for one in self._figures:
            names = [name for name, _ in one.labels]
            family = families.setdefault(
                one.name, GaugeMetricFamily(f"credserv_{one.name}", one.said, labels=names)
            )
            family.add_metric([value for _, value in one.labels], one.value)
        yield from families.values()


def _standing(figures: Iterable[Figure]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Standing(figures))
    return registry
