"""The documents of did:webvh issuers: their logs fetched, verified, and held to what was seen before.

Source: did:webvh 1.0. As with did:web, what the newest document lists counts, whatever an older one said: a
key that was taken out may be in anybody's hands, and could date its signatures back.
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
from credserv.ground.errors import InputError, UnavailableError, VerificationMethodError
from credserv.ground.json_types import JsonObject
from credserv.proof.webvh.identifier import Wanted, log_url, read_did, witness_url
from credserv.proof.webvh.log import DidLog, Version, read_log

MAX_KNOWN = 4_096
_SMALL_BYTES = 32_768
_ACCEPT = "text/jsonl, application/jsonl, application/json"
_SKEW = timedelta(minutes=5)  # did:webvh 1.0: what resolvers should allow


class SeenLogs:
    """How far the log of each SCID went when it was last read. Safe to share between threads."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._lock = threading.Lock()

    def require_continued(self, log: DidLog) -> None:
        """Raises UnavailableError for one that ends before what was seen, which a host that was restored or
        taken over serves; VerificationMethodError for one that tells what was seen otherwise."""
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
    """From a did:webvh, or a DID URL that asks for one of its versions, to the document that counts."""

    fetcher: Fetcher
    clock: Callable[[], datetime]
    seen: SeenLogs = field(default_factory=SeenLogs)

    def __call__(self, url: str) -> JsonObject:
        """Raises VerificationMethodError for a log that does not hold, or is another DID's, and for a DID
        that was deactivated; UnsupportedProofError for what is not followed here; UnavailableError where log
        or witnesses could not be had, or where the log goes less far than was seen before."""
        try:
            wanted = read_did(url)
            address = log_url(wanted.did)
        except InputError as error:
            raise VerificationMethodError(error.detail) from error
        # Whoever may put a file there can say nothing in the DID's name: it proves itself, by the SCID.
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
        except InputError as error:  # their proofs come before the log, yet not in the same moment
            raise UnavailableError(error.detail) from error


def _read(body: bytes) -> DidLog:
    """To be read only: the usual ones that were last read are kept, by their bytes."""
    return _read_small(body) if len(body) <= _SMALL_BYTES else read_log(body)


@lru_cache(maxsize=128)
def _read_small(body: bytes) -> DidLog:
    return read_log(body)


def _document(log: DidLog, wanted: Wanted) -> JsonObject:
    """Under the name by which it was asked for, though the DID may have moved since. Of an older version only
    what the newest still says."""
    newest = _named(log.newest, wanted.did)
    if wanted.query is None:
        return newest
    older = _named(_find(log, *wanted.query), wanted.did)
    return {
        name: [item for item in value if item in older.get(name, [])] if isinstance(value, list) else value
        for name, value in newest.items()
    }


def _find(log: DidLog, name: str, value: str) -> Version:
    """did:webvh 1.0, section "Reading did:webvh DID URLs". Raises VerificationMethodError."""
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
