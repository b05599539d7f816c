"""Bound what one verification fetches, whatever the document names and however much it holds.

A document can name a status list, schemas, resources and a refresh service, and hold other documents that do
the same. Each fetch is guarded on its own; this bounds how many there are and how long they take (attack 54).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from credserv.fetch.guarded import MAX_BYTES, Fetched, Fetcher
from credserv.ground.addresses import is_https
from credserv.ground.errors import FetchRefusedError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.proof.tokens.sd_jwt_vc import METADATA

A = TypeVar("A")

MAX_ADDRESSES = 64
MAX_REQUESTS = 128  # counts answers from memory too: reading a large list again is work
MAX_SECONDS = 20.0


class FetchAllowance:
    """A `Fetcher` and DID resolver for one verification. Not shared between threads."""

    def __init__(
        self,
        fetcher: Fetcher,
        resolve_did: Callable[[str], JsonObject],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = fetcher
        self._resolve_did = resolve_did
        self._clock = clock
        self._asked: set[str] = set()
        self._failed: dict[str, UnavailableError] = {}
        self._resolved: dict[str, JsonObject] = {}
        self._ends = 0.0
        self._requests = 0

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = MAX_BYTES) -> Fetched:
        """Fetch as `Fetcher.get`; also raises FetchRefusedError and UnavailableError once the allowance is
        used up."""
        self._count()
        return self._ask(url, lambda: self._fetcher.get(url, accept=accept, max_bytes=max_bytes))

    def send(self, url: str, send: Callable[[], A]) -> A:
        """Send to an address within the same allowance; the answer is not remembered."""
        self._count()
        return self._ask(url, send)

    def resolve_did(self, did: str) -> JsonObject:
        """Resolve a DID, once. Only what has to be fetched is counted."""
        found = self._resolved.get(did)
        if found is None:
            if did.startswith(("did:web:", "did:webvh:", METADATA)) or is_https(did):
                found = self._ask(did, lambda: self._resolve_did(did))
            else:
                found = self._resolve_did(did)
            self._resolved[did] = found
        return found

    def _count(self) -> None:
        self._requests += 1
        if self._requests > MAX_REQUESTS:
            raise FetchRefusedError(f"checking it takes more than {MAX_REQUESTS} look-ups")

    def _ask(self, address: str, ask: Callable[[], A]) -> A:
        """Ask an address. A failed one is not asked again; each counts once; time runs from the first
        request."""
        if address in self._failed:
            raise type(self._failed[address])(self._failed[address].detail)
        if not self._asked:
            self._ends = self._clock() + MAX_SECONDS
        elif self._clock() > self._ends:
            raise UnavailableError("checking it took too long, so nothing more was fetched")
        self._asked.add(address)
        if len(self._asked) > MAX_ADDRESSES:
            raise FetchRefusedError(f"it names more than {MAX_ADDRESSES} addresses to fetch from")
        try:
            return ask()
        except UnavailableError as error:
            self._failed[address] = error
            raise
