"""Whether the audit trail is unaltered: `credserv audit`, and its page in the console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.audit import AuditRecord, ChainFault, Seal
from credserv.store.operate.audit_seals import SEALED_AT_ONCE

_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")
_AT_ONCE = 500


@dataclass(frozen=True)
class TrailReport:
    """The state of the audit trail.

    Attributes:
        head: The newest seal; None if the trail is empty.
        fault: Where the chain first breaks.
    """

    head: Seal | None
    fault: ChainFault | None


def seal_trail(services: Services) -> None:
    """Seal every line that waits for it."""
    while services.store.audit_seals.seal() >= SEALED_AT_ONCE:
        pass


def judge_trail(services: Services, kept_head: str | None = None) -> TrailReport:
    """Recompute the whole chain and compare.

    Args:
        kept_head: What `format_head` returned earlier and was stored elsewhere. With it, a trail that was cut
            short or recomputed as a whole is detected too.

    Raises:
        InputError: `kept_head` is not such a line.
    """
    seal_trail(services)
    seals = services.store.audit_seals
    fault = seals.first_fault()
    if fault is None and kept_head is not None:
        fault = _compare(seals.at(_parse_head(kept_head).position), _parse_head(kept_head))
    return TrailReport(seals.head(), fault)


def format_head(services: Services) -> str:
    """Return the newest seal as one line, `POSITION:SHA256`.

    Raises:
        NotFoundError: The trail is empty.
    """
    seal_trail(services)
    head = services.store.audit_seals.head()
    if head is None:
        raise NotFoundError("the audit trail is empty")
    return f"{head.position}:{head.sha256}"


def newest_lines(services: Services, limit: int | None = None) -> Iterator[AuditRecord]:
    """Yield the organisation's lines, newest first, at most `limit`."""

    def all_lines() -> Iterator[AuditRecord]:
        before: int | None = None
        while found := services.store.audit.page(before=before, limit=_AT_ONCE):
            yield from (line for _, line in found)
            before = found[-1][0]

    return islice(all_lines(), limit)


def _parse_head(text: str) -> Seal:
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise InputError("a head is a line POSITION:SHA256, as `credserv audit head` prints it")
    return Seal(int(found[1]), found[2])


def _compare(known: Seal | None, kept: Seal) -> ChainFault | None:
    if known is None:
        return ChainFault(kept.position, 0, "the trail ends before the head that was kept")
    if known.sha256 != kept.sha256:
        return ChainFault(kept.position, 0, "the trail is not the one that the kept head was made of")
    return None
