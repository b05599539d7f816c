"""Prove once more that it is you, in the console: before keys, owners, ways in and the end of badges change.

Whoever has a passkey or an account at the organisation's provider is asked for it, so that a session that
somebody else got hold of does none of this. Who has neither is not asked: a second letter to the mailbox that
signed them in would show nothing new, and where no mail goes out they would have no way on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.journeys.admit.sign_in import find_signed_in_colleague
from credserv.journeys.admit.staff_accounts import has_account
from credserv.journeys.admit.step_up import require_recent_proof
from credserv.journeys.services import Services
from credserv.records.access import SessionRecord


@dataclass(frozen=True)
class Proofs:
    """By what a colleague can show that it is them."""

    passkey: bool
    account: bool


def proofs_of(services: Services, session: SessionRecord, now: datetime) -> Proofs:
    """Raises UnauthenticatedError for a session of no colleague."""
    colleague = find_signed_in_colleague(services, session, now)
    return Proofs(
        passkey=any(one.signs_in for one in services.store.passkeys.of_person(colleague.person_id)),
        account=has_account(services, colleague.membership_id),
    )


def require_colleague_proof(services: Services, session: SessionRecord, now: datetime) -> None:
    """Raises StepUpError, and ForbiddenError while their ways to sign in are frozen."""
    proofs = proofs_of(services, session, now)
    if proofs.passkey or proofs.account:
        require_recent_proof(services, session, now)
