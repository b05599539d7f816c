"""Founders: appointed until a date to endorse and assess before anybody is accredited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from credserv.accreditation.months import add_months
from credserv.accreditation.programme import FounderRule
from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, Fault, SchemaFaultsError
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.admit.persons import find_member
from credserv.journeys.services import Services
from credserv.records.accreditation import FounderRecord
from credserv.records.audit import Action, AuditRecord

_ID_BYTES = 16


def founders(services: Services, key: str) -> tuple[FounderRecord, ...]:
    """Return the founders of a programme, former ones included, oldest first."""
    return services.store.programmes.founders(key)


def appoint_founder(
    services: Services,
    key: str,
    *,
    person: str,
    until: datetime,
    competencies: Sequence[str],
    reason: str = "",
    reference: str | None = None,
    actor: str,
    now: datetime,
) -> tuple[FounderRecord, bool]:
    """Appoint somebody to endorse and assess without an accreditation until a date.

    Args:
        key: The programme's key.
        person: The membership id.
        until: When the appointment ends.
        reference: The client's own id; a repeat with it is the same appointment.

    Returns:
        The appointment, and whether it is new.

    Raises:
        NotFoundError: There is no such programme or member.
        SchemaFaultsError: A value is not valid. The faults name the place.
        ConflictError: The reference belongs to a different appointment.
    """
    rule = programme_version(services, key).programme.founders
    member = find_member(services, person)
    record = FounderRecord(
        id=random_token(_ID_BYTES),
        programme_key=key,
        membership_id=member.id,
        competencies=tuple(dict.fromkeys(competencies)),
        appointed_at=now,
        until=until,
        appointed_by=actor,
        reason=reason,
        reference=reference,
    )
    known = services.store.programmes.founder(reference) if reference else None
    if known is not None:
        if _said(known) != _said(record):
            raise ConflictError("this reference names another founder: take another one")
        return known, False
    _require_founding(rule, record)
    with services.store.transaction():
        if services.store.programmes.add_founder(record):
            detail = {"programme": key, "until": until.isoformat(), "competencies": list(competencies)}
            line = AuditRecord(now, actor, Action.FOUNDER_APPOINTED, member.id, detail)
            services.store.audit.add(line)
            return record, True
    raise ConflictError("this reference was used at the same moment: try again")


def _require_founding(rule: FounderRule, record: FounderRecord) -> None:
    """Check the appointment against the programme's rule. Raises SchemaFaultsError."""
    faults = []
    latest = add_months(record.appointed_at, rule.months)
    if not rule.allowed:
        faults.append(Fault("", "this programme has no founders: change its rules, or accredit somebody"))
    if record.until <= record.appointed_at:
        faults.append(Fault("/until", "a time that is still to come is expected"))
    if record.until > latest:
        faults.append(Fault("/until", f"founders of this programme end by {latest:%Y-%m-%d} UTC"))
    if not record.competencies:
        faults.append(Fault("/competencies", "one competency or more is expected"))
    if faults:
        raise SchemaFaultsError("nobody is a founder so", faults=faults)


def _said(record: FounderRecord) -> tuple[object, ...]:
    return record.programme_key, record.membership_id, record.competencies, record.until
