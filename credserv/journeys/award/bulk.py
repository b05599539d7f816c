"""Award in bulk: a file is checked row by row, and only then issued, by the worker, with its progress kept.

Nothing is issued by checking. Once begun, a run goes on through restarts and kills: a row is settled after
its credential is, and one that was issued meanwhile is found by its key. So is a row of an earlier file: the
same file every night issues what is new in it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from credserv.ground.encoding import parse_instant, random_token
from credserv.ground.errors import (
    AbsentError,
    CredservError,
    InputError,
    NotFoundError,
)
from credserv.ground.json_types import JsonObject
from credserv.issuing.recipe import Issued
from credserv.journeys.award.batch import award_batch
from credserv.journeys.award.bulk_rows import DraftFile, DraftRow, read_rows
from credserv.journeys.award.moving_in import FormerSystem, Ours, read_former
from credserv.journeys.award.orders import OrderRequest, build_order, find_version, hash_request
from credserv.journeys.services import Services
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord
from credserv.records.bulk import RowRecord, RowState, RunRecord, RunState
from credserv.records.credentials import Recipient

SCOPE = "bulk"
_LOT = 100
_ID_BYTES = 9
_LEASE = timedelta(seconds=60)
_MAX_FAULTS = 8

logger = logging.getLogger(__name__)

MayIssue = Callable[[str, str], None]  # achievement and e-mail address ("" for none); raises ForbiddenError
Stopping = Callable[[], bool]


def _anybody(_achievement: str, _email: str) -> None:
    """Who may order at all, may order this."""


def prepare_run(
    services: Services,
    name: str,
    data: bytes,
    *,
    achievement: str | None = None,
    may_issue: MayIssue = _anybody,
    actor: str,
    now: datetime,
) -> RunRecord:
    """Read every row and say what is wrong with it; nothing is issued before `begin`.

    achievement: what rows without one mean. Raises InputError for what is no table, NotFoundError for that
    achievement.
    """
    if achievement is not None:
        find_version(services, achievement, None)
    zone = ZoneInfo(services.issuer.time_zone)
    draft = read_rows(data, achievement=achievement, zone=zone, now=now)
    return keep_draft(services, name, draft, may_issue=may_issue, actor=actor, now=now)


def keep_draft(
    services: Services,
    name: str,
    draft: DraftFile,
    *,
    may_issue: MayIssue = _anybody,
    actor: str,
    now: datetime,
) -> RunRecord:
    """Check rows that were read, and keep them as a run that issues nothing before `begin`."""
    known = services.store.bulk.known_keys(SCOPE, [row.key for row in draft.rows])
    versions: dict[str, AchievementVersion | None] = {}
    rows = [_checked(services, row, known, versions, may_issue, now) for row in draft.rows]
    run = RunRecord(
        random_token(_ID_BYTES), name.strip()[:200] or "awards", RunState.CHECKED, now, actor, draft.notes
    )
    with services.store.transaction():
        services.store.bulk.add(run, rows)
        line = AuditRecord(now, actor, Action.BULK_CHECKED, run.id, {"name": run.name, "rows": len(rows)})
        services.store.audit.add(line)
    return find_run(services, run.id)


def prepare_moving_in(
    services: Services,
    name: str,
    files: Iterable[tuple[str, bytes]],
    system: FormerSystem,
    *,
    badges: Mapping[str, str],
    addresses: Sequence[str] = (),
    may_issue: MayIssue = _anybody,
    actor: str,
    now: datetime,
) -> RunRecord:
    """As `prepare_run`, from what another system gives out.

    badges: by the id or name of a badge there, the key of an achievement here; one whose name is an
    achievement's here stands for that. addresses: of people, for badges that name them by a hash.
    Raises InputError.
    """
    named: dict[str, str] = {}
    for version in services.store.achievements.list_newest():
        named.setdefault(str(version.achievement["name"]).strip().lower(), version.key)
    ours, zone = Ours(badges, named, addresses), ZoneInfo(services.issuer.time_zone)
    draft = read_former(files, system, ours, zone=zone, now=now)
    return keep_draft(services, name, draft, may_issue=may_issue, actor=actor, now=now)


def begin(services: Services, run_id: str, *, actor: str, now: datetime) -> None:
    """Issue what is ready, from now on. Raises NotFoundError, ConflictError."""
    services.require_open()
    with services.store.transaction():
        services.store.bulk.change(run_id, [RunState.CHECKED], RunState.RUNNING, began_at=now)
        services.store.audit.add(AuditRecord(now, actor, Action.BULK_BEGUN, run_id))


def pause(services: Services, run_id: str, *, actor: str, now: datetime) -> None:
    """Issue no further row until `resume`. Raises NotFoundError, ConflictError."""
    _change(services, run_id, [RunState.RUNNING], RunState.PAUSED, actor, now)


def resume(services: Services, run_id: str, *, actor: str, now: datetime) -> None:
    """Raises NotFoundError, ConflictError."""
    services.require_open()
    _change(services, run_id, [RunState.PAUSED], RunState.RUNNING, actor, now)


def cancel(services: Services, run_id: str, *, actor: str, now: datetime) -> None:
    """For good: what was issued stays, the rest is not. Raises NotFoundError, ConflictError."""
    before = [RunState.CHECKED, RunState.RUNNING, RunState.PAUSED]
    _change(services, run_id, before, RunState.CANCELLED, actor, now, ended_at=now)


def find_run(services: Services, run_id: str) -> RunRecord:
    """Raises NotFoundError."""
    found = services.store.bulk.get(run_id)
    if found is None:
        raise NotFoundError("there is no such run")
    return found


def recent_runs(services: Services, *, limit: int) -> tuple[RunRecord, ...]:
    return services.store.bulk.list(limit=limit)


def rows_of(
    services: Services, run_id: str, *, states: Sequence[RowState] = (), after: int = 0, limit: int
) -> tuple[RowRecord, ...]:
    """By line. Raises NotFoundError."""
    find_run(services, run_id)
    return services.store.bulk.rows(run_id, states=states, after=after, limit=limit)


def carry_on(services: Services, *, clock: Callable[[], datetime], stopping: Stopping) -> int:
    """Issue the next lot of every run that goes on; returns how many rows were settled.

    Raises UnavailableError, SigningKeyError: the rows are still ready.
    """
    settled = 0
    for run_id in services.store.bulk.running():
        now = clock()
        if stopping() or not services.store.bulk.lease(run_id, now, now + _LEASE):
            continue
        try:
            settled += _next_lot(services, run_id, now)
        finally:
            services.store.bulk.release(run_id)
    return settled


def _next_lot(services: Services, run_id: str, now: datetime) -> int:
    run = find_run(services, run_id)
    rows = services.store.bulk.rows(run_id, states=[RowState.READY], limit=_LOT)
    if not rows:
        services.store.bulk.change(run_id, [RunState.RUNNING], RunState.DONE, ended_at=now)
        services.store.audit.add(
            AuditRecord(
                now, "worker", Action.BULK_DONE, run_id, {state.value: n for state, n in run.counts.items()}
            )
        )
        return 0
    requests = [build_request(row.key, row.order) for row in rows]
    issued = award_batch(services, scope=SCOPE, requests=requests, now=now, actor=run.created_by)
    services.store.bulk.settle(
        run_id, [_settled(run, row, one) for row, one in zip(rows, issued, strict=True)]
    )
    return len(rows)


def _settled(run: RunRecord, row: RowRecord, issued: Issued) -> RowRecord:
    if issued.record is None:
        error = issued.error
        return replace(row, state=RowState.FAILED, note=_told(error) if error else "nothing came of it")
    # What this very run issued before it was killed is its own.
    is_own = issued.created or (run.began_at is not None and issued.record.issued_at >= run.began_at)
    is_repeat = issued.is_repeat or not is_own
    state = RowState.REPEATED if is_repeat else RowState.ISSUED
    note = issued.note or ("issued before" if is_repeat else "")
    return replace(row, state=state, note=note, credential_id=issued.record.id)


def build_request(key: str, order: JsonObject) -> OrderRequest:
    """What a row orders."""
    awarded_at = order.get("awarded_at")
    result = {
        "resultDescription": order.get("result_description"),
        "value": order.get("result_value"),
        "achievedLevel": order.get("achieved_level"),
    }
    evidence = {
        "id": order.get("evidence_id"),
        "name": order.get("evidence_name"),
        "narrative": order.get("evidence_narrative"),
    }
    return OrderRequest(
        idempotency_key=key,
        achievement_key=order["achievement"],
        recipient=Recipient(email=order.get("email"), did=order.get("did"), name=order.get("name")),
        awarded_at=None if awarded_at is None else parse_instant(awarded_at),
        results=_one_of("Result", result),
        evidence=_one_of("Evidence", evidence),
    )


def _one_of(kind: str, members: dict[str, str | None]) -> tuple[JsonObject, ...]:
    said = {name: text for name, text in members.items() if text is not None}
    return ({"type": [kind], **said},) if said else ()


def _checked(
    services: Services,
    row: DraftRow,
    known: Mapping[str, str],
    versions: dict[str, AchievementVersion | None],
    may_issue: MayIssue,
    now: datetime,
) -> RowRecord:
    faults = list(row.faults) or _order_faults(services, row, versions, may_issue, now)
    if faults:
        return RowRecord(row.line, RowState.FAULTY, row.key, row.order, "; ".join(faults[:_MAX_FAULTS]))
    if row.key in known:
        if known[row.key] != hash_request(build_request(row.key, row.order)):
            note = "key: another row was issued under it before"
            return RowRecord(row.line, RowState.FAULTY, row.key, row.order, note)
        return RowRecord(row.line, RowState.KNOWN, row.key, row.order, "the same row was issued before")
    return RowRecord(row.line, RowState.READY, row.key, row.order)


def _order_faults(
    services: Services,
    row: DraftRow,
    versions: dict[str, AchievementVersion | None],
    may_issue: MayIssue,
    now: datetime,
) -> list[str]:
    key = row.order["achievement"]
    if key not in versions:
        versions[key] = services.store.achievements.newest(key)
    version = versions[key]
    if version is None:
        return [f"achievement: there is no achievement {key!r}"]
    try:
        may_issue(key, row.order.get("email", ""))
        if "result_description" in row.order or "evidence_id" in row.order:
            build_order(services, SCOPE, build_request(row.key, row.order), version, now=now)
    except (InputError, AbsentError, CredservError) as error:
        return [_told(error)]
    return []


def _told(error: Exception) -> str:
    if not isinstance(error, CredservError):
        return type(error).__name__
    faults = [f"{fault.place} {fault.message}".strip() for fault in error.faults[:_MAX_FAULTS]]
    return "; ".join([error.detail, *faults])


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
