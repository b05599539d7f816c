"""Whether one of the certificates that prove a key was revoked, by the lists (CRL) of their authorities.

RFC 5280, section 6.3. Asked of every certificate of a chain but the anchor, which is the operator's own to
believe or remove. A list is kept for an hour, and until its end where its host does not answer meanwhile.

What an archive holds is kept apart: whoever made it may have chosen a list from before the certificate was
revoked, which is in force still.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from credserv.fetch.memory import Cache
from credserv.ground.encoding import format_instant
from credserv.ground.errors import UnavailableError
from credserv.ground.verification import Fact
from credserv.proof.keys.certificate_lists import (
    CertificateList,
    list_addresses,
    read_certificate_list,
    require_kind,
)
from credserv.proof.keys.certificates import Certificate, Chain, fingerprint

FRESH = timedelta(hours=1)
_MAX_LISTS = 64
_MAX_BYTES = 32 * 1_048_576
_NONE_NAMED = "no list named"

Fetch = Callable[[str], bytes]  # a list at its address; raises UnavailableError
Send = Callable[[str, Callable[[], bytes]], bytes]  # what asks an address, when it is told to


@dataclass(frozen=True)
class _Held:
    found: CertificateList
    fetched_at: datetime


class _Memory:
    """beside: what was seen another way, which is looked at and not added to. Safe between threads."""

    def __init__(self, beside: _Memory | None = None) -> None:
        self._beside = beside
        self._lock = threading.RLock()
        self._held: Cache[_Held] = Cache(max_entries=_MAX_LISTS, max_bytes=_MAX_BYTES)

    def find(self, key: Hashable, now: datetime) -> _Held | None:
        with self._lock:
            return self._held.find(key, now.timestamp())

    def keep(self, key: Hashable, found: CertificateList, now: datetime, *, size: int) -> CertificateList:
        """The newest of what was seen: an older one, whoever put it there, takes nothing back."""
        with self._lock:
            held = [memory.find(key, now) for memory in (self, self._beside) if memory is not None]
            seen = [found, *(one.found for one in held if one is not None)]
            newest = max(seen, key=lambda one: one.begins)
            self._held.keep(key, _Held(newest, now), size=size, until=newest.ends.timestamp())
        return newest


@dataclass(frozen=True)
class CertificateLists:
    """Lists that are fetched, and those that `fetch` gave before. Safe to share between threads."""

    fetch: Fetch
    clock_skew_seconds: int
    memory: _Memory = field(default_factory=_Memory)

    def sent_by(self, send: Send) -> CertificateLists:
        """The same lists, each fetched when `send` lets it."""
        return replace(self, fetch=lambda url: send(url, lambda: self.fetch(url)))

    def apart(self, fetch: Fetch) -> CertificateLists:
        """Those that somebody else gives: none of them is remembered here, and an older one takes nothing
        back of what was seen here."""
        return CertificateLists(fetch, self.clock_skew_seconds, _Memory(self.memory))

    def look_up(self, chain: Chain, now: datetime) -> Mapping[str, Fact]:
        """What to tell of a chain of which nothing was revoked.

        Raises:
            RevokedCertificateError: an authority took one of them back.
            UnavailableError: that could not be found out.
        """
        named = [list_addresses(certificate) for certificate in chain[:-1]]
        if not any(named):
            return {"certificateRevocation": _NONE_NAMED}
        found = [
            self._find(places, certificate, authority, now)
            for places, certificate, authority in zip(named, chain[:-1], chain[1:], strict=True)
            if places
        ]
        told = "not revoked" if all(named) else "not revoked, where a list is named"
        return {
            "certificateRevocation": told,
            "certificateListsFrom": format_instant(min(one.begins for one in found)),
        }

    def _find(
        self, places: Sequence[str], certificate: Certificate, authority: Certificate, now: datetime
    ) -> CertificateList:
        """The first list to be had that speaks of the certificate, and says nothing against it."""
        reasons: list[str] = []
        for url in places:
            try:
                found = self._had(url, authority, now)
                require_kind(found, certificate)
            except UnavailableError as error:
                reasons.append(error.detail)
                continue
            found.require_good(certificate)
            return found
        raise UnavailableError(
            f"no list says whether the certificate of its key was revoked: {'; '.join(reasons)}"
        )

    def _had(self, url: str, authority: Certificate, now: datetime) -> CertificateList:
        key, leeway = (url, fingerprint(authority)), timedelta(seconds=self.clock_skew_seconds)
        held = self.memory.find(key, now)
        if held is not None and held.fetched_at <= now < held.fetched_at + FRESH:
            return held.found
        try:
            content = self.fetch(url)
            found = read_certificate_list(content, url, authority)
            found.require_in_force(now, leeway)
        except UnavailableError:
            if held is None:
                raise
            held.found.require_in_force(now, leeway)
            return held.found
        return self.memory.keep(key, found, now, size=len(content))


def tell_revocation(facts: Mapping[str, Fact]) -> str:
    """What `look_up` came to, as the end of a sentence about a certificate."""
    told = facts["certificateRevocation"]
    if "certificateListsFrom" in facts:
        return f"by its authorities' lists of {facts['certificateListsFrom']} it was {told}"
    if told == _NONE_NAMED:
        return "its authorities name no list of what they revoked that is had by http"
    return "whether it was revoked was not looked up"
