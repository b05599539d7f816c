"""Memory of status lists seen before, so that what follows from a list's bytes alone is computed once.

That is: its content, its bits, and that a signature fits a key. That its proof holds is remembered together
with the DID document it held under and with its dates. The DID document and all dates are checked again at
each verification.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.validity import Validity, parse_validity
from credserv.ground.verification import Fact
from credserv.openbadges.data_model import issuer_of
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.proofs import VerifiedProof
from credserv.status.bitstring import ListKind, OpenedList, decode_list, open_list
from credserv.verifying.checks.document_memory import Fitting, content_of
from credserv.verifying.checks.proof import Secured

MAX_LISTS = 32
MAX_PLACES = 1_024
_COPIES_DIFFER = timedelta(minutes=10)  # several machines may serve one address
MAX_RAW_BYTES = 131_072  # the longest possible list of half a million entries
_MAX_BITS_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class _Proven:
    """A proof that held under a DID document, which must not be changed. `content` is a `content_of`."""

    document: JsonObject
    content: bytes
    proof: VerifiedProof


class HeldList:
    """One list as it was read. Its document must not be changed. Safe to share between threads."""

    def __init__(self, secured: Secured) -> None:
        self.secured = secured
        self._bits: tuple[str, bytes] | None = None
        self._fitting = Fitting()
        self._opened: dict[str, OpenedList] = {}
        self._proven: _Proven | None = None

    @cached_property
    def issuer(self) -> str | None:
        return issuer_of(self.secured.document)

    @cached_property
    def validity(self) -> Validity:
        """The list's dates; without bounds where they cannot be read, which is reported when its bits are
        read."""
        try:
            return parse_validity(self.secured.document)
        except InputError:
            return Validity(None, None)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """Who made the list, and for how long it is good.

        `ttl` is in milliseconds: how long its issuer allows a copy to be cached. We cache for at most a
        minute.
        """
        subject, validity = self.secured.document.get("credentialSubject"), self.validity
        ttl = subject.get("ttl") if isinstance(subject, Mapping) else None
        facts: dict[str, Fact] = {"listIssuer": self.issuer}
        if validity.begins is not None:
            facts["validFrom"] = format_instant(validity.begins)
        if validity.ends is not None:
            facts["validUntil"] = format_instant(validity.ends)
        return facts | {"ttl": ttl} if isinstance(ttl, int) else facts

    def is_proven(self, resolve_did: Callable[[str], JsonObject], now: datetime, leeway: timedelta) -> bool:
        """Return whether the list's proof is known to hold under its issuer's current DID document, and is in
        time.

        False means that it has to be verified. `leeway` must be the same at each call for one list. Raises as
        `resolve_did`.
        """
        if self._proven is None or self.issuer is None:
            return False
        known, proof = self._proven, self._proven.proof
        in_time = (proof.created is None or proof.created <= now + leeway) and (
            proof.ends is None or now < proof.ends
        )
        if not in_time:
            return False
        document = resolve_did(self.issuer)
        return document is known.document or content_of(document) == known.content

    def note_proven(self, proofs: Sequence[VerifiedProof], did_documents: Sequence[JsonObject]) -> None:
        """Record that a proof held under a DID document.

        Only a single proof is kept: one of several may build on others.
        """
        is_alone = len(proofs) == len(did_documents) == 1
        content = content_of(did_documents[0]) if is_alone else None
        if content is not None and isinstance(self.secured.document.get("proof"), dict):
            self._proven = _Proven(did_documents[0], content, proofs[0])

    def opened(self, kind: ListKind) -> OpenedList:
        """Return the result of `open_list`, computed once."""
        held = self._opened.get(kind.entry)
        if held is None:
            held = self._opened[kind.entry] = open_list(self.secured.document, kind)
        return held

    def decode(self, encoded: str) -> bytes:
        """Return the result of `decode_list`, computed once."""
        held = self._bits
        if held is not None and held[0] == encoded:
            return held[1]
        bits = decode_list(encoded)
        if len(bits) <= _MAX_BITS_BYTES:
            self._bits = (encoded, bits)
        return bits

    def once(self, suites: Mapping[str, CryptoSuite]) -> Mapping[str, CryptoSuite]:
        """See `Fitting.once`."""
        return self._fitting.once(suites)


class ListMemory:
    """The lists seen most recently, by their bytes, and the newest date seen at each address."""

    def __init__(self) -> None:
        self._lists: OrderedDict[bytes, HeldList] = OrderedDict()
        self._newest: OrderedDict[tuple[str, str | None], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, raw: bytes, read: Callable[[bytes], Secured]) -> HeldList:
        """Return the list for `raw`; calls `read` for a new one and raises as `read` does."""
        with self._lock:
            held = self._lists.get(raw)
            if held is not None:
                self._lists.move_to_end(raw)
                return held
        held = HeldList(read(raw))
        if len(raw) <= MAX_RAW_BYTES:
            with self._lock:
                self._lists[raw] = held
                if len(self._lists) > MAX_LISTS:
                    self._lists.popitem(last=False)
        return held

    def newest(
        self, url: str, issuer: str | None, begins: datetime | None, *, latest: datetime
    ) -> datetime | None:
        """Return when a newer list of that issuer, seen at `url` before, began; None if there was none.

        A host that returns to an older list may be hiding what was revoked since (attack 68).

        Args:
            begins: of a list whose proof and dates hold; remembered.
            latest: now. A list that begins later, seen under a wrong clock or for a verification at a later
                time, decides nothing.
        """
        if begins is None:
            return None
        with self._lock:
            seen = self._newest.get((url, issuer), begins)
            if seen > latest:
                return None
            if seen - begins > _COPIES_DIFFER:
                return seen
            self._newest[url, issuer] = max(seen, begins)
            self._newest.move_to_end((url, issuer))
            if len(self._newest) > MAX_PLACES:
                self._newest.popitem(last=False)
        return None
