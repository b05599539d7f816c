"""An auditor's finding about a drawn accreditation: passed, to be remedied within 30
days, or failed, which suspends it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from credserv.accreditation.life import stands
from credserv.ground.errors import (
    ConflictError,
    Fault,
    InvolvedError,
    NotFoundError,
    SchemaFaultsError,
    TooLateError,
)
from credserv.journeys.accredit.changes import Suspension, suspend
from credserv.journeys.accredit.news import News, queue_news
from credserv.journeys.accredit.parts import require_apart, require_role
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.audits import AuditedCase, Outcome
from credserv.records.cases import CaseRole
from credserv.records.roles import Permission

REMEDY = timedelta(days=30)
MAX_NOTE_CHARS = 2000


@dataclass(frozen=True)
class Finding:
    """A finding.

    Attributes:
        by: The auditor's membership.
        note: Shown to the person; required if something is wrong.
    """

    outcome: Outcome
    by: str
    note: str = ""


def record_finding(
    services: Services,
    key: str,
    period: str,
    credential_id: str,
    finding: Finding,
    *,
    actor: str,
    now: datetime,
) -> AuditedCase:
    """Record a finding. A failed accreditation is suspended at once. Repeating the finding changes nothing.

    Raises:
        NotFoundError: It was not drawn in this audit.
        ForbiddenError: The auditor does not have the role.
        InvolvedError: The auditor has another part in the case.
        SchemaFaultsError: The note is missing or too long.
        TooLateError: The 30 days for a remedy are over.
        ConflictError: A different outcome was recorded before.
    """
    _require_note(finding)
    with services.store.transaction():
        case = services.store.audits.case(key, period, credential_id, locked=True)
        if case is None:
            raise NotFoundError("this accreditation was not drawn in this audit")
        if (case.outcome, case.decided_by, case.note) == (finding.outcome, finding.by, finding.note):
            return case
        require_role(services, finding.by, Permission.AUDIT, now)
        require_apart(services, credential_id, finding.by, CaseRole.AUDITOR)
        _require_open(services, case, finding, now)
        found = replace(
            case,
            outcome=finding.outcome,
            remedy_until=now + REMEDY if finding.outcome is Outcome.TO_REMEDY else case.remedy_until,
            decided_at=now,
            decided_by=finding.by,
            note=finding.note,
        )
        services.store.audits.settle(found)
        detail = {"outcome": finding.outcome.value, "by": finding.by, "note": finding.note}
        services.store.audit.add(
            AuditRecord(now, actor, Action.AUDIT_FOUND, credential_id, {"audit": f"{key}/{period}", **detail})
        )
        if finding.outcome is Outcome.FAILED:
            _suspend(services, credential_id, finding, now)
        life = services.store.accreditations.of_credential(credential_id)
        if life is not None:
            about = f"{key} {period}, {finding.outcome.value}"
            queue_news(services, life.record.membership_id, News.FOUND, about, now)
    return found


def _suspend(services: Services, credential_id: str, finding: Finding, now: datetime) -> None:
    """Suspend it if it is in force.

    If it lapsed meanwhile or is suspended for another reason, it stays so.
    """
    life = services.store.accreditations.of_credential(credential_id)
    if life is not None and stands(life, now.replace(microsecond=0)).in_force:
        wanted = Suspension(finding.by, f"An audit was failed: {finding.note}", needs_decider=False)
        suspend(services, credential_id, wanted, now)


def _require_note(finding: Finding) -> None:
    if len(finding.note) > MAX_NOTE_CHARS or (
        finding.outcome is not Outcome.PASSED and not finding.note.strip()
    ):
        fault = Fault("/note", f"what was found, in 1 to {MAX_NOTE_CHARS} characters")
        raise SchemaFaultsError("say what was found", faults=[fault])


def _require_open(services: Services, case: AuditedCase, finding: Finding, now: datetime) -> None:
    wanted = finding.outcome
    if case.outcome is None and finding.by == case.decided_by:
        raise InvolvedError("an appeal was upheld against what they found: another auditor looks at it")
    if not case.is_open:
        raise ConflictError("what was found here was written down before: an appeal may change it")
    if wanted is Outcome.TO_REMEDY and case.outcome is Outcome.TO_REMEDY:
        raise ConflictError("they were asked to remedy it before")
    if wanted is not Outcome.REMEDIED:
        return
    record = services.store.audits.get(case.programme_key, case.period)
    begun = record.revealed_at if record is not None else None
    until = case.remedy_until or (begun + REMEDY if begun is not None else None)
    if until is not None and now > until:
        raise TooLateError("the 30 days in which it could be remedied are over")
