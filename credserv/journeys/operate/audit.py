"""Whether the audit trail still says what it said: `credserv audit`, and the console's page of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from credserv.ground.errors import InputError, NotFoundError
from credserv.journeys.services import Services
from credserv.records.audit import AuditRecord, ChainFault, Seal
from credserv.store.audit_seals import SEALED_AT_ONCE

_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")
_AT_ONCE = 500


@dataclass(frozen=True)
class TrailReport:
    """head: the newest seal, None for an empty trail. fault: where the chain first does not hold."""

    head: Seal | None
    fault: ChainFault | None


def seal_trail(services: Services) -> None:
    """Seal every line that waits for it now."""
    while services.store.audit_seals.seal() >= SEALED_AT_ONCE:
        pass


def judge_trail(services: Services, kept_head: str | None = None) -> TrailReport:
    """Make the whole chain anew and compare.

    Args:
        kept_head: what `format_head` gave earlier and was kept elsewhere. With it, also an end that was cut
            off, or a chain that was made anew as a whole, is found.
    Raises:
        InputError: `kept_head` is no such line.
    """
    seal_trail(services)
    seals = services.store.audit_seals
    fault = seals.first_fault()
    if fault is None and kept_head is not None:
        fault = _compare(seals.at(_parse_head(kept_head).position), _parse_head(kept_head))
    return TrailReport(seals.head(), fault)


def format_head(services: Services) -> str:
    """The newest seal as one line, `POSITION:SHA256`. Raises NotFoundError while the trail is empty."""
    seal_trail(services)
    head = services.store.audit_seals.head()
    if head is None:
        raise NotFoundError("the audit trail is empty")
    return f"{head.position}:{head.sha256}"


def newest_lines(services: Services, limit: int | None = None) -> Iterator[AuditRecord]:
    """The organisation's lines, newest first; all of them without a limit."""

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
