"""Copies: one award again in another format, bound to a key of its holder (docs/adr/0023).

A copy goes through the same steps as an award (docs/issuing.md): planned, reserved with its index and the
audit line that it is about to be signed, made, and stored by compare-and-set. Its idempotency key is
`claim:<award>:<form>:<holder>`, so a repeat after any crash returns the same copy.
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

MOST_IN_AN_HOUR = 200  # per person: every badge in every format for two keys, and some more
_ACTOR = "holder"
_ID_BYTES = 16  # copies of one award have nothing in common here


@dataclass(frozen=True)
class Reserved:
    """The copies of one award to make, or made before, with the services of its organisation."""

    services: Services
    award: CredentialRecord
    copies: tuple[CopyRecord, ...]


def forms(services: Services, credential_id: str) -> tuple[CopyForm, ...]:
    """Return the formats in which the organisation can issue copies of one of its awards."""
    possible = forms_of(services.issuing)
    award = services.store.credentials.get(credential_id) if country_of(services) else None
    if award is not None and learning_facts(services, award) is not None:
        return possible
    return tuple(form for form in possible if form is not CopyForm.LEARNING)


def can_copy(services: Services, award: CredentialRecord, form: CopyForm) -> bool:
    """Return whether the organisation can issue this format."""
    if form is CopyForm.LEARNING and learning_facts(services, award) is None:
        return False
    return form in forms_of(services.issuing)


def make_copy(
    services: Services, credential_id: str, form: CopyForm, holder: Holder, now: datetime
) -> CopyRecord:
    """Return the stored copy of an award, of any organisation here, for a key of its holder.

    Raises:
        NotFoundError: The person holds no such award.
        ConflictError: The award was revoked or the copy was ended.
        InputError: The key or format cannot be used.
        RateLimitedError: The person made too many copies in the last hour.
        SigningKeyError, ProofError, UnavailableError: Ask again, or leave it to the sweep.
        OrganisationClosedError, OrganisationMovedError: The organisation issues nothing new.
    """
    with services.store.transaction(savepoints=False):
        reserved = reserve_copies(services, credential_id, form, (holder,), now)
    return keep_copies(reserved, sign_copies(reserved), now)[0]


def reserve_copies(
    services: Services, credential_id: str, form: CopyForm, holders: Sequence[Holder], now: datetime
) -> Reserved:
    """Reserve a copy for each key, with its index and audit line, in the caller's transaction.

    Raises:
        NotFoundError, ConflictError, InputError, RateLimitedError: As `make_copy`.
    """
    own, award = _award(services, credential_id, holders[0].person_id)
    if not can_copy(own, award, form):
        raise InputError(f"this issuer signs nothing of this badge in the form {form.value}")
    own.require_open()
    made = tuple(_reserve(own, award, form, holder, now) for holder in holders)
    own.store.after_commit(partial(own.issuing.on_step, IssuanceStep.RESERVED))
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
        plan, person_id=holder.person_id, actor=_ACTOR, intent=services.issuing.intent, now=now
    )
    if record.ended_at is not None:
        raise ConflictError("this copy was ended: ask for one for another key")
    return record


def sign_copies(reserved: Reserved) -> tuple[bytes, ...]:
    """Return the bytes of each copy, the stored ones where they exist.

    Writes nothing. Raises as `make_copy`.
    """
    issuing, award, facts = reserved.services.issuing, reserved.award, None
    if any(copy.form is CopyForm.LEARNING and copy.signed is None for copy in reserved.copies):
        facts = learning_facts(reserved.services, award)
    signed = tuple(copy.signed or make_copy_bytes(issuing, award, copy, facts) for copy in reserved.copies)
    if any(copy.signed is None for copy in reserved.copies):
        issuing.on_step(IssuanceStep.MADE)
    return signed


def keep_copies(reserved: Reserved, signed: Sequence[bytes], now: datetime) -> list[CopyRecord]:
    """Store signed copies.

    Args:
        signed: From `sign_copies`.

    Returns:
        The copies. One that another process stored first stays and is returned.
    """
    own = reserved.services
    pairs = zip(reserved.copies, signed, strict=True)
    kept = [
        copy if copy.signed is not None else own.store.copies.keep(copy, data, now=now)
        for copy, data in pairs
    ]
    if any(copy.signed is None for copy in reserved.copies):
        own.store.after_commit(partial(own.issuing.on_step, IssuanceStep.STORED))
    return kept


def finish_copy(services: Services, copy: CopyRecord, now: datetime) -> CopyRecord:
    """Sign and store a reserved copy. A stored copy stays as it is. Raises as `make_copy`."""
    award = services.store.credentials.get(copy.credential_id)
    if award is None:
        raise NotFoundError("no such credential")
    reserved = Reserved(services, award, (copy,))
    return keep_copies(reserved, sign_copies(reserved), now)[0]


def end_copy(services: Services, person_id: str, credential_id: str, copy_id: str, now: datetime) -> None:
    """End a copy for good without a replacement, because its app is lost or no longer wanted. Safe to repeat.

    Raises:
        NotFoundError: The person has no such copy.
    """
    own, award = _award(services, credential_id, person_id)
    copy = own.store.copies.get(copy_id)
    if copy is None or copy.credential_id != credential_id:
        raise NotFoundError("no such copy")
    own.store.copies.end(copy_id, actor=_ACTOR, now=now)
    note_change(own.issuing, award)


def copies_of(services: Services, person_id: str, credential_id: str) -> tuple[CopyRecord, ...]:
    """Return all copies of one of a person's awards, in the order planned.

    Raises:
        NotFoundError: The person holds no such award.
    """
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
    """Limit new copies; an existing one costs nothing. Raises RateLimitedError."""
    if services.store.copies.made_since(holder.person_id, now - timedelta(hours=1)) < MOST_IN_AN_HOUR:
        return
    known = services.store.copies.of_credential(award.id)
    if not any(one.form is form and one.holder_did == holder.did for one in known):
        raise RateLimitedError("you took many badges into wallets within an hour: go on in an hour")
