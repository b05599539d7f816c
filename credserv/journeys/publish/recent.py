"""Our own status lists for verification, read at most twice a second.

A revocation is looked up in the store each time (`journeys/check/own.py`), so a revoked credential is refused
at once. The list is what the public sees, and may be a minute old.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from credserv.journeys.publish.publish import status_list
from credserv.journeys.publish.token_list import AS_TOKEN, status_list_token
from credserv.journeys.services import Services

LOOK_SECONDS = 0.5
_LOOK = timedelta(seconds=LOOK_SECONDS)
_MAX_LISTS = 256


class RecentLists:
    """Safe to share between threads; if two read at once, either result is kept."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Use `clock`, in seconds, of this machine only."""
        self._clock = clock
        self._seen: dict[str, tuple[float, datetime, Services, bytes]] = {}

    def get(self, owner: Services, url: str, *, now: datetime) -> bytes | None:
        """Return the signed bytes of one of the owner's lists; None for any other URL.

        New keys or a new profile come with new services, and so with new lists. Raises as `status_list`.
        """
        prefix = f"{owner.base_of(url)}/status/"
        if not url.startswith(prefix):
            return None
        begun = self._clock()
        seen = self._seen.get(url)
        if seen is not None:
            looked, instant, whose, body = seen
            is_recent = begun - looked < LOOK_SECONDS and abs(now - instant) < _LOOK
            if is_recent and whose is owner:
                return body
        name = url.removeprefix(prefix)
        listed = status_list_token if name.endswith(AS_TOKEN) else status_list
        body = listed(owner, name.removesuffix(AS_TOKEN), now=now).body
        if len(self._seen) >= _MAX_LISTS:
            self._seen.clear()
        self._seen[url] = (begun, now, owner, body)
        return body
