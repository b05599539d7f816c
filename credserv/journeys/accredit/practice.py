"""The practice log of a mentor: development, supervision, reflections, hours, clients.

What others say of them is not part of it; that is evidence (`evidence`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, Fault, SchemaFaultsError
from credserv.journeys.services import Services
from credserv.records.accreditation import PracticeRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.lives import Life

# Kinds of entry and their names for people.
KINDS = {
    "cpd": "Professional development",
    "supervision": "Supervision",
    "reflection": "A written reflection",
    "practice-hours": "Practice",
    "education-hours": "Education",
    "mentor-coaching": "Mentor coaching",
    "client": "A client (a pseudonym as the category)",
}
_NEEDS_MINUTES = ("cpd", "practice-hours", "education-hours", "mentor-coaching")
_MOST_MINUTES = 100_000
_ID_BYTES = 16
_SLACK = timedelta(minutes=5)


def log_practice(
    services: Services,
    membership_id: str,
    *,
    kind: str,
    minutes: int = 0,
    occurred_at: datetime | None = None,
    category: str = "",
    note: str = "",
    by: str | None = None,
    reference: str | None = None,
    actor: str,
    now: datetime,
) -> tuple[PracticeRecord, bool]:
    """Add an entry to a practice log.

    Args:
        minutes: The duration.
        occurred_at: None for now.
        by: The membership of the person who reports it; None if only the client does.
        reference: The client's own id; a repeat with it is the same entry.

    Returns:
        The entry as stored, and whether it is new.

    Raises:
        SchemaFaultsError: A value is not valid. The faults name the place.
        ConflictError: The reference belongs to a different entry.
    """
    record = PracticeRecord(
        id=random_token(_ID_BYTES),
        membership_id=membership_id,
        kind=kind,
        minutes=minutes,
        occurred_at=occurred_at or now,
        received_at=now,
        by=by or actor,
        category=category,
        note=note,
        reference=reference,
    )
    known = services.store.applications.practice_named(reference) if reference else None
    if known is not None:
        return _same(known, record, occurred_at), False
    _require_sense(record, now)
    with services.store.transaction():
        if not services.store.applications.add_practice(record):
            raise ConflictError("this reference was used at the same moment: try again")
        detail = {"kind": kind, "practice": record.id}
        services.store.audit.add(AuditRecord(now, actor, Action.PRACTICE_LOGGED, membership_id, detail))
    return record, True


def accreditations_of(services: Services, membership_id: str) -> tuple[Life, ...]:
    """Return every accreditation that a member was ever granted, oldest first."""
    return services.store.accreditations.of_members([membership_id])


def practice_of(services: Services, membership_id: str) -> tuple[PracticeRecord, ...]:
    """Return a member's practice log, oldest first."""
    return services.store.applications.practice(membership_id)


def _require_sense(record: PracticeRecord, now: datetime) -> None:
    faults = []
    if record.kind not in KINDS:
        faults.append(Fault("/kind", f"one of {', '.join(KINDS)} is expected"))
    if not 0 <= record.minutes <= _MOST_MINUTES or (record.kind in _NEEDS_MINUTES and not record.minutes):
        faults.append(Fault("/minutes", f"a whole number from 1 to {_MOST_MINUTES} is expected"))
    if record.kind == "client" and not record.category:
        faults.append(Fault("/category", "is required for this kind"))
    if record.occurred_at > now + _SLACK:
        faults.append(Fault("/occurred_at", "lies in the future"))
    if faults:
        raise SchemaFaultsError("this cannot be logged", faults=faults)


def _same(known: PracticeRecord, asked: PracticeRecord, occurred_at: datetime | None) -> PracticeRecord:
    def said(one: PracticeRecord) -> tuple[object, ...]:
        return one.membership_id, one.kind, one.minutes, one.category

    if said(known) != said(asked) or occurred_at not in (None, known.occurred_at):
        raise ConflictError("this reference names something else: take another one")
    return known
