"""Step-up in the console: prove your identity again before keys, owners, ways in or the end of badges change.

Colleagues with a passkey or an account at the organisation's provider have to use it, so that a stolen
session can do none of this. Colleagues with neither are not asked. A second letter to the mailbox that signed
them in would prove nothing new, and without a mail server they would be stuck.
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
    """What a colleague can prove their identity with."""

    passkey: bool
    account: bool


def proofs_of(services: Services, session: SessionRecord, now: datetime) -> Proofs:
    """Return what the colleague of a session can use.

    Raises:
        UnauthenticatedError: The session is no colleague's.
    """
    colleague = find_signed_in_colleague(services, session, now)
    return Proofs(
        passkey=any(one.signs_in for one in services.store.passkeys.of_person(colleague.person_id)),
        account=has_account(services, colleague.membership_id),
    )


def require_colleague_proof(services: Services, session: SessionRecord, now: datetime) -> None:
    """Require a recent proof, if the colleague has anything to prove it with.

    Raises:
        StepUpError: There is none.
        ForbiddenError: Their ways to sign in are frozen.
    """
    proofs = proofs_of(services, session, now)
    if proofs.passkey or proofs.account:
        require_recent_proof(services, session, now)
