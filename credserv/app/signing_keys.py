"""The life of a signing key: published, then signing, then retired or withdrawn (found.md O11).

A verifier may cache the DID document for minutes. So a new key is published first and signs only when every
earlier copy has expired; until then, the one it replaces signs. The worker switches them (`activate_due`),
and every process follows within a second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from credserv.app.did_histories import continue_history
from credserv.app.installation import InKms, InToken, new_key, require_issuer
from credserv.app.open_keys import open_key
from credserv.app.settings import Settings
from credserv.ground.encoding import KeyType, format_instant
from credserv.ground.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    SettingsError,
    SigningKeyError,
)
from credserv.proof.keys.brake import Brake
from credserv.records.audit import Action, AuditRecord
from credserv.records.issuance_log import SignedBadge
from credserv.records.organisations import MAIN, KeyPlace, KeyState, SigningKeyRecord, WantedKey
from credserv.store.store import Store

# Every process stops signing with a key within a second of its end. What it signed in that second is good.
LAST_SIGNATURES = timedelta(seconds=2)

KINDS = {"ed25519": KeyType.ED25519, "p256": KeyType.P256, "p384": KeyType.P384}

logger = logging.getLogger(__name__)


def create_key(
    settings: Settings,
    store: Store,
    *,
    now: datetime,
    key_type: KeyType = KeyType.ED25519,
    pending: bool = False,
    lead: timedelta = timedelta(0),
    replaces: bool = False,
    place: InToken | InKms | None = None,
    actor: str = "cli",
) -> SigningKeyRecord:
    """Create a signing key for a did:web issuer; the most recently activated key signs.

    Args:
        pending: published only, until `activate_key`.
        lead: published now, signs after this time.
        replaces: retires the current keys when it begins to sign.
        place: in hardware or in AWS KMS; None for a file.

    Raises:
        InputError: the issuer is a did:key, or another key is waiting to replace the current ones.
    """
    issuer = require_issuer(store)
    if not issuer.did.startswith("did:web:"):
        raise InputError(
            "this issuer is a did:key, which is its one key: another key would be another issuer. "
            "Keys can be changed where public_url is https with a domain name (did:web). How to move to one: "
            "docs/operator.md, Keys"
        )
    waiting = [key.activates_at for key in issuer.keys if key.state is KeyState.PENDING and key.activates_at]
    if replaces and lead and waiting:
        raise InputError(f"a key takes over on {format_instant(min(waiting))} already: `credserv keys list`")
    key = new_key(settings, issuer.did, now, key_type, place)
    if pending or lead:
        planned = None if pending else now + lead
        key = replace(key, state=KeyState.PENDING, activated_at=None, activates_at=planned)
    with store.transaction():
        if replaces and key.activates_at is not None:
            store.organisation.plan_replacement(key.activates_at)
        elif replaces:
            _retire_active(store, now, actor=actor)
        store.organisation.add_key(key)
        store.audit.add(AuditRecord(now, actor, Action.KEY_CREATED, key.verification_method))
        continue_history(store, actor=actor, now=now)
    return key


def make_wanted_key(
    settings: Settings, store: Store, wanted: WantedKey, *, actor: str, now: datetime
) -> SigningKeyRecord:
    """Publish a key that does not sign yet, created or found as somebody requests in the console.

    The token and the AWS account belong to the installation, so only its first organisation may use them.

    Raises:
        InputError: no place is named, or it is not theirs.
        CredservError: as `create_key`.
    """
    if wanted.place is KeyPlace.PENDING:
        return _unplanned(store, wanted.name)
    if wanted.kind not in KINDS:
        raise InputError("choose what kind of key it is to be")
    place: InToken | InKms | None = None
    if wanted.place is not KeyPlace.FILE:
        if store.organisation_id != MAIN:
            raise InputError(
                "keys in hardware and in AWS KMS belong to the whole installation: have whoever runs it "
                "publish one with `credserv keys import --pending`, and take that one"
            )
        if not wanted.name:
            raise InputError("say its label in the token, or its ARN in AWS KMS")
        is_there = wanted.place is KeyPlace.TOKEN
        place = InKms(wanted.name) if wanted.place is KeyPlace.KMS else InToken(wanted.name, is_there)
    try:
        return create_key(
            settings, store, now=now, key_type=KINDS[wanted.kind], pending=True, place=place, actor=actor
        )
    except SettingsError as error:  # no token is set
        raise InputError(error.detail) from error


def _unplanned(store: Store, verification_method: str) -> SigningKeyRecord:
    for key in require_issuer(store).keys:
        is_it = key.verification_method == verification_method
        if is_it and key.state is KeyState.PENDING and key.activates_at is None:
            return key
    raise InputError("choose a key that is published, signs nothing yet and is not to by itself")


def retire_key(store: Store, verification_method: str, *, now: datetime) -> None:
    """Stop signing with a key, which stays published. Raises NotFoundError, InputError for the last one."""
    active = [key for key in require_issuer(store).keys if key.state is KeyState.ACTIVE]
    if verification_method not in [key.verification_method for key in active]:
        raise NotFoundError(f"there is no active key {verification_method}: `credserv keys list` shows them")
    if len(active) == 1:
        raise InputError("this is the only active key: make another first, with `credserv keys rotate`")
    with store.transaction():
        store.organisation.retire_key(verification_method, now + LAST_SIGNATURES)
        store.audit.add(AuditRecord(now, "cli", Action.KEY_RETIRED, verification_method))


def activate_key(
    store: Store, verification_method: str, *, now: datetime, lead: timedelta = timedelta(0)
) -> None:
    """Sign with a pending key from now on; the others stay active.

    Raises NotFoundError, and InputError for one not yet published for the lead, which some verifiers do not
    know.
    """
    pending = {
        key.verification_method: key for key in require_issuer(store).keys if key.state is KeyState.PENDING
    }
    if verification_method not in pending:
        raise NotFoundError(f"there is no pending key {verification_method}: `credserv keys list` shows them")
    known_by_all = pending[verification_method].created_at + lead
    if now < known_by_all:
        raise InputError(
            f"copies of the DID document without it may be in use until {format_instant(known_by_all)}: wait "
            "until then, or give --now, and some verifiers refuse what it signs before"
        )
    with store.transaction():
        store.organisation.activate_key(verification_method, now)
        store.audit.add(AuditRecord(now, "cli", Action.KEY_ACTIVATED, verification_method))


def schedule_key(store: Store, verification_method: str, *, now: datetime, lead: timedelta) -> datetime:
    """Schedule a pending key to replace the signing ones once it has been published for the lead; returns
    when.

    The worker does it (`activate_due`).

    Raises:
        NotFoundError: there is no such key.
        ConflictError: it is no longer pending, or already scheduled.
        InputError: another key is waiting to replace them.
    """
    keys = {key.verification_method: key for key in require_issuer(store).keys}
    if verification_method not in keys:
        raise NotFoundError("there is no such signing key")
    at = max(now, keys[verification_method].created_at + lead)
    with store.transaction():
        if not store.organisation.plan_key(verification_method, at):
            raise ConflictError("this key is to sign already, or was withdrawn")
        for other in keys.values():
            if other.state is KeyState.PENDING and other.activates_at is not None:
                raise InputError(
                    f"another key takes over on {format_instant(other.activates_at)}: wait for it"
                )
        store.organisation.plan_replacement(at)
    return at


def activate_due(settings: Settings, store: Store, *, now: datetime) -> tuple[str, ...]:
    """Activate keys that are due and retire those they replace; returns the new ones.

    A key that does not open here is left, and so is the signing one, because nothing could replace it.
    """
    issuer = require_issuer(store)
    due = [key for key in issuer.keys if _is_due(key, now) and _opens(settings, key)]
    if not due:
        return ()
    with store.transaction():
        begun = [key for key in due if store.organisation.activate_key(key.verification_method, now)]
        for key in begun:
            store.audit.add(AuditRecord(now, "worker", Action.KEY_ACTIVATED, key.verification_method))
        if begun:
            _retire_active(store, now, actor="worker", which=lambda key: _is_replaced(key, now))
    return tuple(key.verification_method for key in begun)


def revoke_key(store: Store, verification_method: str, *, now: datetime, actor: str = "cli") -> None:
    """Withdraw a compromised key permanently: nothing it signed verifies from now on.

    Raises NotFoundError, InputError for the last active key and for a did:key, which is its own key.
    """
    issuer = require_issuer(store)
    known = {key.verification_method: key for key in issuer.keys if key.state is not KeyState.COMPROMISED}
    if verification_method not in known:
        raise NotFoundError(f"there is no key {verification_method}: `credserv keys list` shows them")
    if issuer.did.startswith("did:key:"):
        raise InputError("this issuer is a did:key, which cannot withdraw its key: it is the key")
    active = [key for key in known.values() if key.state is KeyState.ACTIVE]
    if active == [known[verification_method]]:
        raise InputError("this is the only active key: make another first, with `credserv keys rotate --now`")
    with store.transaction():
        store.organisation.revoke_key(verification_method, now)
        store.audit.add(AuditRecord(now, actor, Action.KEY_REVOKED, verification_method))
        continue_history(store, actor=actor, now=now)


def badges_signed_with(store: Store, verification_method: str) -> tuple[SignedBadge, ...]:
    """Return the badges that no longer verify once this key is withdrawn. Raises NotFoundError."""
    if verification_method not in {key.verification_method for key in require_issuer(store).keys}:
        raise NotFoundError(f"there is no key {verification_method}: `credserv keys list` shows them")
    return store.issuance_log.badges_signed_with(verification_method)


def stop_signing(settings: Settings, reason: str, *, now: datetime) -> None:
    """Stop issuing, for every organisation, until resumed.

    It needs no database, because it must work when that does not answer; call `note_brake` afterwards.
    """
    Brake(settings.data_dir).pull(reason, now)


def resume_signing(settings: Settings) -> None:
    """Resume issuing. Raises ConflictError where it is not stopped."""
    Brake(settings.data_dir).release()


def note_brake(store: Store, action: Action, *, now: datetime, **details: str) -> None:
    store.audit.add(AuditRecord(now, "cli", action, "", details))


def _is_due(key: SigningKeyRecord, now: datetime) -> bool:
    return key.state is KeyState.PENDING and key.activates_at is not None and key.activates_at <= now


def _is_replaced(key: SigningKeyRecord, now: datetime) -> bool:
    return key.activates_at is not None and key.activates_at <= now


def _opens(settings: Settings, key: SigningKeyRecord) -> bool:
    try:
        open_key(settings, key).sign(b"is it there")
    except SigningKeyError as error:
        logger.error("the key %s cannot begin to sign: %s", key.verification_method, error.detail)
        return False
    return True


def _retire_active(
    store: Store,
    now: datetime,
    *,
    actor: str,
    which: Callable[[SigningKeyRecord], bool] = lambda _key: True,
) -> None:
    """Retire those active before the newest, read afresh within a transaction."""
    active = [key for key in require_issuer(store).keys if key.state is KeyState.ACTIVE]
    for key in active:
        if which(key) and key.activated_at != now:
            store.organisation.retire_key(key.verification_method, now + LAST_SIGNATURES)
            store.audit.add(AuditRecord(now, actor, Action.KEY_RETIRED, key.verification_method))
