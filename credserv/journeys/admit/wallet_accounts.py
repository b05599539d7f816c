"""An employer's account used for a wallet: to open it, to be added to it, or to prove identity.

The provider's issuer and subject identify the person. An address that the provider reports connects nothing
(attack 97).
"""

from __future__ import annotations

from datetime import datetime

from credserv.ground.errors import ConflictError, UnauthenticatedError
from credserv.journeys.admit.access import Opened, begin_session
from credserv.journeys.admit.notices import Change, queue_notices
from credserv.journeys.admit.oidc import Answer, require_account
from credserv.journeys.admit.step_up import require_not_frozen
from credserv.journeys.services import Services
from credserv.records.access import SessionKind, SessionRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.people import ProvedKind


def open_wallet(services: Services, answer: Answer, now: datetime) -> Opened:
    """Begin a session of the account's owner, or of a new person if the account was never shown before.

    Raises:
        UnauthenticatedError: The answer is not valid, or the account no longer opens the wallet.
        UnavailableError: The provider does not answer.
    """
    value = require_account(services, None, answer, now)
    people = services.store.people
    with services.store.transaction():
        known = people.find_proved(ProvedKind.OIDC, value)
        if known is not None and not known.signs_in:
            raise UnauthenticatedError(
                "this account no longer opens your wallet: use your own address, or a passkey"
            )
        person_id = known.person_id if known is not None else people.add(None, now)
        if known is None:
            people.prove(person_id, ProvedKind.OIDC, value, added_by="oidc", now=now)
        opened = begin_session(services, SessionKind.HOLDER, person_id, now)
        services.store.audit.add(AuditRecord(now, f"person:{person_id}", Action.SIGNED_IN, person_id))
    return opened


def add_account(services: Services, session: SessionRecord, answer: Answer, now: datetime) -> None:
    """Let the account open the wallet of the session's person too.

    Raises:
        ConflictError: The account opens another wallet.
        ForbiddenError: Changes are frozen.
        CredservError: As `open_wallet`.
    """
    value, person_id = require_account(services, session, answer, now), session.subject
    with services.store.transaction():
        require_not_frozen(services, person_id, now)
        services.store.identities.lock(person_id)
        known = services.store.people.find_proved(ProvedKind.OIDC, value)
        if known is not None and known.person_id != person_id:
            raise ConflictError("this account opens another wallet")
        if known is None:
            services.store.people.prove(person_id, ProvedKind.OIDC, value, added_by="oidc", now=now)
            line = AuditRecord(now, f"person:{person_id}", Action.IDENTITY_ADDED, person_id)
            services.store.audit.add(line)
            queue_notices(services, person_id, Change.ACCOUNT_ADDED, now)


def prove(services: Services, session: SessionRecord, answer: Answer, now: datetime) -> None:
    """Mark the session as proved.

    Raises:
        UnauthenticatedError: The answer is not valid, or the account does not open this wallet.
        UnavailableError: The provider does not answer.
    """
    value = require_account(services, session, answer, now)
    known = services.store.people.find_proved(ProvedKind.OIDC, value)
    if known is None or known.person_id != session.subject or not known.signs_in:
        raise UnauthenticatedError("this account does not open your wallet, so it shows nothing here")
    services.store.access.note_proof(session.token_sha256, now)
