"""The public keys of senders of signed tokens: fetched through the guarded client and remembered.

An unknown key is looked up at most once a minute, so a stranger's tokens cost us nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credserv.ground.errors import InputError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.services import Services
from credserv.records.sources import SourceRecord
from credserv.sources.adapter import Message
from credserv.sources.signing import read_kid

ASK_AGAIN_AFTER = timedelta(minutes=1)
_MAX_ADDRESSES = 256
_MAX_KEYS = 50


@dataclass
class _Kept:
    keys: tuple[JsonObject, ...] = ()
    asked_at: datetime | None = None


@dataclass
class SenderKeys:
    """Keys by the URL where a sender publishes them. Safe to share between threads."""

    _kept: dict[str, _Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, address: str) -> tuple[JsonObject, ...]:
        with self._lock:
            return self._kept.get(address, _Kept()).keys

    def may_ask(self, address: str, now: datetime) -> bool:
        """Return whether it is time to ask. The caller then has to ask and store the answer."""
        with self._lock:
            if address not in self._kept and len(self._kept) >= _MAX_ADDRESSES:
                del self._kept[next(iter(self._kept))]
            kept = self._kept.setdefault(address, _Kept())
            if kept.asked_at is not None and timedelta(0) <= now - kept.asked_at < ASK_AGAIN_AFTER:
                return False
            kept.asked_at = now
            return True

    def keep(self, address: str, keys: tuple[JsonObject, ...]) -> None:
        with self._lock:
            if address in self._kept:
                self._kept[address].keys = keys


KEYS = SenderKeys()  # public keys at public URLs are the same for every organisation of the process


def keys_for(
    services: Services, source: SourceRecord, message: Message, *, now: datetime, kept: SenderKeys = KEYS
) -> tuple[JsonObject, ...]:
    """Return the JWKs of a source's sender (`jwks_url` in its options), including the one that the
    message names, if there is one.

    Raises:
        UnavailableError: The sender may have that key but cannot be reached now.
    """
    address = source.options.get("jwks_url")
    kid = read_kid(message)
    if not isinstance(address, str) or kid is None:
        return ()
    known = kept.find(address)
    if any(key.get("kid") == kid for key in known) or not kept.may_ask(address, now):
        return known
    found = _read(services.fetcher.get(address, accept="application/json").body)
    kept.keep(address, found)
    return found


def _read(body: bytes) -> tuple[JsonObject, ...]:
    try:
        keys = parse_json_object(body).get("keys")
    except InputError as error:
        raise UnavailableError("the sender's keys cannot be read") from error
    if not isinstance(keys, list):
        raise UnavailableError("the sender's keys cannot be read")
    return tuple(key for key in keys[:_MAX_KEYS] if isinstance(key, dict))
