"""Documents of did:webvh issuers: fetch and verify their logs, and compare them with what was seen before.

Source: did:webvh 1.0. As with did:web, what the newest document lists counts, whatever older ones said. A key
that was removed may be in anybody's hands and could be used to backdate signatures.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from credserv.fetch.guarded import Fetcher
from credserv.ground.encoding import format_instant, parse_instant
from credserv.ground.errors import (
    InputError,
    UnavailableError,
    UnknownKindError,
    UnsupportedKeyError,
    VerificationMethodError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.webvh.identifier import Wanted, log_url, read_did, witness_url
from credserv.proof.webvh.log import DidLog, Version, read_log

MAX_KNOWN = 4_096
_SMALL_BYTES = 32_768
_ACCEPT = "text/jsonl, application/jsonl, application/json"
_SKEW = timedelta(minutes=5)  # did:webvh 1.0: the clock skew that resolvers should allow


class SeenLogs:
    """How far the log of each SCID went when it was last read. Safe to share between threads."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._lock = threading.Lock()

    def require_continued(self, log: DidLog) -> None:
        """Require that a log continues what was seen.

        Raises:
            UnavailableError: It ends before what was seen, as on a host that was restored or taken over.
            VerificationMethodError: It says something else about what was seen.
        """
        with self._lock:
            number, version = self._seen.get(log.scid, (0, ""))
            if len(log.versions) < number:
                raise UnavailableError(f"the DID's log ends before entry {number}, which was read earlier")
            if number and log.versions[number - 1].id != version:
                raise VerificationMethodError(f"the DID's log tells entry {number} otherwise than earlier")
            self._seen[log.scid] = len(log.versions), log.newest.id
            self._seen.move_to_end(log.scid)
            if len(self._seen) > MAX_KNOWN:
                self._seen.popitem(last=False)


@dataclass(frozen=True)
class DidHistories:
    """Resolves a did:webvh, or a DID URL for one of its versions, to the document that counts."""

    fetcher: Fetcher
    clock: Callable[[], datetime]
    seen: SeenLogs = field(default_factory=SeenLogs)

    def __call__(self, url: str) -> JsonObject:
        """Resolve a DID or DID URL.

        Raises:
            VerificationMethodError: The log does not hold or is another DID's, or the DID was deactivated.
            UnsupportedProofError: The log uses something that is not supported here.
            UnavailableError: Log or witnesses cannot be fetched, or the log is shorter than before.
        """
        try:
            wanted = read_did(url)
            address = log_url(wanted.did)
        except UnknownKindError as error:  # as for a did:web at the same place
            raise UnsupportedKeyError(error.detail) from error
        except InputError as error:
            raise VerificationMethodError(error.detail) from error
        # Whoever can put a file there still cannot speak for the DID, because the
        # log proves itself by the SCID.
        log = _read(self.fetcher.get(address, accept=_ACCEPT).body)
        if wanted.scid != log.scid or wanted.did not in log.names:
            raise VerificationMethodError(f"the log at {address} is not that of {wanted.did}")
        if log.newest.time > self.clock() + _SKEW:
            raise VerificationMethodError(
                f"the DID's log says it was changed later than now: {format_instant(log.newest.time)}"
            )
        self._require_witnesses(log, wanted.did)
        self.seen.require_continued(log)
        if log.newest.parameters.deactivated:
            raise VerificationMethodError(f"{wanted.did} says that it is deactivated")
        return _document(log, wanted)

    def _require_witnesses(self, log: DidLog, did: str) -> None:
        if not any(version.witnessing for version in log.versions):
            return
        proofs = self.fetcher.get(witness_url(did), accept="application/json").body
        try:
            log.require_witnesses(proofs)
        except InputError as error:  # witness proofs are published before the log, but not at the same moment
            raise UnavailableError(error.detail) from error


def _read(body: bytes) -> DidLog:
    """Read a log. The last ones are cached by their bytes, so do not change the result."""
    return _read_small(body) if len(body) <= _SMALL_BYTES else read_log(body)


@lru_cache(maxsize=128)
def _read_small(body: bytes) -> DidLog:
    return read_log(body)


def _document(log: DidLog, wanted: Wanted) -> JsonObject:
    """Return the document under the requested name, even if the DID has moved.

    Of an older version, only what the newest still says counts.
    """
    newest = _named(log.newest, wanted.did)
    if wanted.query is None:
        return newest
    older = _named(_find(log, *wanted.query), wanted.did)
    return {
        name: [item for item in value if item in older.get(name, [])] if isinstance(value, list) else value
        for name, value in newest.items()
    }


def _find(log: DidLog, name: str, value: str) -> Version:
    """Find a version (did:webvh 1.0, section "Reading did:webvh DID URLs").

    Raises VerificationMethodError.
    """
    if name == "versionTime":
        found = [version for version in log.versions if version.time <= parse_instant(value)]
    elif name == "versionId":
        found = [version for version in log.versions if version.id == value]
    else:
        found = [version for version in log.versions if version.id.partition("-")[0] == value]
    if not found:
        raise VerificationMethodError(f"the DID has no version with {name} {value[:120]!r}")
    return found[-1]


def _named(version: Version, did: str) -> JsonObject:
    if version.did == did:
        return version.document
    return {name: _renamed(value, version.did, did) for name, value in version.document.items()}


def _renamed(value: object, old: str, new: str) -> object:
    if isinstance(value, str):
        return new + value.removeprefix(old) if value == old or value.startswith(f"{old}#") else value
    if isinstance(value, list):
        return [_renamed(item, old, new) for item in value]
    if isinstance(value, dict):
        return {name: _renamed(item, old, new) for name, item in value.items()}
    return value
