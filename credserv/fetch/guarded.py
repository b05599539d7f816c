"""The only outbound HTTP for documents of others: DID documents, status lists, credentials by link.

The URL is parsed once and strictly, then fetched under the guard of `transfer.py`. The result is only
bytes from that URL; whoever asked verifies what they say. Attacks 47 to 56.
"""

from __future__ import annotations

import mimetypes
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from AntiSSRF import AntiSSRFPolicy

from credserv.fetch.memory import Budget, Cache, SingleFlight, WaitSlots
from credserv.fetch.transfer import Answer, Transport, standing_policy
from credserv.ground.addresses import require_http, require_https
from credserv.ground.errors import FetchRefusedError, GoneAtHostError, UnavailableError
from credserv.ground.strict_json import parse_json_object

MAX_BYTES = 1_048_576
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?([0-9]{1,9})", re.ASCII | re.IGNORECASE)
_GONE = 410
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Fetched:
    """A fetched body.

    Attributes:
        url: as requested.
        media_type: lower case, without parameters; `""` when not given.
        attachment: whether the host serves it as a file to save, as it does its users' uploads.
    """

    url: str
    body: bytes
    media_type: str
    attachment: bool = False

    def spoken_by_host(self) -> bytes:
        """Return the body as JSON from the host itself.

        Raises UnavailableError for content it merely hosts.
        """
        is_json = self.media_type in ("", "application/json") or self.media_type.endswith("+json")
        if not is_json or self.attachment:
            what = "a file to keep" if self.attachment else self.media_type
            raise UnavailableError(
                f"what stands at {self.url[:200]} is served as {what[:60]}, not as JSON of the host's own"
            )
        return self.body


class Fetcher(Protocol):
    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = MAX_BYTES) -> Fetched:
        """Return the body of a 200 at `url`, at most `max_bytes`.

        Raises:
            FetchRefusedError: the guard does not go there.
            UnavailableError: any other failure. Neither says anything about what would have been found.
        """


@dataclass(frozen=True)
class FetchLimits:
    """The limits of fetching.

    Attributes:
        deadline_seconds: for the whole, redirects included.
        cache_seconds: the longest time to reuse an answer; `Cache-Control` may shorten it.
        failure_seconds: the same for a failure.
        waiting: callers that may wait for an answer at once; fewer than the process has threads, so that the
            rest go on.
    """

    deadline_seconds: float = 10.0
    max_redirects: int = 0
    ports: frozenset[int] = frozenset({443})
    cache_seconds: float = 60.0
    failure_seconds: float = 5.0
    cache_entries: int = 512
    cache_bytes: int = 32 * 1_048_576
    requests_per_minute: int = 60  # to one host
    at_once_per_host: int = 3
    at_once: int = 64
    waiting: int = 6


@dataclass(frozen=True)
class _Wish:
    """A request. `signed`: the content proves itself, so it may come over http."""

    accept: str
    max_bytes: int
    signed: bool = False


class GuardedFetcher:
    """The real fetcher. Every argument defaults to its safe value; tests pass a local host's."""

    def __init__(
        self,
        limits: FetchLimits | None = None,
        *,
        policy: AntiSSRFPolicy | None = None,
        plain: AntiSSRFPolicy | None = None,
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a fetcher. `plain` is the policy for http, see `get_signed`."""
        self._limits = limits or FetchLimits()
        self._transport = Transport(
            policy=policy or standing_policy(),
            plain=plain or standing_policy(plain_http=True),
            ca_file=ca_file,
            slots=self._limits.at_once,
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._cache: Cache[Fetched | UnavailableError] = Cache(
            max_entries=self._limits.cache_entries, max_bytes=self._limits.cache_bytes
        )
        self._budget = Budget(
            per_minute=self._limits.requests_per_minute, at_once=self._limits.at_once_per_host
        )
        self._flights: SingleFlight[Fetched] = SingleFlight()
        self._slots = WaitSlots(self._limits.waiting)

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = MAX_BYTES) -> Fetched:
        """Fetch as `Fetcher.get`. Answers are cached by full URL, accepted type and allowed size."""
        return self._get(url, _Wish(accept, max_bytes))

    def get_signed(self, url: str, *, accept: str, max_bytes: int) -> Fetched:
        """Fetch as `get`, also over http: for content whose reader trusts its signature alone."""
        return self._get(url, _Wish(accept, max_bytes, signed=True))

    def _get(self, url: str, wish: _Wish) -> Fetched:
        target = self._require(url, wish)
        key = (target, wish)
        with self._lock:
            known = self._cache.find(key, self._clock())
        if isinstance(known, UnavailableError):
            raise type(known)(known.detail)
        if known is not None:
            return known
        with self._slots.slot():
            return self._flights.run(
                key,
                lambda: self._ask(key),
                wait_seconds=self._limits.deadline_seconds,
            )

    def _require(self, url: str, wish: _Wish) -> str:
        ports = self._limits.ports
        return require_http(url, ports=ports | {80}) if wish.signed else require_https(url, ports=ports)

    def _ask(self, key: tuple[str, _Wish]) -> Fetched:
        target, wish = key
        try:
            answer = self._follow(target, wish)
        except UnavailableError as error:
            self._keep(key, error, size=0, seconds=self._limits.failure_seconds)
            raise
        media_type = answer.headers.get("content-type", "").split(";")[0].strip().lower()
        attachment = "attachment" in answer.headers.get("content-disposition", "").lower()
        fetched = Fetched(target, answer.body, media_type, attachment)
        seconds = _reusable_seconds(answer.headers.get("cache-control", ""), self._limits.cache_seconds)
        self._keep(key, fetched, size=len(answer.body) + len(target), seconds=seconds)
        return fetched

    def _follow(self, target: str, wish: _Wish) -> Answer:
        """Request, and follow redirects as far as allowed, each under the same rules as the first URL."""
        ends = self._clock() + self._limits.deadline_seconds
        left = self._limits.max_redirects
        at_home = 0 if left else 1  # one within a host, which cleans up its own addresses
        while True:
            with self._budget.request(_host(target), self._clock()):
                answer = self._transport.exchange(
                    target,
                    accept=wish.accept,
                    max_bytes=wish.max_bytes,
                    deadline_seconds=max(0.0, ends - self._clock()),
                )
            if answer.status == 200:
                return answer
            if answer.status == _GONE:
                raise GoneAtHostError("the host says that it is gone for good (HTTP status 410)")
            if answer.status not in _REDIRECTS:
                raise UnavailableError(f"the host answered with HTTP status {answer.status}")
            source = target
            target = self._require(urljoin(target, answer.headers.get("location", "")), wish)
            if at_home and _host(source) == _host(target):
                at_home -= 1
            elif left:
                left -= 1
            else:
                raise FetchRefusedError("the host redirects to another address, which is not followed")

    def _keep(
        self, key: tuple[str, _Wish], value: Fetched | UnavailableError, *, size: int, seconds: float
    ) -> None:
        if seconds > 0:
            with self._lock:
                self._cache.keep(key, value, size=size, until=self._clock() + seconds)


class FileFetcher:
    """Answers only from a directory: `hosts.json` maps each URL to a file in it.

    For offline use and tests. Raises InputError when hosts.json is not a JSON object.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._files = parse_json_object((self._directory / "hosts.json").read_bytes())

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = MAX_BYTES) -> Fetched:  # noqa: ARG002 - a file is what it is
        name = self._files.get(url.partition("#")[0])
        path = (self._directory / name).resolve() if isinstance(name, str) else self._directory
        if not path.is_file() or not path.is_relative_to(self._directory):
            raise UnavailableError(f"the given files do not have {url[:200]}")
        if path.stat().st_size > max_bytes:
            raise FetchRefusedError(f"the host's answer is larger than {max_bytes} bytes")
        return Fetched(url, path.read_bytes(), mimetypes.guess_type(path.name)[0] or "")


def _host(target: str) -> str:
    return urlsplit(target).netloc


def _reusable_seconds(cache_control: str, longest: float) -> float:
    lowered = cache_control.lower()
    if "no-store" in lowered or "no-cache" in lowered:
        return 0.0
    stated = _MAX_AGE.search(lowered)
    return min(longest, float(stated[1])) if stated else longest
