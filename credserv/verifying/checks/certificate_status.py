"""Whether one of the certificates that prove a key was revoked, by the lists (CRL) of their authorities; by
their answers about one certificate (OCSP), where no list is named or to be had.

RFC 5280, section 6.3; RFC 6960. Asked of every certificate of a chain but the anchor, which is the operator's
own to believe or remove. Lists and answers are kept for an hour, and until their end where their host does
not answer meanwhile.

What an archive holds is kept apart: whoever made it may have chosen a list from before the certificate was
revoked, which is in force still.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from credserv.fetch.memory import Cache
from credserv.ground.encoding import format_instant
from credserv.ground.errors import RevokedCertificateError, UnavailableError
from credserv.ground.verification import Fact
from credserv.proof.keys.certificate_answers import (
    CertificateAnswer,
    answer_addresses,
    must_be_looked_up,
    read_certificate_answer,
)
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

Fetch = Callable[[str], bytes]  # a list or an answer at its address; raises UnavailableError
Statement = CertificateList | CertificateAnswer
Send = Callable[[str, Callable[[], bytes]], bytes]  # what asks an address, when it is told to


@dataclass(frozen=True)
class _Held:
    found: Statement
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

    def keep(self, key: Hashable, found: Statement, now: datetime, *, size: int) -> Statement:
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
        found = [self._find(certificate, authority, now) for certificate, authority in pairwise(chain)]
        if not any(found):
            return {"certificateRevocation": _NONE_NAMED}
        facts: dict[str, Fact] = {
            "certificateRevocation": "not revoked" if all(found) else "not revoked, where a list is named"
        }
        lists = [one.begins for one in found if isinstance(one, CertificateList)]
        answers = [one.begins for one in found if isinstance(one, CertificateAnswer)]
        for name, begins in (("certificateListsFrom", lists), ("certificateAnswersFrom", answers)):
            if begins:
                facts[name] = format_instant(min(begins))
        return facts

    def _find(self, certificate: Certificate, authority: Certificate, now: datetime) -> Statement | None:
        """The first list, else answer, to be had that speaks of the certificate, and says nothing against it.
        None where its authority names neither."""
        lists, answers = list_addresses(certificate), answer_addresses(certificate, authority)
        reasons: list[str] = []
        for url in lists:
            with _noted(reasons):
                return self._listed(url, certificate, authority, now)
        for url in answers:
            with _noted(reasons):
                return self._answered(url, certificate, authority, now)
        if reasons:
            raise UnavailableError(
                f"no list says whether the certificate of its key was revoked: {'; '.join(reasons)}"
            )
        return None

    def _listed(self, url: str, certificate: Certificate, authority: Certificate, now: datetime) -> Statement:
        def read(content: bytes) -> Statement:
            return read_certificate_list(content, url, authority)

        found = self._had(url, authority, read, now)
        if isinstance(found, CertificateList):
            require_kind(found, certificate)
        found.require_good(certificate)
        return found

    def _answered(
        self, url: str, certificate: Certificate, authority: Certificate, now: datetime
    ) -> Statement:
        """Whoever answers for the authority may have been revoked, too, where lists say so."""

        def read(content: bytes) -> Statement:
            return read_certificate_answer(content, certificate, authority)

        found = self._had(url, authority, read, now)
        if isinstance(found, CertificateAnswer) and found.signed_by is not None:
            self._require_delegate(found.signed_by, authority, now)
        found.require_good(certificate)
        return found

    def _require_delegate(self, delegate: Certificate, authority: Certificate, now: datetime) -> None:
        """RFC 6960, section 4.2.2.2.1. Raises UnavailableError: what it says counts for nothing then."""
        if not must_be_looked_up(delegate):
            return
        for url in list_addresses(delegate):
            try:
                self._listed(url, delegate, authority, now)
            except RevokedCertificateError as error:
                raise UnavailableError("who answers for the authority was revoked") from error

    def _had(
        self, url: str, authority: Certificate, read: Callable[[bytes], Statement], now: datetime
    ) -> Statement:
        key, leeway = (url, fingerprint(authority)), timedelta(seconds=self.clock_skew_seconds)
        held = self.memory.find(key, now)
        if held is not None and held.fetched_at <= now < held.fetched_at + FRESH:
            return held.found
        try:
            content = self.fetch(url)
            found = read(content)
            found.require_in_force(now, leeway)
        except UnavailableError:
            if held is None:
                raise
            held.found.require_in_force(now, leeway)
            return held.found
        return self.memory.keep(key, found, now, size=len(content))


@contextmanager
def _noted(reasons: list[str]) -> Iterator[None]:
    """Goes on to what is asked next, where this could not be had."""
    try:
        yield
    except UnavailableError as error:
        reasons.append(error.detail)


def tell_revocation(facts: Mapping[str, Fact]) -> str:
    """What `look_up` came to, as the end of a sentence about a certificate."""
    told = facts["certificateRevocation"]
    by = [
        f"{kind} of {facts[name]}"
        for name, kind in (("certificateListsFrom", "lists"), ("certificateAnswersFrom", "answers"))
        if name in facts
    ]
    if by:
        return f"by its authorities' {' and '.join(by)} it was {told}"
    if told == _NONE_NAMED:
        return "its authorities name no list of what they revoked that is had by http, and nobody to ask"
    return "whether it was revoked was not looked up"
