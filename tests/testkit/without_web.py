"""What a process that makes no web application needs of a test's service: most of its start is imports."""

from __future__ import annotations

from credserv.fetch.guarded import Fetched
from credserv.ground.errors import UnavailableError

SOURCE = "academy-lms"


class NoNetwork:
    """A fetcher for tests that need none: every address is unavailable."""

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        raise UnavailableError(f"no network in this test: {url}")
