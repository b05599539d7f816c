"""Renew: add a term that follows the old one, and with it a new version of the badge under its id.

However early or late, the next term ends a fixed number of months after the former one, so dates do not
drift. It is in force from the decision on; the gap before a late renewal stays a gap.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.accreditation.months import add_months
from credserv.accreditation.programme import Programme, TermRule
from credserv.accreditation.requirements import Finding, evaluate
from credserv.ground.errors import (
    ApplyAnewError,
    ClosedError,
    ConflictError,
    SuspendedError,
    TooEarlyError,
)
from credserv.journeys.accredit.deciding import find_life, locked, require_decider, require_met, require_same
from credserv.journeys.accredit.facts import gather
from credserv.journeys.accredit.grant import Decision
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.accredit.versions import finish_version
from credserv.journeys.services import Services
from credserv.records.accreditation import TermRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import IssuanceStep
from credserv.records.lives import Life


def renew(services: Services, name: str, decision: Decision, now: datetime) -> Life:
    """Renew an accreditation and return it with its new version signed and stored.

    Repeating the decision returns the same.

    Raises:
        NotFoundError: There is no such accreditation.
        ForbiddenError: The decider does not have the role.
        InvolvedError: The decider has another part in the case.
        TooEarlyError: The renewal period has not begun.
        ApplyAnewError: It lapsed too long ago.
        SuspendedError: It is suspended.
        RequirementsOpenError: Requirements are not met; its faults list them.
        ConflictError: The reference belongs to another decision.
        CredservError: As `finish_version`.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    now = now.replace(microsecond=0)
    services.require_open()
    with services.store.transaction():
        life = locked(services, name)
        term = _repeated(life, decision)
        if term is None:
            term = _decide(services, life, decision, now)
    services.issuing.on_step(IssuanceStep.RESERVED)
    finish_version(services, term, now)
    return find_life(services, life.credential_id)


def renewal_findings(services: Services, life: Life, now: datetime) -> tuple[Finding, ...]:
    """Return the findings for a further term, by the newest version of the programme."""
    programme = programme_version(services, life.record.programme_key).programme
    return _findings(services, life, programme, now)


def _findings(services: Services, life: Life, programme: Programme, now: datetime) -> tuple[Finding, ...]:
    facts = gather(services, life, at=now, known=now)
    return evaluate(programme.renewal, facts, at=now, known=now, term_from=life.term_begins)


def _repeated(life: Life, decision: Decision) -> TermRecord | None:
    """Return the term that this decision led to before. Raises ConflictError."""
    if decision.reference is None:
        return None
    known = next((one for one in life.terms if one.reference == decision.reference), None)
    if known is not None:
        require_same((known.decided_by, known.reason) == (decision.by, decision.reason))
    return known


def _decide(services: Services, life: Life, decision: Decision, now: datetime) -> TermRecord:
    """Decide, in the caller's transaction."""
    require_decider(services, life.credential_id, decision.by, now)
    record = services.store.credentials.get(life.credential_id)
    if record is None or record.signed is None:
        raise ConflictError("its badge is not signed yet: grant it to the end first")
    running = programme_version(services, life.record.programme_key, life.newest.programme_version)
    newest = programme_version(services, life.record.programme_key)
    rule = newest.programme.term
    if rule is None or running.programme.term is None:
        raise ClosedError(
            "the programme does not say how long an accreditation holds: nothing can be renewed"
        )
    _require_time(life, running.programme.term, now)
    if newest.programme.renewal:
        require_met(_findings(services, life, newest.programme, now), "it cannot be renewed yet")
    term = next_term(life.newest, rule, newest.record.version, decision, now)
    if not services.store.accreditations.add_term(term):
        raise ConflictError("somebody renewed it at the same moment")
    intent = {**services.issuing.intent, "version": term.number}
    for action, detail in (
        (Action.CREDENTIAL_SIGN, intent),
        (Action.ACCREDITATION_RENEWED, {"term": term.number, "reason": decision.reason}),
    ):
        services.store.audit.add(AuditRecord(now, decision.by, action, life.credential_id, detail))
    return term


def _require_time(life: Life, rule: TermRule, now: datetime) -> None:
    """Check the time by the rules under which the running term was given."""
    if life.revocation is not None:
        raise ConflictError("it was revoked: they have to apply again")
    if life.open_hold is not None:
        raise SuspendedError("it is suspended: restore it first, or decide about it")
    due = life.newest.term_end - timedelta(days=life.newest.notice_days)
    if now < due:
        raise TooEarlyError(f"it can be renewed from {due:%Y-%m-%d} UTC on")
    last = life.newest.grace_end + timedelta(days=rule.late_days)
    if now >= last:
        raise ApplyAnewError(f"it could be renewed until {last:%Y-%m-%d} UTC: they have to apply again")


def next_term(
    before: TermRecord, rule: TermRule, programme_version: int, decision: Decision, now: datetime
) -> TermRecord:
    """Return the next term.

    It follows the end of the former one, however late the decision, and is in force from the decision on.
    """
    ends = add_months(before.term_end, rule.months)
    return TermRecord(
        credential_id=before.credential_id,
        number=before.number + 1,
        programme_version=programme_version,
        valid_from=now,
        term_end=ends,
        grace_end=ends + timedelta(days=rule.grace_days),
        notice_days=rule.notice_days,
        decided_at=now,
        decided_by=decision.by,
        reason=decision.reason,
        reference=decision.reference,
    )
