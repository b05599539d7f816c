"""Where requests are counted: in this process, or in a storage that several share.

While that is unavailable, this process counts on its own, so that the service neither stops nor is flooded.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from limits.util import WindowStats

from credserv.web.frame.windows import WindowStorage

R = TypeVar("R")

_IN_PROCESS = "memory://"
_ASK_AGAIN_SECONDS = 10.0
_PATIENCE_SECONDS = 1.0

logger = logging.getLogger(__name__)


class SteadyLimiter(FixedWindowRateLimiter):
    """Uses its storage, and its own counts while that does not answer; then waits a while before it asks
    again."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage)
        self._alone = FixedWindowRateLimiter(WindowStorage())
        self._away_until = 0.0

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        return self._ask(lambda one: FixedWindowRateLimiter.hit(one, item, *identifiers, cost=cost))

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        return self._ask(lambda one: FixedWindowRateLimiter.test(one, item, *identifiers, cost=cost))

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        return self._ask(lambda one: FixedWindowRateLimiter.get_window_stats(one, item, *identifiers))

    def _ask(self, question: Callable[[FixedWindowRateLimiter], R]) -> R:
        if time.monotonic() >= self._away_until:
            try:
                return question(self)
            except StorageError as error:
                logger.warning(
                    "rates are counted in this process alone: %s", type(error.storage_error).__name__
                )
                self._away_until = time.monotonic() + _ASK_AGAIN_SECONDS
        return question(self._alone)


def open_limiter(storage_url: str) -> FixedWindowRateLimiter:
    """Open a limiter. Raises as `open_storage`."""
    if storage_url == _IN_PROCESS:
        return FixedWindowRateLimiter(WindowStorage())
    return SteadyLimiter(open_storage(storage_url))


def open_storage(storage_url: str) -> Storage:
    """Return a storage shared by several processes, not yet contacted. Later it may raise StorageError.

    Raises ConfigurationError (of `limits`) where the package for the address is missing.
    """
    bounds = {}
    if storage_url.startswith("redis"):
        bounds = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), _PATIENCE_SECONDS)
    storage = storage_from_string(storage_url, wrap_exceptions=True, **bounds)
    if not isinstance(storage, Storage):
        raise TypeError("rate limits need a storage for threads")
    return storage
