"""Remind holders of accreditations, once per term when renewal is due and once in the grace period."""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.standing import State
from credserv.journeys.services import Services

_TOLD = (State.DUE, State.GRACE)


def remind_accredited(services: Services, now: datetime) -> int:
    """Queue the reminders due at `now`; suspended and revoked accreditations get none.

    Returns:
        How many people were reminded.

    Raises:
        UnavailableError: The database cannot be used now.
    """
    if services.watch.reminder_lead is None:
        return 0
    told = []
    for life in services.store.accreditations.all():
        found = stands(life, now)
        if found.state in _TOLD and found.term is not None:
            told.append((life.credential_id, found.term.number, found.state.value))
    return services.store.reminders.remind_terms(told, now, has_letters=services.issuing.sends_letters)
