"""Whether one of the certificates that prove a key was revoked, by the lists (CRL) of their authorities.

RFC 5280, section 6.3. Asked of every certificate of a chain but the anchor, which is the operator's own to
believe or remove. A list is kept for an hour, and until its end where its host does not answer meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from credserv.proof.tokens.token import NOT_LOOKED_UP

FRESH = timedelta(hours=1)
_MAX_LISTS = 64
_MAX_BYTES = 32 * 1_048_576

Fetch = Callable[[str], bytes]  # a list at its address; raises UnavailableError


@dataclass(frozen=True)
class _Held:
    found: CertificateList
    fetched_at: datetime


class CertificateLists:
    """The lists that were fetched. Safe to share between threads."""

    def __init__(self, clock_skew_seconds: int) -> None:
        self._leeway = timedelta(seconds=clock_skew_seconds)
        self._lock = threading.Lock()
        self._held: Cache[_Held] = Cache(max_entries=_MAX_LISTS, max_bytes=_MAX_BYTES)

    def look_up(self, chain: Chain, fetch: Fetch | None, now: datetime) -> Mapping[str, Fact]:
        """What to tell of a chain of which nothing was revoked.

        Args:
            fetch: None where the operator wants nothing looked up.

        Raises:
            RevokedCertificateError: an authority took one of them back.
            UnavailableError: that could not be found out.
        """
        if fetch is None:
            return NOT_LOOKED_UP
        named = [list_addresses(certificate) for certificate in chain[:-1]]
        if not any(named):
            return {"certificateRevocation": "no list named"}
        found = [
            self._find(places, certificate, authority, fetch, now)
            for places, certificate, authority in zip(named, chain[:-1], chain[1:], strict=True)
            if places
        ]
        told = "not revoked" if all(named) else "not revoked, where a list is named"
        return {
            "certificateRevocation": told,
            "certificateListsFrom": format_instant(min(one.begins for one in found)),
        }

    def _find(
        self,
        places: Sequence[str],
        certificate: Certificate,
        authority: Certificate,
        fetch: Fetch,
        now: datetime,
    ) -> CertificateList:
        """The first list to be had that speaks of the certificate, and says nothing against it."""
        reasons: list[str] = []
        for url in places:
            try:
                found = self._had(url, authority, fetch, now)
                require_kind(found, certificate)
            except UnavailableError as error:
                reasons.append(error.detail)
                continue
            found.require_good(certificate)
            return found
        raise UnavailableError(
            f"no list says whether the certificate of its key was revoked: {'; '.join(reasons)}"
        )

    def _had(self, url: str, authority: Certificate, fetch: Fetch, now: datetime) -> CertificateList:
        key = (url, fingerprint(authority))
        with self._lock:
            held = self._held.find(key, now.timestamp())
        if held is not None and held.fetched_at <= now < held.fetched_at + FRESH:
            return held.found
        try:
            content = fetch(url)
            found = read_certificate_list(content, url, authority)
            found.require_in_force(now, self._leeway)
        except UnavailableError:
            if held is None:
                raise
            found = held.found
            found.require_in_force(now, self._leeway)
            return found
        if held is not None and held.found.begins > found.begins:
            found = held.found  # an older one, whoever put it there, takes nothing back
        with self._lock:
            self._held.keep(key, _Held(found, now), size=len(content), until=found.ends.timestamp())
        return found
