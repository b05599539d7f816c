"""Further versions of a living badge: built from the term's row as often as needed, and stored once.

A renewal is decided with its row and the audit line that it is about to be signed, in one transaction. After
a crash, a repeat or the worker's sweep continues from there. The copies in wallets follow their award.
"""

from __future__ import annotations

import logging
from collections.abc import Container
from dataclasses import replace
from datetime import datetime

from credserv.accreditation.life import stands
from credserv.accreditation.standing import IN_FORCE, State
from credserv.ground.errors import CredservError, NotFoundError
from credserv.issuing.copying import make_copy_bytes
from credserv.journeys.learning import learning_facts
from credserv.journeys.services import Services
from credserv.records.accreditation import TermRecord
from credserv.records.audit import Action, AuditRecord
from credserv.records.copies import CopyForm
from credserv.records.credentials import CredentialRecord, IssuanceStep
from credserv.records.letters import Tells
from credserv.records.lives import CopyBehind

_MOST = 500

logger = logging.getLogger(__name__)


def finish_version(services: Services, term: TermRecord, now: datetime) -> None:
    """Sign and store a decided version. A stored version stays as it is.

    Raises:
        SigningKeyError, ProofError, UnavailableError: Try again, or leave it to the sweep.
    """
    record = _award(services, term.credential_id)
    if term.stored_at is None:
        signed = services.recipe.make_version(record, term)
        services.store.accreditations.keep_version(term, signed, now)
        services.issuing.on_step(IssuanceStep.STORED)
    _renew_copies(services, services.store.versions.behind(_MOST, term.credential_id), now)


def add_version(
    services: Services, credential_id: str, now: datetime, states: Container[State] = (State.LIVE,)
) -> TermRecord | None:
    """Add a version of the running term that includes endorsements received
    since, in the caller's transaction.

    Args:
        states: Those in which there is one.

    Returns:
        The term, or None if the change waits: for the renewal, if the badge is in another state, or for its
        first signature.
    """
    life = services.store.accreditations.lock(credential_id)
    if life is None or life.newest.stored_at is None or stands(life, now).state not in states:
        return None
    term = replace(
        life.newest,
        number=life.newest.number + 1,
        valid_from=now.replace(microsecond=0),
        decided_at=now,
        stored_at=None,
        reference=None,
    )
    services.store.accreditations.add_term(term)
    detail = {**services.issuing.intent, "version": term.number}
    services.store.audit.add(AuditRecord(now, "service", Action.CREDENTIAL_SIGN, credential_id, detail))
    return term


def sign_again(services: Services, key: str, now: datetime) -> tuple[int, int]:
    """Give each accreditation whose badge this key signed a version that the current key signs.

    Returns:
        How many were signed, and how many were left: for the worker, or because they are not in force.
    """
    found = [one.id for one in services.store.issuance_log.badges_signed_with(key) if one.living]
    signed = 0
    for credential_id in found:
        with services.store.transaction():
            term = add_version(services, credential_id, now, IN_FORCE)
            if term is not None and services.mail_enabled:
                services.store.letters.tell(credential_id, Tells.SIGNED_AGAIN, now)
        signed += term is not None and finish_or_leave(services, term, now)
    return signed, len(found) - signed


def finish_or_leave(services: Services, term: TermRecord, now: datetime) -> bool:
    """Return whether the version was signed and stored; if not, the worker does it later."""
    try:
        finish_version(services, term, now)
    except CredservError as error:
        logger.warning("version %s of %s is finished later: %s", term.number, term.credential_id, error.code)
        return False
    return True


def finish_left(services: Services, before: datetime, now: datetime, limit: int = _MOST) -> int:
    """Finish versions that a crash left behind. One that cannot be made does not hold up the others.

    Returns:
        How many made progress.
    """
    left = services.store.accreditations.unsigned(before, limit)
    done = sum(finish_or_leave(services, term, now) for term in left)
    return done + _renew_copies(services, services.store.versions.behind(limit), now)


def _renew_copies(services: Services, behind: tuple[CopyBehind, ...], now: datetime) -> int:
    """Make each copy again in its format and for its key, as of when the term was decided."""
    done = 0
    for one in behind:
        copy = services.store.copies.get(one.copy_id)
        if copy is None:
            continue
        award = replace(_award(services, one.credential_id), signed=one.signed)
        planned = replace(copy, plan=replace(copy.plan, planned_at=one.valid_from))
        facts = learning_facts(services, award) if copy.form is CopyForm.LEARNING else None
        try:
            signed = make_copy_bytes(services.issuing, award, planned, facts)
        except CredservError as error:
            logger.warning("copy %s is made anew later: %s", one.copy_id, error.code)
            continue
        services.store.versions.keep_copy(one.copy_id, one.number, signed, now)
        done += 1
    return done


def _award(services: Services, credential_id: str) -> CredentialRecord:
    record = services.store.credentials.get(credential_id)
    if record is None:
        raise NotFoundError("no such credential")
    return record
