"""The signature log that an organisation publishes to make key theft visible (docs/adr/0030).

What a stolen key signs elsewhere is not in the log, and nobody can remove an entry unnoticed. The
organisation's key signs the log's heads. Whoever keeps a head can hold the log to everything that was in it
then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.merkle import leaf_hash, prove_consistency, prove_inclusion, root_of
from credserv.journeys.publish.did_documents import published_document
from credserv.journeys.services import Services
from credserv.proof.tokens.log_head import sign_log_head
from credserv.records.issuance_log import LogEntry, LogHead
from credserv.store.sign.issuance_log import PLACED_AT_ONCE

MOST_ENTRIES = 1_000
DID_DOCUMENT = "did-document"  # the subject of its entries


def extend_log(services: Services, now: datetime) -> int:
    """Add what was signed since, and sign a head over everything. Nothing is lost if this fails.

    Returns:
        How many entries were added.

    Raises:
        SigningKeyError, UnavailableError: Try again later.
    """
    log, count = services.store.issuance_log, 0
    _note_document(services, now)
    while True:
        placed = log.place()
        count += placed
        if placed < PLACED_AT_ONCE:
            break
    size, last = log.size(), log.head()
    if size and (last is None or last.size < size):
        log.keep_head(_sign_head(services, size, now))
    return count


def _note_document(services: Services, now: datetime) -> None:
    """Log the keys by which everything is verified whenever they change.

    A DID document that was never in the log is not ours. A did:key is its own document. The hash covers its
    canonical form (RFC 8785).
    """
    issuer, log = services.issuer, services.store.issuance_log
    if issuer.moved_at is not None or not issuer.did.startswith("did:web:"):
        return
    content = canonize_json(dict(published_document(services)))
    known = log.newest(DID_DOCUMENT)
    if known is None or known.sha256 != hashlib.sha256(content).hexdigest():
        log.add(DID_DOCUMENT, content, now)


def _sign_head(services: Services, size: int, now: datetime) -> LogHead:
    root = root_of(size, services.store.issuance_log.hashes()).hex()
    now = now.replace(microsecond=0)
    signed = sign_log_head(
        size=size,
        root=root,
        made_at=now,
        issuer=services.issuer.did,
        log=f"{services.public_url}/log",
        signer=services.issuing.unstopped_signer,
        verification_method=services.issuing.verification_method,
    )
    return LogHead(size, root, now, signed)


def find_head(services: Services) -> LogHead | None:
    """Return the newest head; None while the log is empty."""
    return services.store.issuance_log.head()


def newest_head(services: Services) -> LogHead:
    """Return the newest head.

    Raises:
        NotFoundError: The log is empty.
    """
    head = find_head(services)
    if head is None:
        raise NotFoundError("nothing is in the log yet")
    return head


@dataclass(frozen=True)
class Inclusion:
    """Proof that an entry is in the log.

    Attributes:
        path: From the entry to the head's root.
    """

    entry: LogEntry
    head: LogHead
    path: tuple[str, ...]

    def as_json(self) -> JsonObject:
        return {
            "entry": tell_entry(self.entry),
            "leaf_hash": leaf_hash(self.entry.leaf()).hex(),
            "position": self.entry.position,
            "path": list(self.path),
            "head": tell_head(self.head),
        }


def inclusion_of(services: Services, subject: str) -> Inclusion:
    """Return proof that the newest signature over a credential, copy or document is in
    the log, under the newest head.

    Raises:
        NotFoundError: It is not in the log, or not yet.
    """
    found = inclusions_of(services, [subject])
    if subject not in found:
        raise NotFoundError("this is not in the log, or was signed a moment ago: ask again in a minute")
    return found[subject]


def inclusions_of(services: Services, subjects: Sequence[str]) -> dict[str, Inclusion]:
    """Return proofs by subject, all under one head, for those subjects that are in the log."""
    log = services.store.issuance_log
    head, hashes = log.head(), log.hashes()
    found: dict[str, Inclusion] = {}
    if head is None:
        return found
    for subject, entry in log.newest_of(subjects).items():
        if entry.position is not None and entry.position < head.size:
            path = prove_inclusion(entry.position, head.size, hashes)
            found[subject] = Inclusion(entry, head, tuple(one.hex() for one in path))
    return found


def consistency(services: Services, first: int, second: int) -> JsonObject:
    """Return proof that the log of `second` entries begins with the log of `first`.

    Raises:
        InputError: The numbers are not valid.
        NotFoundError: The log has fewer entries.
    """
    log = services.store.issuance_log
    if second > log.size():
        raise NotFoundError(f"the log has fewer entries than {second}")
    path = prove_consistency(first, second, log.hashes())
    return {"first": first, "second": second, "path": [one.hex() for one in path]}


def entries(services: Services, start: int, end: int) -> list[JsonObject]:
    """Return the entries [start, end), at most MOST_ENTRIES, under the newest head.

    Raises:
        InputError: The range is not valid.
    """
    if not 0 <= start <= end:
        raise InputError("start comes before end, and both count from 0")
    head = services.store.issuance_log.head()
    end = min(end, start + MOST_ENTRIES, head.size if head else 0)
    return [
        {"position": one.position, **tell_entry(one)}
        for one in services.store.issuance_log.entries(start, end)
    ]


def tell_entry(entry: LogEntry) -> dict[str, Any]:
    """Return an entry as JSON."""
    return {"key": entry.key, "sha256": entry.sha256, "signed_at": format_instant(entry.signed_at)}


def tell_head(head: LogHead) -> JsonObject:
    """Return a head as JSON."""
    made_at = format_instant(head.made_at)
    return {"size": head.size, "root": head.root, "made_at": made_at, "signed": head.signed}
