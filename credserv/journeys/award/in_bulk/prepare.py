"""Check a file of awards row by row and store it as a run. Nothing is issued here.

A row is recognised by its key, so if the same file comes every night, only its new rows are issued.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from credserv.ground.encoding import parse_instant, random_token
from credserv.ground.errors import AbsentError, CredservError, InputError, NotFoundError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut
from credserv.journeys.award.in_bulk.former import FormerSystem, Ours
from credserv.journeys.award.in_bulk.moving_in import read_former
from credserv.journeys.award.in_bulk.rows import DraftFile, DraftRow, read_rows
from credserv.journeys.award.orders import OrderRequest, find_version, hash_request, prepare_order
from credserv.journeys.services import Services
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord
from credserv.records.bulk import RowRecord, RowState, RunRecord, RunState
from credserv.records.credentials import Recipient

SCOPE = "bulk"
RUN_ID_BYTES = 9
_MAX_FAULTS = 8

# Takes an achievement and an e-mail address ("" for none); raises ForbiddenError.
MayIssue = Callable[[str, str], None]


def _anybody(_achievement: str, _email: str) -> None:
    """Allow every award to callers who may issue at all."""


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
    """Read and check every row of a file. Nothing is issued before `begin`.

    Args:
        name: The file's name, for display.
        data: CSV or JSON Lines, in UTF-8.
        achievement: The achievement key of rows that have none.
        may_issue: Called for each row; raises ForbiddenError where the actor may not issue it.

    Returns:
        The stored run with its counts.

    Raises:
        InputError: The data is not a table.
        NotFoundError: There is no achievement with this key.
        TooLargeError: The file has too many rows.
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
    """Check rows that were already read and store them as a run. Nothing is issued before `begin`.

    Args:
        name: The file's name, for display.
        may_issue: Called for each row; raises ForbiddenError where the actor may not issue it.
    """
    known = services.store.bulk.known_keys(SCOPE, [row.key for row in draft.rows])
    versions: dict[str, AchievementVersion | None] = {}
    rows = [_checked(services, row, known, versions, may_issue, now) for row in draft.rows]
    run = RunRecord(
        random_token(RUN_ID_BYTES),
        cut(name.strip(), 200) or "awards",
        RunState.CHECKED,
        now,
        actor,
        draft.notes,
    )
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
    """Like `prepare_run`, for the export of another system.

    Args:
        files: Names and contents of the exported files.
        system: The system that the export comes from.
        badges: Our achievement keys by the id or name of a badge there. A badge with the name of one of our
            achievements needs no entry.
        addresses: E-mail addresses of people, for badges that name them only by a hash.

    Raises:
        InputError: The files are not an export of this system.
        TooLargeError: There are too many rows or bytes.
    """
    ours, zone = known_here(services, badges, addresses), ZoneInfo(services.issuer.time_zone)
    draft = read_former(files, system, ours, zone=zone, now=now)
    return keep_draft(services, name, draft, may_issue=may_issue, actor=actor, now=now)


def known_here(services: Services, badges: Mapping[str, str], addresses: Sequence[str] = ()) -> Ours:
    """Return what `read_former` needs to know about this organisation.

    Args:
        badges: As in `prepare_moving_in`.
        addresses: As in `prepare_moving_in`.
    """
    named: dict[str, str] = {}
    for version in services.store.achievements.list_newest():
        named.setdefault(str(version.achievement["name"]).strip().lower(), version.key)
    return Ours(badges, named, addresses)


def find_run(services: Services, run_id: str) -> RunRecord:
    """Return a run.

    Raises:
        NotFoundError: There is no such run.
    """
    found = services.store.bulk.get(run_id)
    if found is None:
        raise NotFoundError("there is no such run")
    return found


def build_request(key: str, order: JsonObject) -> OrderRequest:
    """Build the order of a row."""
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
        if "result_description" in row.order:
            prepare_order(services, SCOPE, build_request(row.key, row.order), version, now=now)
    except (InputError, AbsentError, CredservError) as error:
        return [tell(error)]
    return []


def tell(error: Exception) -> str:
    """Return an error as one line for the run's page."""
    if not isinstance(error, CredservError):
        return type(error).__name__
    faults = [f"{fault.place} {fault.message}".strip() for fault in error.faults[:_MAX_FAULTS]]
    return "; ".join([error.detail, *faults])
