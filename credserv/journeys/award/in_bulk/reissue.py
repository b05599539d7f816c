"""Replace a badge with a new one that uses the current achievement, issuer and key.

The new badge keeps its recipient, award date, results, evidence and grounds, so later corrections still find
it. The former badge is revoked in the transaction that reserves the new one, after the new one was built and
checked. If the process dies after that, the run or the sweep finishes the new badge.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime

from credserv.ground.encoding import new_id
from credserv.ground.errors import ConflictError
from credserv.issuing.document import build_unsigned, lint
from credserv.issuing.recipe import SALT_BYTES, Wanted
from credserv.journeys.award.issued import record_of
from credserv.journeys.award.orders import find_version, require_defined, results_in
from credserv.journeys.publish.journal import note_change
from credserv.journeys.services import Services
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import Action, AuditRecord
from credserv.records.credentials import (
    IN_PLACE_OF,
    LIVING_SCOPE,
    CredentialRecord,
    CredentialState,
    IssueOrder,
)
from credserv.store.hold.awards import beside
from credserv.store.hold.credential_rows import Addressee, Claim


def reissue(
    services: Services, credential_id: str, reason: str, *, actor: str, now: datetime
) -> CredentialRecord:
    """Replace a badge. Repeating the call returns the same new badge.

    Raises:
        NotFoundError: There is no such badge.
        ConflictError: The badge is not valid now or cannot be issued again.
        InputError: The new badge cannot be issued. Nothing was revoked.
        SigningKeyError, ProofError, UnavailableError: Call again, or leave it to the sweep.
    """
    former = record_of(services, credential_id)
    known = _find_successor(services, former)
    if known is None:
        version = find_version(services, former.order.achievement_key, None)
        order = successor_order(former, version, services)
        known = _replace(services, former, order, reason, actor, now)
    if known.signed is not None:
        return known
    (finished,) = services.recipe.issue([Wanted(known.order, now, actor=actor)])
    return finished.require()


def successor_of(services: Services, former: CredentialRecord) -> CredentialRecord | None:
    """Return the badge that replaced this one, once it is public."""
    found = _find_successor(services, former)
    return found if found is not None and found.signed is not None else None


def _find_successor(services: Services, former: CredentialRecord) -> CredentialRecord | None:
    """Return the replacement, signed or not. Another order whose key merely looks alike does not count."""
    found = services.store.credentials.find(former.order.scope, IN_PLACE_OF + former.id)
    is_ours = found is not None and found.order.order_sha256 == _order_sha256(former.id)
    return found if is_ours else None


def former_of(record: CredentialRecord) -> str | None:
    """Return the id of the badge that this one replaced."""
    former = record.order.idempotency_key.removeprefix(IN_PLACE_OF)
    return former if record.order.order_sha256 == _order_sha256(former) else None


def successor_order(former: CredentialRecord, version: AchievementVersion, services: Services) -> IssueOrder:
    """Build the order for a replacement.

    Raises:
        SchemaFaultsError: The current achievement no longer defines its results.
    """
    before = former.order
    base = str(find_version(services, before.achievement_key, before.achievement_version).achievement["id"])
    results = results_in(version, before.results, base)
    require_defined(version, results)
    return replace(
        before,
        idempotency_key=IN_PLACE_OF + former.id,
        order_sha256=_order_sha256(former.id),
        achievement_version=version.version,
        results=results,
    )


def fault_of(former: CredentialRecord) -> str:
    """Return why a badge cannot be issued again; "" if it can."""
    if former.order.scope == LIVING_SCOPE:
        return "an accreditation is renewed, not issued again"
    if former.signed is None:
        return "its person was erased" if former.erased_sha256 else "it was never signed"
    if former.state is not CredentialState.ACTIVE:
        return f"it is {former.state.value}"
    return ""


def _replace(
    services: Services, former: CredentialRecord, order: IssueOrder, reason: str, actor: str, now: datetime
) -> CredentialRecord:
    claim = _plan(services, former, order, actor, now)
    with services.store.transaction():
        locked = services.store.credentials.lock(former.id)
        rival = _find_successor(services, former)
        if rival is not None:  # the rival that was first has revoked it
            return rival
        claim = _addressed(services, claim, *locked)
        revoked = services.store.credentials.set_state(
            former.id, CredentialState.REVOKED, reason=reason, now=now, actor=actor
        )
        record = services.store.lots.reserve([claim], now=now).records[claim.key]
        if record.id != claim.new_id:
            raise ConflictError(f"this person has been awarded the same by another badge, {record.id}")
        services.store.credentials.follow(former.id, record.id)
        line = AuditRecord(now, actor, Action.CREDENTIAL_REISSUED, former.id, {"by": record.id})
        services.store.audit.add(line)
    note_change(services.issuing, revoked)
    return services.recipe.finish(record, claim, now).require()


def _plan(
    services: Services, former: CredentialRecord, order: IssueOrder, actor: str, now: datetime
) -> Claim:
    """Plan the new badge and build and check it once, so that nothing is revoked for
    a badge that cannot be issued.
    """
    _require_in_force(former)
    claim = services.recipe.plan(Wanted(order, now, actor=actor), reserved_id=new_id(now))
    draft = replace(former, id=claim.new_id, order=order, salt=secrets.token_hex(SALT_BYTES), issued_at=now)
    lint(services.issuing, build_unsigned(services.issuing, draft))
    # Fails here, before anything is revoked, if the brake holds or the key is away.
    services.issuing.signer.sign(b"is it there")
    return claim


def _addressed(services: Services, claim: Claim, former: CredentialRecord, award_key: str | None) -> Claim:
    """Return the claim for the former badge's holder.

    `former` is locked so that the holder cannot change meanwhile.
    """
    _require_in_force(former)
    owner = services.store.identifiers.owner(former.identifier_id)
    if owner is None:
        raise ConflictError("nobody of here holds it")
    addressee = Addressee(former.identifier_id, owner.id, former.person_id)
    # Another badge of the same award may take the former's place as it is revoked.
    key = None if award_key is None else beside(award_key, claim.new_id)
    return replace(claim, award_key=key, renews=False, addressee=addressee)


def _require_in_force(former: CredentialRecord) -> None:
    fault = fault_of(former)
    if fault:
        raise ConflictError(fault)


def _order_sha256(former_id: str) -> str:
    return hashlib.sha256(f"{IN_PLACE_OF}{former_id}".encode()).hexdigest()
