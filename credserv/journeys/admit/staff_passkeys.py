"""Console sign-in with a passkey that the person made in their wallet; it is theirs alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from credserv.ground.errors import UnauthenticatedError
from credserv.journeys.admit.access import Opened, begin_session
from credserv.journeys.admit.colleagues import actor_of
from credserv.journeys.admit.passkeys import begin_asking, require_passkey
from credserv.journeys.admit.staff_login import requires_account
from credserv.journeys.services import Services
from credserv.records.access import SessionKind
from credserv.records.audit import Action, AuditRecord


def begin_console(services: Services, now: datetime) -> dict[str, Any]:
    """Return what the browser needs to use a passkey for this organisation's console and nothing else."""
    return begin_asking(services, _asking(services), now)


def open_console(services: Services, challenge: str, credential: str, now: datetime) -> Opened:
    """Begin a session of the colleague who owns the passkey.

    Raises:
        UnauthenticatedError: The passkey does not fit, its owner has no role here, or colleagues sign in only
            by account.
    """
    known = require_passkey(services, challenge, credential, _asking(services), now)
    colleague = services.store.colleagues.of_person(known.person_id, services.today(now))
    if colleague is None or requires_account(services):
        raise UnauthenticatedError("this passkey does not open the console: sign in in another way")
    with services.store.transaction():
        opened = begin_session(services, SessionKind.ADMINISTRATOR, known.person_id, now)
        line = AuditRecord(now, actor_of(colleague), Action.SIGNED_IN, known.person_id)
        services.store.audit.add(line)
    return opened


def _asking(services: Services) -> str:
    return f"console {services.store.organisation_id}"
