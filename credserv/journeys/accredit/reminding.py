"""Who holds an accreditation hears of each term once that its renewal is due, and once of its grace."""

from __future__ import annotations

from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.standing import State
from credserv.journeys.services import Services

_TOLD = (State.DUE, State.GRACE)


def remind_accredited(services: Services, now: datetime) -> int:
    """Queue what is due at `now`; returns how many were told. Of what is suspended or revoked nobody is.
    Raises UnavailableError."""
    if services.watch.reminder_lead is None:
        return 0
    told = []
    for life in services.store.accreditations.all():
        found = stands(life, now)
        if found.state in _TOLD and found.term is not None:
            told.append((life.credential_id, found.term.number, found.state.value))
    return services.store.reminders.remind_terms(told, now, has_letters=services.desk.sends_letters)
