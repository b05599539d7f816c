"""Publish: what anyone may fetch, and the change of a credential's status that shows there.

The bound: a change of status is in what `/status/{list}` serves at most `status_list_refresh_seconds`
after it was answered, with caches that keep to the headers (docs/adr/0004). The list is signed again by
the request that finds it due, so no background process has to be alive for a revocation to show.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.errors import CredservError, NotFoundError, UnavailableError
from credserv.issuing.desk import IssuingDesk, status_list_url
from credserv.issuing.living import require_ordinary
from credserv.journeys.publish.journal import is_behind, note_change, note_list
from credserv.journeys.services import Services
from credserv.openbadges.profile import build_profile
from credserv.proof.data_integrity.proofs import add_proof
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import CredentialRecord, CredentialState, StatusListRecord
from credserv.status.bitstring import build_status_list_credential, encode_list
from credserv.status.published import STATUS_LIST_VALIDITY, Published

logger = logging.getLogger(__name__)


def status_list(services: Services, list_id: str, *, now: datetime) -> Published:
    """The signed status list, signed anew when it is due. Raises NotFoundError."""
    return publish_status_list(
        services.desk, list_id, refresh_seconds=services.status_list_refresh_seconds, now=now
    )


def publish_status_list(desk: IssuingDesk, list_id: str, *, refresh_seconds: int, now: datetime) -> Published:
    """As `status_list`, from the desk alone (the verifier's own-list resolver needs no more).

    A list depends on no write: one that cannot be stored is served all the same. While the store cannot be
    read either, the list that this process served last is served again, as long as it is valid.
    """
    try:
        published = _publish(desk, list_id, refresh_seconds, now)
    except UnavailableError:
        last = desk.last_lists.get(list_id)
        if last is None or now >= last.valid_until:
            raise
        logger.warning("the store cannot be read: status list %s is the one served last", list_id)
        return replace(last, max_age_seconds=refresh_seconds)
    desk.last_lists[list_id] = published
    return published


def _publish(desk: IssuingDesk, list_id: str, refresh_seconds: int, now: datetime) -> Published:
    """Reads the bytes only where they are not those that this process served last. Of an organisation that
    was moved, the list stays as it was signed here last: from then on another installation signs it."""
    last = desk.last_lists.get(list_id)
    known_by = None if last is None else last.known_by
    record = desk.store.status_lists.get(list_id, known_by=known_by)
    if record is None:
        raise NotFoundError("there is no such status list")
    body = record.signed
    if last is not None and known_by == (record.version, record.published_at):
        body = last.body
    if is_behind(desk, record):
        body = None
    if body is not None and record.published_at is not None:
        shown = (record.version, record.published_at)
        ends = record.published_at + STATUS_LIST_VALIDITY
        age = (now - record.published_at).total_seconds()
        if 0 <= age < refresh_seconds:
            return Published(body, max(1, math.ceil(refresh_seconds - age)), ends, shown)
        if desk.issuer.moved_at is not None or not _is_due(record, now):
            return Published(body, refresh_seconds, ends, shown)
    signed = _sign_list(desk, record, refresh_seconds, now)
    return Published(signed, refresh_seconds, now + STATUS_LIST_VALIDITY)


def publish_due(services: Services, *, now: datetime) -> tuple[int, int]:
    """Sign every list of the organisation that is due; how many were, and how many could not be.

    Whoever asks for a list has it signed too. This is for lists that nobody asks for, so that one which
    cannot be signed is noticed before somebody needs it.
    """
    signed = failed = 0
    records = () if services.issuer.moved_at is not None else services.store.status_lists.all()
    for record in records:
        if record.signed is not None and not _is_due(record, now):
            continue
        try:
            status_list(services, record.id, now=now)
            signed += 1
        except CredservError as error:
            failed += 1
            logger.error("status list %s cannot be signed: %s: %s", record.id, error.code, error.detail)
    return signed, failed


def profile(services: Services) -> dict[str, Any]:
    """The issuer's public Profile, as it stands in credentials."""
    return build_profile(services.issuer.did, services.issuer.profile, sandbox=services.issuer.sandbox)


def achievement(services: Services, key: str, version: int | None = None) -> AchievementVersion:
    """One version of an achievement, the newest by default. Raises NotFoundError."""
    achievements = services.store.achievements
    found = achievements.newest(key) if version is None else achievements.get(key, version)
    if found is None:
        raise NotFoundError("there is no such achievement")
    return found


def credential(services: Services, credential_id: str) -> CredentialRecord:
    """A credential that exists for the outside: stored, in whatever state. Raises NotFoundError."""
    record = services.store.credentials.get(credential_id)
    if record is None or record.signed is None:
        raise NotFoundError("there is no such credential")
    return record


def set_status(
    services: Services,
    credential_id: str,
    state: CredentialState,
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> CredentialRecord:
    """Revoke (final), suspend or restore. The reason stays inside.

    Raises NotFoundError, ConflictError when the state does not allow it.
    """
    require_ordinary(credential(services, credential_id).order)
    changed = services.store.credentials.set_state(credential_id, state, reason=reason, now=now, actor=actor)
    note_change(services.desk, changed)
    return changed


def _is_due(record: StatusListRecord, now: datetime) -> bool:
    """Also where it is dated ahead: a clock that was wrong for a moment must not decide until it is right."""
    if record.published_at is None or record.revision != record.published_revision:
        return True
    return not timedelta(0) <= now - record.published_at < STATUS_LIST_VALIDITY / 2


def _sign_list(desk: IssuingDesk, record: StatusListRecord, refresh_seconds: int, now: datetime) -> bytes:
    """Sign the bits as they are. The revision was read before the bits, so a change in between is not lost:
    it leaves the revision ahead of the published one, and the list due."""
    set_indexes = note_list(desk, record, desk.store.status_lists.set_indexes(record.id))
    document = build_status_list_credential(
        url=status_list_url(desk.public_url, record.id),
        issuer=desk.issuer.did,
        purpose=record.purpose,
        encoded_list=encode_list(set_indexes, record.length),
        valid_from=now,
        valid_until=now + STATUS_LIST_VALIDITY,
        ttl_milliseconds=refresh_seconds * 1_000,
    )
    signed = add_proof(
        document,
        suite=desk.suite,
        signer=desk.unstopped_signer,
        verification_method=desk.verification_method,
        created=now,
    )
    body = json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        published = desk.store.status_lists.publish(
            record.id, version_before=record.version, revision=record.revision, signed=body, now=now
        )
    except UnavailableError as error:
        logger.warning("status list %s is served without being stored: %s", record.id, error.detail)
        return body
    return published.signed or body
