"""An organisation's did:webvh: created portable beside its did:web, and extended when keys or address change.

Each entry is signed by a key that the previous entry pre-committed and nobody has seen (pre-rotation,
did:webvh 1.0, section "Key Pre-Rotation"), so stolen signing keys cannot change the DID.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from credserv.app.addresses import public_url_of
from credserv.app.installation import require_issuer, web_did
from credserv.app.settings import Settings
from credserv.ground.encoding import KeyType
from credserv.ground.errors import InputError, NotFoundError, ProofError
from credserv.ground.json_types import JsonObject
from credserv.journeys.publish.did_documents import document_under
from credserv.proof.keys.signer import Signer, create_private_key, open_private_key
from credserv.proof.webvh.entry import key_hash
from credserv.proof.webvh.log import DidLog, Version, read_log
from credserv.proof.webvh.writing import first_entry, named_at, next_entry, placeholder, to_line
from credserv.records.audit import Action, AuditRecord
from credserv.records.did_histories import DidHistoryRecord
from credserv.records.organisations import OrganisationRecord
from credserv.store.store import Store

logger = logging.getLogger(__name__)

_STEP = timedelta(seconds=1)  # entries are dated in whole seconds, each later than the one before


def begin_history(settings: Settings, store: Store, *, actor: str, now: datetime) -> DidHistoryRecord:
    """Create a did:webvh. Raises InputError for an issuer without did:web, ConflictError if there is one
    already."""
    issuer = require_issuer(store)
    place = web_did(public_url_of(settings, issuer))
    if not issuer.did.startswith("did:web:") or not place:
        raise InputError(
            "a did:webvh stands beside a did:web: both need an https address with a domain name and no port"
        )
    first, following = _new_key(), _new_key()
    parameters = {**_keys(first, following), "portable": True}
    document = _document(issuer, placeholder(place), [])
    entry = first_entry(document, parameters, signer=_signer(first), now=now)
    history = DidHistoryRecord(entry["state"]["id"], to_line(entry).decode(), following, now)
    with store.transaction():
        store.did_histories.begin(history)
        store.audit.add(AuditRecord(now, actor, Action.DID_CREATED, history.did))
    return history


def continue_history(store: Store, *, actor: str, now: datetime, place: str = "") -> DidHistoryRecord | None:
    """Add an entry where the document's keys or name differ from the last one.

    Run it in the transaction of the change.

    Returns None where there is no did:webvh, nothing to add, or a log that does not hold.

    Args:
        place: the did:web of the new address; "" for the current one.
    """
    before = store.did_histories.get(locked=True)
    if before is None:
        return None
    try:
        log = read_log(before.log.encode())
    except ProofError as error:  # a stolen key must still be withdrawn; the doctor reports the log
        logger.error("the log of %s does not hold, and is not continued: %s", before.did, error.detail)
        return None
    newest = log.newest
    did = named_at(log.scid, place) if place else newest.did
    document = _document(require_issuer(store), did, _former(log, did))
    if document == newest.document:
        return None
    following = _new_key()
    at = max(now, newest.time + _STEP)
    entry = next_entry(
        newest.id,
        document,
        _keys(before.next_key, following),
        signer=_signer(before.next_key),
        now=at,
    )
    history = DidHistoryRecord(did, before.log + to_line(entry).decode(), following, at)
    store.did_histories.continue_(before, history)
    detail = {"version": entry["versionId"]} | ({"from": newest.did} if did != newest.did else {})
    store.audit.add(AuditRecord(now, actor, Action.DID_CHANGED, did, detail))
    return history


def move_histories(settings: Settings, store: Store, *, actor: str, now: datetime) -> list[str]:
    """Move those of all organisations that sign here to their current addresses; returns the new names.

    Run it in a transaction.
    """
    moved = [
        continue_history(
            store.of(known.id), actor=actor, now=now, place=web_did(public_url_of(settings, known))
        )
        for known in store.organisations.list()
        if known.moved_at is None
    ]
    return [history.did for history in moved if history is not None]


def require_history(store: Store) -> tuple[DidHistoryRecord, DidLog]:
    """Return the record and its log. Raises NotFoundError where there is none."""
    history = store.did_histories.get()
    if history is None:
        raise NotFoundError("there is no did:webvh: `credserv did create` makes one")
    return history, read_log(history.log.encode())


def names_keys_of(newest: Version, issuer: OrganisationRecord) -> bool:
    """Return whether the log's newest version has the current keys and name."""
    return {**newest.document, "alsoKnownAs": []} == {**document_under(issuer, newest.did), "alsoKnownAs": []}


def _document(issuer: OrganisationRecord, did: str, former: list[str]) -> dict[str, Any]:
    known: JsonObject = document_under(issuer, did)
    return {**known, "alsoKnownAs": [issuer.did, *former]}


def _former(log: DidLog, did: str) -> list[str]:
    """Return its former names, latest first."""
    names = dict.fromkeys(version.did for version in reversed(log.versions))
    return [name for name in names if name != did]


def _keys(current: str, following: str) -> dict[str, list[str]]:
    return {
        "updateKeys": [_signer(current).public_key_multibase],
        "nextKeyHashes": [key_hash(_signer(following).public_key_multibase)],
    }


def _new_key() -> str:
    return create_private_key(KeyType.ED25519).hex()


def _signer(key: str) -> Signer:
    return open_private_key(bytes.fromhex(key))
