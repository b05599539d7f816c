"""Badges whose key was withdrawn are signed again under their own ids, with the key that signs now.

Their content stays to the letter, so links, pages and status stay what they were. Files that people saved
before no longer verify: a letter says so, and the same address serves the new one. Accreditations get a
version instead (journeys/accredit).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from credserv.ground.errors import CredservError
from credserv.issuing.copying import make_copy_bytes
from credserv.journeys.learning import learning_facts
from credserv.journeys.services import Services
from credserv.records.audit import Action, AuditRecord
from credserv.records.copies import CopyForm
from credserv.records.letters import Tells

logger = logging.getLogger(__name__)


def sign_badges_again(services: Services, key: str, *, actor: str, now: datetime) -> tuple[int, int]:
    """Sign again each badge in force or suspended that this key signed, and each copy in a wallet.

    Safe to repeat: what was signed again is passed over.

    Returns:
        How many were signed, and how many could not be.
    """
    log = services.store.issuance_log
    copies = [_sign_copy(services, copy_id, actor, now) for copy_id in log.copies_signed_with(key)]
    badges = [one.id for one in log.badges_signed_with(key) if not one.living]
    signed = [*copies, *(_sign_badge(services, badge, actor, now) for badge in badges)]
    return signed.count(True), signed.count(False)


def _sign_badge(services: Services, credential_id: str, actor: str, now: datetime) -> bool:
    record = services.store.credentials.get(credential_id)
    if record is None or record.signed is None:
        return False
    try:
        _announce(services, credential_id, actor, now)
        signed = services.recipe.make_again(record.signed, now)
        with services.store.transaction():
            kept = services.store.versions.keep_again(credential_id, record.signed, signed, now)
            if kept:
                _tell_holder(services, credential_id, now)
        return kept
    except CredservError as error:
        logger.warning("%s is not signed again: %s", credential_id, error.code)
        return False


def _sign_copy(services: Services, copy_id: str, actor: str, now: datetime) -> bool:
    copy = services.store.copies.get(copy_id)
    award = None if copy is None else services.store.credentials.get(copy.credential_id)
    if copy is None or award is None:
        return False
    planned = replace(copy, plan=replace(copy.plan, planned_at=now.replace(microsecond=0)))
    facts = learning_facts(services, award) if copy.form is CopyForm.LEARNING else None
    known = services.store.versions.of(copy_id)
    try:
        _announce(services, copy_id, actor, now)
        signed = make_copy_bytes(services.issuing, award, planned, facts)
        number = known[-1].number + 1 if known else 2
        with services.store.transaction():
            kept = services.store.versions.keep_copy(copy_id, number, signed, now) == signed
            if kept:
                _tell_holder(services, award.id, now)
        return kept
    except CredservError as error:
        logger.warning("copy %s is not signed again: %s", copy_id, error.code)
        return False


def _tell_holder(services: Services, credential_id: str, now: datetime) -> None:
    if services.mail_enabled:
        services.store.letters.tell(credential_id, Tells.SIGNED_AGAIN, now)


def _announce(services: Services, subject: str, actor: str, now: datetime) -> None:
    """Record that a signature follows, as before every other one (docs/issuing.md)."""
    services.store.audit.add(
        AuditRecord(now, actor, Action.CREDENTIAL_SIGN, subject, {**services.issuing.intent})
    )
