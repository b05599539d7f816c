"""Publish: what anybody may fetch, and the status changes that show there.

A status change appears in what `/status/{list}` serves at most `status_list_refresh_seconds` after it was
confirmed, given caches that obey the headers (docs/adr/0004). The request that finds the list due signs it
again, so a revocation shows without any background process.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.errors import CredservError, NotFoundError, UnavailableError
from credserv.issuing.addresses import status_list_url
from credserv.issuing.living import require_ordinary
from credserv.issuing.services import IssuingServices
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
    """Return the signed status list, signing it again if it is due.

    Raises:
        NotFoundError: There is no such list.
    """
    return publish_status_list(
        services.issuing, list_id, refresh_seconds=services.status_list_refresh_seconds, now=now
    )


def publish_status_list(
    issuing: IssuingServices, list_id: str, *, refresh_seconds: int, now: datetime
) -> Published:
    """Do the same with the issuing services alone, which is all that the verifier's resolver for own lists
    needs.

    A list does not depend on writes: one that cannot be stored is served anyway. If the store cannot be read
    either, the list that this process served last is served again while it is valid.

    Raises:
        NotFoundError: There is no such list.
    """
    try:
        published = _publish(issuing, list_id, refresh_seconds, now)
    except UnavailableError:
        last = issuing.last_lists.get(list_id)
        if last is None or now >= last.valid_until:
            raise
        logger.warning("the store cannot be read: status list %s is the one served last", list_id)
        return replace(last, max_age_seconds=refresh_seconds)
    issuing.last_lists[list_id] = published
    return published


def _publish(issuing: IssuingServices, list_id: str, refresh_seconds: int, now: datetime) -> Published:
    """Return the list, reading its bytes only if this process did not serve them last.

    The list of a moved organisation stays as it was last signed here, because another installation signs it
    now.
    """
    last = issuing.last_lists.get(list_id)
    known_by = None if last is None else last.known_by
    record = issuing.store.status_lists.get(list_id, known_by=known_by)
    if record is None:
        raise NotFoundError("there is no such status list")
    body = record.signed
    if last is not None and known_by == (record.version, record.published_at):
        body = last.body
    if is_behind(issuing, record):
        body = None
    if body is not None and record.published_at is not None:
        shown = (record.version, record.published_at)
        ends = record.published_at + STATUS_LIST_VALIDITY
        age = (now - record.published_at).total_seconds()
        if 0 <= age < refresh_seconds:
            return Published(body, max(1, math.ceil(refresh_seconds - age)), ends, shown)
        if issuing.issuer.moved_at is not None or not _is_due(record, now):
            return Published(body, refresh_seconds, ends, shown)
    signed = _sign_list(issuing, record, refresh_seconds, now)
    return Published(signed, refresh_seconds, now + STATUS_LIST_VALIDITY)


def publish_due(services: Services, *, now: datetime) -> tuple[int, int]:
    """Sign every list of the organisation that is due.

    Requests sign lists too. This covers lists that nobody requests, so that a failure to sign is noticed
    before somebody needs them.

    Returns:
        How many were signed, and how many could not be.
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
    """Return the issuer's public Profile, as in credentials."""
    return build_profile(services.issuer.did, services.issuer.profile, sandbox=services.issuer.sandbox)


def achievement(services: Services, key: str, version: int | None = None) -> AchievementVersion:
    """Return a version of an achievement, the newest by default.

    Raises:
        NotFoundError: There is no such version.
    """
    achievements = services.store.achievements
    found = achievements.newest(key) if version is None else achievements.get(key, version)
    if found is None:
        raise NotFoundError("there is no such achievement")
    return found


def credential(services: Services, credential_id: str) -> CredentialRecord:
    """Return a credential that is public: stored, in any state.

    Raises:
        NotFoundError: There is none.
    """
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
    """Revoke (for good), suspend or restore a credential.

    Args:
        reason: Recorded, never published.

    Raises:
        NotFoundError: There is no such credential.
        ConflictError: Its state does not allow the change.
    """
    require_ordinary(credential(services, credential_id).order)
    changed = services.store.credentials.set_state(credential_id, state, reason=reason, now=now, actor=actor)
    note_change(services.issuing, changed)
    return changed


def _is_due(record: StatusListRecord, now: datetime) -> bool:
    """Return whether a list is due.

    A date in the future also makes it due, so that a clock error does not last.
    """
    if record.published_at is None or record.revision != record.published_revision:
        return True
    return not timedelta(0) <= now - record.published_at < STATUS_LIST_VALIDITY / 2


def _sign_list(
    issuing: IssuingServices, record: StatusListRecord, refresh_seconds: int, now: datetime
) -> bytes:
    """Sign the bits as they are.

    The revision was read before the bits, so a change in between leaves it ahead of the published one and the
    list due.
    """
    set_indexes = note_list(issuing, record, issuing.store.status_lists.set_indexes(record.id))
    document = build_status_list_credential(
        url=status_list_url(issuing.public_url, record.id),
        issuer=issuing.issuer.did,
        purpose=record.purpose,
        encoded_list=encode_list(set_indexes, record.length),
        valid_from=now,
        valid_until=now + STATUS_LIST_VALIDITY,
        ttl_milliseconds=refresh_seconds * 1_000,
    )
    signed = add_proof(
        document,
        suite=issuing.suite,
        signer=issuing.unstopped_signer,
        verification_method=issuing.verification_method,
        created=now,
    )
    body = json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        published = issuing.store.status_lists.publish(
            record.id, version_before=record.version, revision=record.revision, signed=body, now=now
        )
    except UnavailableError as error:
        logger.warning("status list %s is served without being stored: %s", record.id, error.detail)
        return body
    return published.signed or body
