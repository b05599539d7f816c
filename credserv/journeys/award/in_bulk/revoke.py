"""Revoke the badges of a cohort, for good: those that should never have been awarded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from credserv.ground.errors import ConflictError, InputError
from credserv.issuing.living import is_living
from credserv.journeys.award.in_bulk.cohort import MAX_REASON_CHARS, Cohort, badges_of
from credserv.journeys.award.orders import find_version
from credserv.journeys.publish.journal import note_change
from credserv.journeys.services import Services
from credserv.records.credentials import CredentialRecord, CredentialState


def list_revocable(services: Services, cohort: Cohort) -> list[CredentialRecord]:
    """Return the badges that would be revoked. An accreditation is not among them: its programme revokes it.

    Raises NotFoundError if there is no such achievement.
    """
    find_version(services, cohort.achievement_key, None)
    return [record for record in badges_of(services, cohort) if not is_living(record.order)]


def revoke_all(
    services: Services,
    records: Sequence[CredentialRecord],
    reason: str,
    *,
    actor: str,
    now: Callable[[], datetime],
) -> int:
    """Revoke each badge; those that somebody revoked meanwhile are passed over. Safe to repeat.

    Returns:
        How many were revoked.

    Raises:
        InputError: The reason is missing or too long; nothing was revoked.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= MAX_REASON_CHARS:
        raise InputError(f"say why they are revoked, in at most {MAX_REASON_CHARS} characters")
    return sum(_revoke(services, record.id, reason, actor, now()) for record in records)


def _revoke(services: Services, credential_id: str, reason: str, actor: str, now: datetime) -> bool:
    try:
        changed = services.store.credentials.set_state(
            credential_id, CredentialState.REVOKED, reason=reason, now=now, actor=actor
        )
    except ConflictError:
        return False
    note_change(services.issuing, changed)
    return True
