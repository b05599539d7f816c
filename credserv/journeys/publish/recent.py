"""Our own status lists, as a verification reads them: looked up at most twice a second.

What takes a credential of ours back is asked of the store each time (`journeys/check/own.py`), so that the
revoked one is refused at once. The list is what the public sees of it, and may be a minute old there.
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
    """Safe to share between threads: of two that look at once, either's finding is kept."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds, of this machine alone."""
        self._clock = clock
        self._seen: dict[str, tuple[float, datetime, Services, bytes]] = {}

    def get(self, owner: Services, url: str, *, now: datetime) -> bytes | None:
        """The signed bytes of a list of the owner's; None for an address that is not of their lists.

        Raises as `status_list`. Whoever changes their keys or profile has new services, and lists with them.
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
