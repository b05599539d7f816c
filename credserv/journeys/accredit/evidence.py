"""Evidence for an application: scores, observations, declarations, experience and leave.

1. a repeat with the same reference gets the same answer, or a conflict
2. whoever reports it must not be the applicant or too close to them, and must be entitled if the programme
   requires it
3. it is accepted while the application is open, and counted once
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from credserv.accreditation.programme import Programme, flatten
from credserv.accreditation.sprint import Leave, sprint_end
from credserv.accreditation.words import WHY
from credserv.ground.encoding import parse_instant, random_token
from credserv.ground.errors import (
    AlreadyCountedError,
    AttemptsUsedError,
    ClosedError,
    ConflictError,
    ConflictOfInterestError,
    NotEntitledError,
)
from credserv.journeys.accredit.applications import find_application, look
from credserv.journeys.accredit.entitlement import why_not_assess
from credserv.journeys.accredit.evidence_reading import (
    ASSESSMENT,
    DECLARATION,
    LEAVE,
    OBSERVATION,
    HandedIn,
    read_evidence,
)
from credserv.journeys.accredit.parts import require_apart
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.services import Services
from credserv.records.accreditation import ApplicationRecord, ApplicationState, EvidenceRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.cases import CaseRole

_ID_BYTES = 16


def hand_in(
    services: Services, name: str, told: HandedIn, *, actor: str, now: datetime
) -> tuple[EvidenceRecord, bool]:
    """Take a piece of evidence.

    Returns:
        The evidence as stored, and whether it is new.

    Raises:
        NotFoundError: There is no such application.
        SchemaFaultsError: A value is not valid. The faults name the place.
        NotEntitledError, ConflictOfInterestError, InvolvedError: This person cannot report it.
        ClosedError: The application accepts nothing more.
        AttemptsUsedError: All attempts are used up.
        AlreadyCountedError: The same evidence was counted before.
        ConflictError: The reference belongs to different evidence.
    """
    found = find_application(services, name)
    record = _record(found, told, read_evidence(told, found, now), actor, now)
    with services.store.transaction():
        application = services.store.applications.lock(found.id) or found
        programme = _programme(services, application)
        known = services.store.applications.evidence_named(told.reference) if told.reference else None
        if known is not None:
            return _same(known, record, told), False
        _require_open(services, programme, application, told.kind, now)
        _require_new(services, programme, application, record)
        if told.by is not None:
            _require_apart(services, programme, application, record, now)
        if not services.store.applications.add_evidence(record):
            raise ConflictError("this reference was used at the same moment: try again")
        if told.kind == LEAVE:
            _prolong(services, programme, application, record)
        detail = {"kind": record.kind, "evidence": record.id}
        line = AuditRecord(now, actor, Action.APPLICATION_EVIDENCE, application.id, detail)
        services.store.audit.add(line)
    return record, True


def evidence_of(services: Services, application: ApplicationRecord) -> tuple[EvidenceRecord, ...]:
    """Return the evidence of an application in the order received."""
    return services.store.applications.evidence(application.id)


def _programme(services: Services, application: ApplicationRecord) -> Programme:
    """Return the version applied under; once granted, the newest version, by which it is renewed."""
    is_granted = application.state is ApplicationState.GRANTED
    version = None if is_granted else application.programme_version
    return programme_version(services, application.programme_key, version).programme


def _record(
    application: ApplicationRecord, told: HandedIn, data: dict[str, Any], actor: str, now: datetime
) -> EvidenceRecord:
    only = application.competencies[0] if len(application.competencies) == 1 else None
    return EvidenceRecord(
        id=random_token(_ID_BYTES),
        application_id=application.id,
        kind=told.kind,
        occurred_at=told.occurred_at or now,
        received_at=now,
        by=told.by or actor,
        competency=told.competency or (only if told.kind == OBSERVATION else None),
        data=data,
        reference=told.reference,
    )


# --- what is accepted


def _same(known: EvidenceRecord, asked: EvidenceRecord, told: HandedIn) -> EvidenceRecord:
    def said(one: EvidenceRecord) -> tuple[object, ...]:
        return one.application_id, one.kind, one.by, one.competency, dict(one.data)

    is_then = told.occurred_at in (None, known.occurred_at)
    if said(known) != said(asked) or not is_then:
        raise ConflictError("this reference names other evidence: take another one")
    return known


def _require_open(
    services: Services, programme: Programme, application: ApplicationRecord, kind: str, now: datetime
) -> None:
    """Require an open application. A granted badge accepts what its renewal requires."""
    if application.state is ApplicationState.GRANTED:
        if kind in {one.counted for one in flatten(programme.renewal)} | {DECLARATION}:
            return
        raise ClosedError("this application was granted: nothing more is taken for it")
    if kind == LEAVE and application.state is ApplicationState.OPEN:
        return  # reported late, it extends an end that seems to have passed
    looked = look(services, application, now=now) if _is_over(application, now) else None
    state = application.state.value if looked is None else looked.state
    if state != ApplicationState.OPEN.value:
        raise ClosedError(f"this application is {state}: nothing more is taken for it")


def _is_over(application: ApplicationRecord, now: datetime) -> bool:
    is_open = application.state is ApplicationState.OPEN
    return is_open and application.ends_at is not None and now >= application.ends_at


def _require_new(
    services: Services, programme: Programme, application: ApplicationRecord, record: EvidenceRecord
) -> None:
    before = [
        one for one in services.store.applications.evidence(record.application_id) if one.kind == record.kind
    ]
    if record.kind == ASSESSMENT:
        _require_attempt(services, programme, application, before)
        return
    for one in before:
        is_same_session = record.data.get("session") and one.data.get("session") == record.data["session"]
        is_same_act = (one.by, one.competency, one.occurred_at, dict(one.data)) == (
            record.by,
            record.competency,
            record.occurred_at,
            dict(record.data),
        )
        if is_same_act or (is_same_session and one.by == record.by):
            raise AlreadyCountedError("this was handed in before, under another reference")


def _require_attempt(
    services: Services, programme: Programme, application: ApplicationRecord, before: list[EvidenceRecord]
) -> None:
    """Require an attempt that is left. At a renewal, attempts since the running term began count."""
    is_renewing = application.state is ApplicationState.GRANTED
    most = programme.attempts(renewing=is_renewing)
    if most is None or len(before) < most:
        return
    life = services.store.accreditations.of_application(application.id) if is_renewing else None
    used = before if life is None else [one for one in before if one.received_at >= life.term_begins]
    if len(used) >= most:
        raise AttemptsUsedError(f"all {most} attempts were used: a new application begins anew")


def _require_apart(
    services: Services,
    programme: Programme,
    application: ApplicationRecord,
    record: EvidenceRecord,
    now: datetime,
) -> None:
    """Keep apart from the case those whose reports others rely on. A person's own declarations are exempt."""
    if record.kind == OBSERVATION:
        _require_assessor(services, programme, application, record, now)
    elif record.kind == ASSESSMENT or (record.kind == DECLARATION and record.by != application.membership_id):
        require_apart(services, application.credential_id, record.by, CaseRole.ASSESSOR)


def _require_assessor(
    services: Services,
    programme: Programme,
    application: ApplicationRecord,
    record: EvidenceRecord,
    now: datetime,
) -> None:
    """Require an entitled assessor, as known now.

    If that turns out wrong later, the evidence stops counting.
    """
    why, is_conflict = why_not_assess(
        services,
        programme,
        application,
        record.by,
        record.competency or "",
        at=record.occurred_at,
        received=now,
        known=now,
    )
    if is_conflict:
        raise ConflictOfInterestError(_CONFLICTS.get(why, WHY.get(why, why)))
    if why:
        raise NotEntitledError(f"the assessor is not entitled to assess this: {why}")


_CONFLICTS = {
    "self": "nobody assesses themself",
    "also-endorser": "assessor also endorsed this application: somebody else has to observe",
}


def _prolong(
    services: Services, programme: Programme, application: ApplicationRecord, leave: EvidenceRecord
) -> None:
    """Extend the sprint by what this leave adds to earlier ones. Time that an appeal gave back stays."""
    if programme.sprint_days is None or application.ends_at is None:
        return
    begun, lasts = application.applied_at, timedelta(days=programme.sprint_days)
    before = [
        _away(one)
        for one in services.store.applications.evidence(application.id)
        if one.kind == LEAVE and one.id != leave.id
    ]
    lasts += application.ends_at - sprint_end(begun, lasts, before)
    added = sprint_end(begun, lasts, [*before, _away(leave)]) - sprint_end(begun, lasts, before)
    services.store.applications.prolong(application.id, application.ends_at + added)


def _away(leave: EvidenceRecord) -> Leave:
    return leave.occurred_at, parse_instant(str(leave.data["until"]))
