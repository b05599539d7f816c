"""Everything that went wrong in an organisation, in one list; what is fixed disappears from it.

Conditions of the whole (a silent source, an ageing key) are not rows here; see `alarms.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from heapq import merge

from credserv.journeys.operate.conditions import lists_behind
from credserv.journeys.services import Services
from credserv.records.paging import Place, by_place
from credserv.records.wrong import WrongKind, WrongRecord

_KINDS = tuple(WrongKind)
_AN_INSTANT = timedelta(microseconds=1)
_REFUSED_SHOWN = timedelta(days=30)


def all_wrong(
    services: Services, *, kinds: Collection[WrongKind] = (), after: Place | None = None, now: datetime
) -> Iterator[WrongRecord]:
    """Yield what went wrong as needed, newest first.

    Args:
        kinds: Empty for all.
        after: The last row of the previous page.
    """
    wanted = [kind for kind in _KINDS if not kinds or kind in kinds]
    return merge(*(_of(services, kind, _start(kind, after), now) for kind in wanted), key=_order)


def count_wrong(services: Services, now: datetime) -> int:
    """Return how many there are."""
    others = (_refused(services, now), _sources(services), _lists(services, now))
    return services.store.wrong.count() + sum(map(len, others))


def _order(one: WrongRecord) -> tuple[float, int]:
    return -one.at.timestamp(), _KINDS.index(one.kind)


def _of(services: Services, kind: WrongKind, after: Place | None, now: datetime) -> Iterable[WrongRecord]:
    if kind is WrongKind.REFUSED:
        return _behind(_refused(services, now), after)
    if kind is WrongKind.SOURCE:
        return _behind(_sources(services), after)
    if kind is WrongKind.STATUS_LIST:
        return _behind(_lists(services, now), after)
    return by_place(
        lambda count, last: services.store.wrong.recent(kind, limit=count, after=last),
        lambda one: Place(one.at, one.key),
        after,
    )


def _start(kind: WrongKind, after: Place | None) -> Place | None:
    """Return the row of a kind after which the list continues; the page's last row may be of another kind."""
    if after is None:
        return None
    last, _, key = after.id.partition(":")
    if last == kind.value:
        return Place(after.at, key)
    comes_first = last in set(_KINDS) and _KINDS.index(kind) < _KINDS.index(WrongKind(last))
    return Place(after.at - _AN_INSTANT if comes_first else after.at, "")


def _behind(rows: Iterable[WrongRecord], after: Place | None) -> Iterable[WrongRecord]:
    ordered = sorted(rows, key=lambda one: (-one.at.timestamp(), one.key))
    if after is None:
        return ordered
    return [one for one in ordered if one.at < after.at or (one.at == after.at and one.key > after.id)]


def _refused(services: Services, now: datetime) -> list[WrongRecord]:
    """Return the refused requests after which the source sent nothing that was accepted."""
    refused = [one for one in services.store.sources.refused() if now - one.at < _REFUSED_SHOWN]
    last = services.store.events.last_by_source() if refused else {}
    return [
        WrongRecord(WrongKind.REFUSED, one.source, one.at, whose=one.source, why=one.why, subject=one.source)
        for one in refused
        if one.source not in last or one.at >= last[one.source]
    ]


def _sources(services: Services) -> list[WrongRecord]:
    return [
        WrongRecord(
            WrongKind.SOURCE,
            one.source,
            one.ended_at or one.due_at,
            whose=one.source,
            why=str(one.outcome["failed"][0]),
            subject=one.source,
            count=len(one.outcome["failed"]),
        )
        for one in services.store.source_pulls.all()
        if one.outcome.get("failed")
    ]


def _lists(services: Services, now: datetime) -> list[WrongRecord]:
    if services.issuer.moved_at is not None:
        return []
    return [
        WrongRecord(WrongKind.STATUS_LIST, record.id, since, about=record.id, why=f"it {why}")
        for record, why, since in lists_behind(services.store.status_lists.standings(), now)
    ]
