"""Messages sent over HTTPS, guarded like fetches (attacks 47 to 56)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from AntiSSRF import AntiSSRFPolicy

from credserv.fetch.transfer import Transport, standing_policy
from credserv.ground.addresses import require_https

DEADLINE_SECONDS = 15.0  # Standard Webhooks: 15 to 30 seconds
_AT_ONCE = 16
_LONGEST_RETRY_AFTER = 86_400


@dataclass(frozen=True)
class Receipt:
    """The host's answer. `retry_after`: seconds, where it asked to wait."""

    status: int
    retry_after: int | None = None


class Poster(Protocol):
    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Receipt:
        """Post. Raises FetchRefusedError for an address that is not allowed, UnavailableError without an
        answer."""


class GuardedPoster:
    """The real poster. Every argument defaults to its safe value; tests pass a local host's."""

    def __init__(
        self,
        *,
        policy: AntiSSRFPolicy | None = None,
        ca_file: Path | None = None,
        ports: frozenset[int] = frozenset({443}),
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._transport = Transport(policy=policy or standing_policy(), ca_file=ca_file, slots=_AT_ONCE)
        self._ports = ports
        self._deadline_seconds = deadline_seconds

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Receipt:
        target = require_https(url, ports=self._ports)
        answer = self._transport.post(target, content, headers, deadline_seconds=self._deadline_seconds)
        return Receipt(answer.status, _seconds(answer.headers.get("retry-after", "")))


def _seconds(text: str) -> int | None:
    """Parse RFC 9110 section 10.2.3, in the form that needs no clock."""
    return (
        min(int(text), _LONGEST_RETRY_AFTER) if text.isascii() and text.isdigit() and len(text) < 9 else None
    )
