"""Look up whether a certificate that proves a key was revoked.

The authority's list (CRL) decides; where it names none, or none can be fetched, its answer about the one
certificate (OCSP) does. RFC 5280, section 6.3; RFC 6960. Every certificate of a chain is looked up except the
anchor, which the operator trusts or removes. Lists and answers are cached for an hour, and until they expire
if their host does not answer in the meantime.

Lists from an archive have a memory of their own: whoever made the archive may have chosen a list from before
the revocation that is still in force.
"""

from __future__ import annotations

import math
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

Fetch = Callable[[str], bytes]  # returns a list or an answer by its address; raises UnavailableError
Statement = CertificateList | CertificateAnswer
Send = Callable[[str, Callable[[], bytes]], bytes]  # decides whether an address is asked


@dataclass(frozen=True)
class _Held:
    found: Statement
    fetched_at: datetime


class _Memory:
    """Lists and answers seen before. Safe to share between threads.

    Attributes:
        beside: another memory that is read and never written.
    """

    def __init__(self, beside: _Memory | None = None) -> None:
        self._beside = beside
        self._lock = threading.RLock()
        self._held: Cache[_Held] = Cache(max_entries=_MAX_LISTS, max_bytes=_MAX_BYTES)

    def find(self, key: Hashable, now: datetime) -> _Held | None:
        with self._lock:
            return self._held.find(key, now.timestamp())

    def peek(self, key: Hashable, now: datetime) -> _Held | None:
        """Find one without forgetting it where it has ended: `now` may be another time (attack 165)."""
        with self._lock:
            held = self._held.find(key, -math.inf)
        return held if held is not None and now < held.found.ends else None

    def keep(self, key: Hashable, found: Statement, now: datetime, *, size: int) -> Statement:
        """Keep and return the newest statement seen, so that an older one cannot undo a revocation."""
        with self._lock:
            held = [self.find(key, now), self._beside.peek(key, now) if self._beside is not None else None]
            seen = [found, *(one.found for one in held if one is not None)]
            newest = max(seen, key=lambda one: one.begins)
            self._held.keep(key, _Held(newest, now), size=size, until=newest.ends.timestamp())
        return newest


@dataclass(frozen=True)
class CertificateLists:
    """Revocation lists, fetched or remembered. Safe to share between threads."""

    fetch: Fetch
    clock_skew_seconds: int
    memory: _Memory = field(default_factory=_Memory)

    def sent_by(self, send: Send) -> CertificateLists:
        """Return the same lists, with each fetch going through `send`."""
        return replace(self, fetch=lambda url: send(url, lambda: self.fetch(url)))

    def apart(self, fetch: Fetch) -> CertificateLists:
        """Return lists that come from somebody else.

        Nothing of them is remembered here, and an older one cannot undo a revocation seen here.
        """
        return CertificateLists(fetch, self.clock_skew_seconds, _Memory(self.memory))

    def look_up(self, chain: Chain, now: datetime) -> Mapping[str, Fact]:
        """Return the facts to show about a chain in which no certificate was revoked.

        Raises:
            RevokedCertificateError: an authority revoked one of the certificates.
            UnavailableError: no list or answer was available.
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
        """Return the first list, or else answer, that covers the certificate and says nothing against it;
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
        """Ask the authority about one certificate.

        Its delegate may be revoked too, so that is looked up as well.
        """

        def read(content: bytes) -> Statement:
            return read_certificate_answer(content, certificate, authority)

        found = self._had(url, authority, read, now)
        if isinstance(found, CertificateAnswer) and found.signed_by is not None:
            self._require_delegate(found.signed_by, authority, now)
        found.require_good(certificate)
        return found

    def _require_delegate(self, delegate: Certificate, authority: Certificate, now: datetime) -> None:
        """Require that a delegate may answer (RFC 6960, section 4.2.2.2.1).

        Raises UnavailableError: its answer then counts for nothing.
        """
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
    """Note why a source was unavailable, and carry on with the next."""
    try:
        yield
    except UnavailableError as error:
        reasons.append(error.detail)


def tell_revocation(facts: Mapping[str, Fact]) -> str:
    """Return the facts of `look_up` as the end of a sentence about a certificate."""
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
