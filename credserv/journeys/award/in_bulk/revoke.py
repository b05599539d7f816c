"""Revoke the badges of a cohort, for good: those that should never have been awarded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from credserv.ground.errors import ConflictError, OrganisationMovedError
from credserv.issuing.living import is_living
from credserv.journeys.award.in_bulk.cohort import Cohort, badges_of, require_reason
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
    reason = require_reason(reason)
    done = (revoke(services, record.id, reason, actor=actor, now=now()) for record in records)
    return sum(changed is not None and changed.reason == reason for changed in done)


def revoke(
    services: Services, credential_id: str, reason: str, *, actor: str, now: datetime
) -> CredentialRecord | None:
    """Revoke a badge for good, and return it. One that somebody revoked before keeps their reason and time.

    None for one that was never signed.

    Raises:
        OrganisationMovedError: Another installation revokes for the organisation now.
    """
    try:
        changed = services.store.credentials.set_state(
            credential_id, CredentialState.REVOKED, reason=reason, now=now, actor=actor
        )
    except OrganisationMovedError:
        raise
    except ConflictError:
        return None
    note_change(services.issuing, changed)
    return changed
