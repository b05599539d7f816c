"""Calls to other services with headers or a body, guarded like fetches (attacks 47 to 56), never cached."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from AntiSSRF import AntiSSRFPolicy

from credserv.fetch.transfer import Answer as Answer
from credserv.fetch.transfer import Transport, standing_policy
from credserv.ground.addresses import require_https

MAX_BYTES = 4_194_304
_DEADLINE_SECONDS = 20.0
_FILE_SECONDS = 180.0  # for anything larger than a usual answer
_AT_ONCE = 8


class Caller(Protocol):
    def call(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Answer:
        """GET, or POST `content`, without redirects.

        Raises:
            FetchRefusedError: the address or size is not allowed.
            UnavailableError: no complete answer came.
        """


class GuardedCaller:
    """The real caller. Every argument defaults to its safe value; tests pass a local host's."""

    def __init__(
        self,
        *,
        policy: AntiSSRFPolicy | None = None,
        ca_file: Path | None = None,
        ports: frozenset[int] = frozenset({443}),
    ) -> None:
        self._transport = Transport(policy=policy or standing_policy(), ca_file=ca_file, slots=_AT_ONCE)
        self._ports = ports

    def call(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Answer:
        target = require_https(url, ports=self._ports)
        seconds = _DEADLINE_SECONDS if max_bytes <= MAX_BYTES else _FILE_SECONDS
        return self._transport.call(target, headers, content, max_bytes=max_bytes, deadline_seconds=seconds)


@lru_cache(maxsize=1)
def process_caller() -> Caller:
    """Return the process's caller, created at first use."""
    return GuardedCaller()
