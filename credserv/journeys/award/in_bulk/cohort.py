"""Select badges of an achievement to issue again or revoke, and foresee the outcome of each.

Nothing is issued or revoked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from credserv.ground.encoding import format_instant, random_token
from credserv.ground.errors import InputError, TooLargeError
from credserv.ground.names import cut
from credserv.ground.strict_json import read_own_json
from credserv.issuing.living import is_living
from credserv.issuing.services import IssuingServices
from credserv.journeys.award.in_bulk.prepare import RUN_ID_BYTES, find_run, tell
from credserv.journeys.award.in_bulk.reissue import fault_of, successor_order
from credserv.journeys.award.in_bulk.rows import MAX_ROWS
from credserv.journeys.award.orders import find_version
from credserv.journeys.services import Services
from credserv.openbadges.profile import build_profile
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord
from credserv.records.bulk import RowRecord, RowState, RunKind, RunRecord, RunState
from credserv.records.credentials import CredentialFilter, CredentialRecord, CredentialState
from credserv.records.paging import Place

MAX_REASON_CHARS = 500
AS_IT_IS = "it is as it would be issued now"
REVOKES = "revokes"  # the member of a row that names the badge to revoke
_BADGES = {RunKind.REISSUE: "replaces", RunKind.REVOKE: REVOKES}
_NAMES = {RunKind.REISSUE: "Issued again", RunKind.REVOKE: "Revoked"}
_PAGE = 500
_IN_FORCE = (CredentialState.ACTIVE, CredentialState.SUSPENDED)


@dataclass(frozen=True)
class Cohort:
    """The badges of one achievement that match every given criterion.

    Attributes:
        issued_from: The start of the time span, included.
        issued_before: The end of the time span, excluded.
        rule_version: The version of the rule that awarded the badge.
        key: The verification method that signed it.
        state: None for badges that are valid or suspended.
    """

    achievement_key: str
    issued_from: datetime | None = None
    issued_before: datetime | None = None
    rule_version: int | None = None
    key: str = ""
    state: CredentialState | None = None


def prepare_reissue(
    services: Services, cohort: Cohort, reason: str, *, actor: str, now: datetime
) -> RunRecord:
    """Prepare a run over the badges of a cohort. No badge changes before `begin`.

    Args:
        reason: Recorded with the badges that are replaced; never published.

    Raises:
        NotFoundError: There is no such achievement.
        InputError: The reason is missing or too long.
        TooLargeError: The cohort has more badges than a run may have.
    """
    version = find_version(services, cohort.achievement_key, None)
    reason = require_reason(reason)
    foresee = partial(_foresee_reissue, services, version)
    return _prepare(services, cohort, RunKind.REISSUE, reason, foresee, actor, now)


def prepare_revocation(
    services: Services, cohort: Cohort, reason: str, *, actor: str, now: datetime
) -> RunRecord:
    """Prepare a run that revokes the badges of a cohort, for good. No badge changes before `begin`.

    Args:
        reason: Recorded with the badges; never published.

    Raises:
        NotFoundError: There is no such achievement.
        InputError: The reason is missing or too long.
        TooLargeError: The cohort has more badges than a run may have.
    """
    return _prepare(services, cohort, RunKind.REVOKE, require_reason(reason), _foresee_revocation, actor, now)


def require_reason(reason: str) -> str:
    """Return why badges are revoked or issued again, without blanks around it. Raises InputError."""
    reason = reason.strip()
    if not 0 < len(reason) <= MAX_REASON_CHARS:
        raise InputError(f"say why, in at most {MAX_REASON_CHARS} characters: it is recorded with each badge")
    return reason


def _prepare(
    services: Services,
    cohort: Cohort,
    kind: RunKind,
    reason: str,
    foresee: Callable[[CredentialRecord], tuple[RowState, str]],
    actor: str,
    now: datetime,
) -> RunRecord:
    version = find_version(services, cohort.achievement_key, None)
    rows: list[RowRecord] = []
    for record in badges_of(services, cohort):
        if len(rows) == MAX_ROWS:
            raise TooLargeError(f"these are more than {MAX_ROWS} badges: choose a shorter span")
        rows.append(_row(len(rows) + 1, kind, record, reason, *foresee(record)))
    name = cut(f"{_NAMES[kind]}: {version.achievement['name']}", 200)
    run = RunRecord(random_token(RUN_ID_BYTES), name, RunState.CHECKED, now, actor, kind=kind)
    services.store.bulk.add(run, rows)
    detail = {"achievement": version.key, "rows": len(rows), "reason": reason}
    services.store.audit.add(AuditRecord(now, actor, Action.BULK_CHECKED, run.id, detail))
    return find_run(services, run.id)


def badges_of(services: Services, cohort: Cohort) -> Iterator[CredentialRecord]:
    """Yield the badges, newest first. Paging is by row, so badges issued meanwhile do not shift it."""
    wanted = CredentialFilter(
        state=cohort.state,
        achievement_key=cohort.achievement_key,
        issued_from=cohort.issued_from,
        issued_before=cohort.issued_before,
    )
    after, more = None, True
    while more:
        page = services.store.credentials.search("", wanted=wanted, limit=_PAGE, after=after)
        yield from (record for record in page.items if _belongs(cohort, record))
        more = page.older
        after = Place(page.items[-1].issued_at, page.items[-1].id) if page.items else None


def _belongs(cohort: Cohort, record: CredentialRecord) -> bool:
    if record.state not in _IN_FORCE or record.signed is None:
        return False
    rule = (record.order.grounds or {}).get("rule")
    number = rule.get("version") if isinstance(rule, dict) else None
    if cohort.rule_version is not None and number != cohort.rule_version:
        return False
    return not cohort.key or signed_with(record) == cohort.key


def signed_with(record: CredentialRecord) -> str:
    """Return the verification method of a credential's proof."""
    return str(read_own_json(record.signed or b"{}").get("proof", {}).get("verificationMethod", ""))


def _row(
    line: int, kind: RunKind, record: CredentialRecord, reason: str, state: RowState, note: str
) -> RowRecord:
    order = record.order
    told = {
        _BADGES[kind]: record.id,
        "achievement": order.achievement_key,
        "email": order.recipient.email,
        "did": order.recipient.did,
        "name": order.recipient.name,
        "awarded_at": format_instant(order.awarded_at),
        "reason": reason,
    }
    row_key = f"{kind.value}:{record.id}"
    return RowRecord(line, state, row_key, {name: one for name, one in told.items() if one}, note)


def _foresee_reissue(
    services: Services, version: AchievementVersion, record: CredentialRecord
) -> tuple[RowState, str]:
    if note := fault_of(record):
        return RowState.FAULTY, note
    if _is_current(services.issuing, record, version):
        return RowState.KNOWN, AS_IT_IS
    try:
        successor_order(record, version, services)
    except InputError as error:
        return RowState.FAULTY, tell(error)
    return RowState.READY, ""


def _foresee_revocation(record: CredentialRecord) -> tuple[RowState, str]:
    if is_living(record.order):
        return RowState.FAULTY, "an accreditation is revoked by its programme"
    return RowState.READY, ""


def _is_current(issuing: IssuingServices, record: CredentialRecord, version: AchievementVersion) -> bool:
    """Return whether achievement, issuer and key are the current ones."""
    if record.order.achievement_version != version.version:
        return False
    issuer = read_own_json(record.signed or b"{}").get("issuer")
    same_issuer = issuer == build_profile(
        issuing.issuer.did, issuing.issuer.profile, sandbox=issuing.issuer.sandbox
    )
    return same_issuer and signed_with(record) == issuing.verification_method
