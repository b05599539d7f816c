"""Issue the checked rows of a run, or replace or revoke its badges: the worker does one lot at
a time and saves the progress.

A run survives restarts and crashes. A row is settled after its credential is stored, and a credential that
was issued meanwhile is found by its key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from credserv.ground.errors import AbsentError, ConflictError, DeclinedError, InputError
from credserv.issuing.recipe import Issued
from credserv.journeys.award.batch import NOT_OPEN, award_batch
from credserv.journeys.award.in_bulk.cohort import REVOKES
from credserv.journeys.award.in_bulk.prepare import SCOPE, build_request, find_run, tell
from credserv.journeys.award.in_bulk.reissue import reissue
from credserv.journeys.award.in_bulk.revoke import revoke
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.bulk import RowRecord, RowState, RunKind, RunRecord, RunState
from credserv.records.paging import Place, by_place

_ROWS_AT_ONCE = 500
_LOT = 100
_LEASE = timedelta(seconds=5)  # if a worker dies, another takes over after this; two at once do no harm

logger = logging.getLogger(__name__)

Stopping = Callable[[], bool]


def begin(services: Services, run_id: str, *, actor: str, now: datetime) -> None:
    """Start issuing the rows that are ready.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: The run is not waiting to begin.
        OrganisationClosedError: The organisation is closed.
    """
    services.require_open()
    with services.store.transaction():
        services.store.bulk.change(run_id, [RunState.CHECKED], RunState.RUNNING, began_at=now)
        services.store.audit.add(AuditRecord(now, actor, Action.BULK_BEGUN, run_id))


def pause(services: Services, run_id: str, *, actor: str, now: datetime) -> None:
    """Stop issuing rows until `resume`.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: The run is not running.
    """
    _change(services, run_id, [RunState.RUNNING], RunState.PAUSED, actor, now)


def resume(services: Services, run_id: str, *, actor: str, now: datetime) -> None:
    """Go on with a paused run.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: The run is not paused.
        OrganisationClosedError: The organisation is closed.
    """
    services.require_open()
    _change(services, run_id, [RunState.PAUSED], RunState.RUNNING, actor, now)


def cancel(services: Services, run_id: str, *, actor: str, now: datetime) -> None:
    """End a run for good. Issued credentials stay; the remaining rows are never issued.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: The run has already ended.
    """
    before = [RunState.READING, RunState.CHECKED, RunState.RUNNING, RunState.PAUSED]
    _change(services, run_id, before, RunState.CANCELLED, actor, now, ended_at=now)


def recent_runs(services: Services, *, limit: int) -> tuple[RunRecord, ...]:
    """Return the latest runs, newest first."""
    return services.store.bulk.list(limit=limit)


def all_runs(services: Services, after: Place | None = None) -> Iterator[RunRecord]:
    """Yield all runs, newest first, or those after `after`. Each is counted when it is reached."""
    bulk = services.store.bulk
    return by_place(lambda count, last: bulk.list(limit=count, after=last), lambda run: run.place, after)


def all_rows(services: Services, run_id: str, *, states: Sequence[RowState] = ()) -> Iterator[RowRecord]:
    """Yield the rows of a run by line, reading them as needed.

    Raises:
        NotFoundError: There is no such run. Raised at once, not on the first row.
    """
    find_run(services, run_id)

    def rows() -> Iterator[RowRecord]:
        after = 0
        while found := services.store.bulk.rows(run_id, states=states, after=after, limit=_ROWS_AT_ONCE):
            yield from found
            after = found[-1].line

    return rows()


def rows_of(
    services: Services, run_id: str, *, states: Sequence[RowState] = (), after: int = 0, limit: int
) -> tuple[RowRecord, ...]:
    """Return one page of a run's rows, by line.

    Args:
        states: Only rows in these states; empty for all.
        after: The line after which the page begins.

    Raises:
        NotFoundError: There is no such run.
    """
    find_run(services, run_id)
    return services.store.bulk.rows(run_id, states=states, after=after, limit=limit)


def carry_on(services: Services, *, clock: Callable[[], datetime], stopping: Stopping) -> int:
    """Issue the next lot of every active run. While the organisation is closed, only badges are revoked.

    Returns:
        How many rows were settled.

    Raises:
        UnavailableError, SigningKeyError: Try again later; the rows are still ready.
    """
    settled = 0
    for run in services.store.bulk.running():
        now = clock()
        if stopping() or not services.store.bulk.lease(run.id, now, now + _LEASE):
            continue
        try:
            settled += _next_lot(services, run, now)
        except NOT_OPEN:  # the rows are still ready; a run that revokes goes on
            continue
        finally:
            services.store.bulk.release(run.id)
    return settled


def _next_lot(services: Services, run: RunRecord, now: datetime) -> int:
    rows = services.store.bulk.rows(run.id, states=[RowState.READY], limit=_LOT)
    if not rows:
        became = {state.value: count for state, count in find_run(services, run.id).counts.items()}
        with services.store.transaction():
            services.store.bulk.change(run.id, [RunState.RUNNING], RunState.DONE, ended_at=now)
            services.store.audit.add(AuditRecord(now, "worker", Action.BULK_DONE, run.id, became))
        return 0
    acted = _ACTS[run.kind](services, run, rows, now)
    settled = [row for row in acted if row.state is not RowState.READY]
    services.store.bulk.settle(run.id, settled)
    return len(settled)


def _award(services: Services, run: RunRecord, rows: Sequence[RowRecord], now: datetime) -> list[RowRecord]:
    requests = [build_request(row.key, row.order) for row in rows]
    issued = award_batch(services, scope=SCOPE, requests=requests, now=now, actor=run.created_by)
    return [_settled(run, row, one) for row, one in zip(rows, issued, strict=True)]


def _reissue(services: Services, run: RunRecord, rows: Sequence[RowRecord], now: datetime) -> list[RowRecord]:
    """Replace each badge by itself, because its former badge is revoked with it. Raises as `carry_on`.

    Badges replaced before an error are found again, because each badge has one successor.
    """
    return [_reissued(services, run, row, now) for row in rows]


def _reissued(services: Services, run: RunRecord, row: RowRecord, now: datetime) -> RowRecord:
    try:
        made = reissue(services, row.order["replaces"], row.order["reason"], actor=run.created_by, now=now)
    except NOT_OPEN:
        raise
    except (InputError, AbsentError, ConflictError) as error:
        return replace(row, state=RowState.FAILED, note=tell(error))
    is_own = run.began_at is not None and made.issued_at >= run.began_at.replace(microsecond=0)
    state, note = (RowState.ISSUED, "") if is_own else (RowState.REPEATED, "issued again before")
    return replace(row, state=state, note=note, credential_id=made.id)


def _revoke(services: Services, run: RunRecord, rows: Sequence[RowRecord], now: datetime) -> list[RowRecord]:
    return [_revoked(services, run, row, now) for row in rows]


def _revoked(services: Services, run: RunRecord, row: RowRecord, now: datetime) -> RowRecord:
    changed = revoke(services, row.order[REVOKES], row.order["reason"], actor=run.created_by, now=now)
    if changed is not None and changed.changed_at is not None and run.began_at is not None:
        # What this run revoked before it was killed counts as its own.
        since = run.began_at.replace(microsecond=0)
        if changed.reason == row.order["reason"] and changed.changed_at >= since:
            return replace(row, state=RowState.REVOKED)
    return replace(row, state=RowState.FAILED, note="it was revoked before")


_ACTS = {RunKind.AWARD: _award, RunKind.REISSUE: _reissue, RunKind.REVOKE: _revoke}


def _settled(run: RunRecord, row: RowRecord, issued: Issued) -> RowRecord:
    if issued.record is None:
        error = issued.error
        if isinstance(error, NOT_OPEN):
            return row  # in a lot with repeats, which are answered
        if isinstance(error, DeclinedError):
            return replace(row, state=RowState.DECLINED, note=error.detail)
        return replace(row, state=RowState.FAILED, note=tell(error) if error else "nothing came of it")
    # Credentials that this run issued before it was killed count as its own.
    is_own = issued.created or (run.began_at is not None and issued.record.issued_at >= run.began_at)
    is_repeat = issued.is_repeat or not is_own
    state = RowState.REPEATED if is_repeat else RowState.ISSUED
    note = issued.note or ("issued before" if is_repeat else "")
    return replace(row, state=state, note=note, credential_id=issued.record.id)


def _change(
    services: Services,
    run_id: str,
    before: Sequence[RunState],
    state: RunState,
    actor: str,
    now: datetime,
    **values: datetime,
) -> None:
    with services.store.transaction():
        services.store.bulk.change(run_id, before, state, **values)
        services.store.audit.add(AuditRecord(now, actor, Action.BULK_STATE, run_id, {"to": state.value}))
