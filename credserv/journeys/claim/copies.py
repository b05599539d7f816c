"""Claim: one award, again in another format, bound to a key of the person who holds it (docs/adr/0023).

A copy goes the way of an award (docs/issuing.md): planned, reserved with its index and the line that it is
about to be signed, made, and kept by compare-and-set. Its key for repeats is `claim:<award>:<form>:<holder>`:
who asks again, after whatever died, gets the one that there is.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, InputError, NotFoundError, RateLimitedError
from credserv.issuing.copying import forms_of, make_copy_bytes
from credserv.issuing.recipe import SALT_BYTES
from credserv.journeys.learning import country_of, learning_facts
from credserv.journeys.publish.journal import note_change
from credserv.journeys.services import Services
from credserv.proof.keys.did_keys import public_jwk
from credserv.proof.keys.jwk import thumbprint
from credserv.records.copies import CopyForm, CopyPlan, CopyRecord, Holder
from credserv.records.credentials import CredentialRecord, IssuanceStep

MOST_IN_AN_HOUR = 200  # for one person: every badge in every format, for two keys, and some more
_ACTOR = "holder"
_ID_BYTES = 16  # nothing in it that copies of one award share


@dataclass(frozen=True)
class Reserved:
    """Copies of one award that are to be made, or were made before; services: of its organisation."""

    services: Services
    award: CredentialRecord
    copies: tuple[CopyRecord, ...]


def forms(services: Services, credential_id: str) -> tuple[CopyForm, ...]:
    """In which formats the organisation can give out copies of an award of its own."""
    possible = forms_of(services.desk)
    award = services.store.credentials.get(credential_id) if country_of(services) else None
    if award is not None and learning_facts(services, award) is not None:
        return possible
    return tuple(form for form in possible if form is not CopyForm.LEARNING)


def can_copy(services: Services, award: CredentialRecord, form: CopyForm) -> bool:
    if form is CopyForm.LEARNING and learning_facts(services, award) is None:
        return False
    return form in forms_of(services.desk)


def make_copy(
    services: Services, credential_id: str, form: CopyForm, holder: Holder, now: datetime
) -> CopyRecord:
    """The stored copy of an award, of any organisation here, for a key of the person who holds it.

    Raises NotFoundError, the same for absent and for another's; ConflictError for a revoked award and for a
    copy that was ended; InputError for a key or form that cannot be; RateLimitedError; SigningKeyError,
    ProofError, UnavailableError where asking again may do, and the sweep goes on with it.
    """
    with services.store.transaction(savepoints=False):
        reserved = reserve_copies(services, credential_id, form, (holder,), now)
    return keep_copies(reserved, sign_copies(reserved), now)[0]


def reserve_copies(
    services: Services, credential_id: str, form: CopyForm, holders: Sequence[Holder], now: datetime
) -> Reserved:
    """Within the caller's transaction: a copy for each key, with its index and the line of the intention to
    sign it. Raises NotFoundError, ConflictError, InputError, RateLimitedError as `make_copy`."""
    own, award = _award(services, credential_id, holders[0].person_id)
    if not can_copy(own, award, form):
        raise InputError(f"this issuer signs nothing of this badge in the form {form.value}")
    own.require_open()
    made = tuple(_reserve(own, award, form, holder, now) for holder in holders)
    own.store.after_commit(partial(own.desk.on_step, IssuanceStep.RESERVED))
    return Reserved(own, award, made)


def _reserve(
    services: Services, award: CredentialRecord, form: CopyForm, holder: Holder, now: datetime
) -> CopyRecord:
    _require_moderation(services, award, form, holder, now)
    plan = CopyPlan(
        id=random_token(_ID_BYTES),
        credential_id=award.id,
        form=form,
        holder_did=holder.did,
        key_thumbprint=thumbprint(public_jwk(holder.did)),
        salt=secrets.token_hex(SALT_BYTES),
        planned_at=now.replace(microsecond=0),
    )
    record = services.store.copies.reserve(
        plan, person_id=holder.person_id, actor=_ACTOR, intent=services.desk.intent, now=now
    )
    if record.ended_at is not None:
        raise ConflictError("this copy was ended: ask for one for another key")
    return record


def sign_copies(reserved: Reserved) -> tuple[bytes, ...]:
    """The bytes of each, those of before for what is stored; nothing is written. Raises as `make_copy`."""
    desk, award, facts = reserved.services.desk, reserved.award, None
    if any(copy.form is CopyForm.LEARNING and copy.signed is None for copy in reserved.copies):
        facts = learning_facts(reserved.services, award)
    signed = tuple(copy.signed or make_copy_bytes(desk, award, copy, facts) for copy in reserved.copies)
    if any(copy.signed is None for copy in reserved.copies):
        desk.on_step(IssuanceStep.MADE)
    return signed


def keep_copies(reserved: Reserved, signed: Sequence[bytes], now: datetime) -> list[CopyRecord]:
    """signed: of `sign_copies`. What another stored first stays, and is returned."""
    own = reserved.services
    pairs = zip(reserved.copies, signed, strict=True)
    kept = [
        copy if copy.signed is not None else own.store.copies.keep(copy, data, now=now)
        for copy, data in pairs
    ]
    if any(copy.signed is None for copy in reserved.copies):
        own.store.after_commit(partial(own.desk.on_step, IssuanceStep.STORED))
    return kept


def finish_copy(services: Services, copy: CopyRecord, now: datetime) -> CopyRecord:
    """What was reserved, stored; nothing is done to what is stored. Raises as `make_copy`."""
    award = services.store.credentials.get(copy.credential_id)
    if award is None:
        raise NotFoundError("no such credential")
    reserved = Reserved(services, award, (copy,))
    return keep_copies(reserved, sign_copies(reserved), now)[0]


def end_copy(services: Services, person_id: str, credential_id: str, copy_id: str, now: datetime) -> None:
    """A copy ends for good, with nothing in its place: its app was lost, or is not wanted any more. Ending it
    again changes nothing. Raises NotFoundError."""
    own, award = _award(services, credential_id, person_id)
    copy = own.store.copies.get(copy_id)
    if copy is None or copy.credential_id != credential_id:
        raise NotFoundError("no such copy")
    own.store.copies.end(copy_id, actor=_ACTOR, now=now)
    note_change(own.desk, award)


def copies_of(services: Services, person_id: str, credential_id: str) -> tuple[CopyRecord, ...]:
    """All copies of one award of a person, as they were planned. Raises NotFoundError."""
    found = services.store.holdings.get(person_id, credential_id)
    if found is None:
        raise NotFoundError("no such credential")
    return services.beside(found[0]).store.copies.of_credential(credential_id)


def _award(services: Services, credential_id: str, person_id: str) -> tuple[Services, CredentialRecord]:
    found = services.store.holdings.get(person_id, credential_id)
    if found is None:
        raise NotFoundError("no such credential")
    organisation, record = found
    own = organisation == services.store.organisation_id
    return services if own else services.at_name(organisation), record


def _require_moderation(
    services: Services, award: CredentialRecord, form: CopyForm, holder: Holder, now: datetime
) -> None:
    """A copy that is there already costs nothing. Raises RateLimitedError."""
    if services.store.copies.made_since(holder.person_id, now - timedelta(hours=1)) < MOST_IN_AN_HOUR:
        return
    known = services.store.copies.of_credential(award.id)
    if not any(one.form is form and one.holder_did == holder.did for one in known):
        raise RateLimitedError("you took many badges into wallets within an hour: go on in an hour")
