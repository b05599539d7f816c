"""The issuing recipe: from an order to a credential that is stored, once, whatever dies on the way.

 1. fix `now`, once
 2. reserve: credential id, salt, status index and the order itself, in one committed row
 3. build the unsigned document, from that row alone
 4. lint: official JSON Schema, every term defined in canonicalization
 5. write the intention to sign (audit)
 6. sign
 7. verify our own output, from the bytes that would be stored
 8. store the exact bytes, by compare-and-set: the first to arrive wins
 9. hand over for delivery

Everything that varies is fixed in step 2. So steps 3 to 8 may be repeated, by anyone, at any time, also
by two at once, and lead to the same credential; nothing is visible outside before step 8. An index is
used up by its reservation, whether or not the credential comes to be. Steps 2 to 5 are committed together,
step 8 by itself (docs/adr/0007).
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from credserv.ground.encoding import random_token
from credserv.ground.errors import InputError, SchemaFaultsError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.jobs import Jobs
from credserv.openbadges.credential import StatusPlace, build_credential, build_subject
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.openbadges.profile import build_profile
from credserv.proof.data_integrity.cryptosuite import CryptoSuite
from credserv.proof.data_integrity.hashing_suite import HASH_NAMES, PreparedProof, RdfcSuite
from credserv.proof.data_integrity.proofs import add_proof, proof_options
from credserv.proof.keys.signer import Signer
from credserv.proof.rdf.canonize import Canonizer
from credserv.records.achievements import AchievementVersion
from credserv.records.audit import AuditRecord
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep, IssueOrder
from credserv.records.organisations import OrganisationRecord
from credserv.status.published import Published
from credserv.store.reservations import SIGN_ACTION
from credserv.store.store import Store
from credserv.verifying.recipe import Resolvers, Verifier

DELIVER_JOB = "deliver"
_INTENDED_STEPS = (IssuanceStep.BUILT, IssuanceStep.LINTED, IssuanceStep.INTENDED)
_SIGNED_STEPS = (IssuanceStep.SIGNED, IssuanceStep.VERIFIED, IssuanceStep.STORED)
STATUS_PURPOSE = "revocation"  # docs/adr/0001: one entry, set while revoked or suspended
SALT_BYTES = 16
ID_BYTES = 16

logger = logging.getLogger(__name__)


def _unobserved(step: IssuanceStep) -> None:
    """Nobody watches the steps."""


@dataclass(frozen=True)
class IssuingDesk:
    """All that the recipe needs. on_step is told each step right after it is taken: RESERVED, INTENDED and
    STORED are committed then, with those before them. last_lists: the status lists that this process served
    last, by id."""

    store: Store
    issuer: OrganisationRecord
    verification_method: str
    signer: Signer
    suite: CryptoSuite
    canonizer: Canonizer
    schemas: CredentialSchemas
    verifier: Verifier
    resolvers: Resolvers
    jobs: Jobs
    public_url: str
    on_step: Callable[[IssuanceStep], None] = _unobserved
    last_lists: dict[str, Published] = field(default_factory=dict)


def credential_url(public_url: str, credential_id: str) -> str:
    """The public URL of a credential, which is also its `id`."""
    return f"{public_url}/credentials/{credential_id}"


def status_list_url(public_url: str, list_id: str) -> str:
    return f"{public_url}/status/{list_id}"


def _nothing(record: CredentialRecord) -> None:
    """Nothing else is to be done."""


def issue(
    desk: IssuingDesk,
    order: IssueOrder,
    *,
    now: datetime,
    also: Callable[[CredentialRecord], None] = _nothing,
) -> tuple[CredentialRecord, bool]:
    """Run the whole recipe for `order`; returns the credential and whether this call reserved it.

    A repeat of the order's (scope, idempotency_key) gives the first credential. also: done with the store
    in the transaction that stores the signed bytes; at once for a credential that has them. Raises
    ConflictError for the same key with another order, InputError when it can never be issued (also kept
    in the row's `note`), SigningKeyError or UnavailableError when it can be finished later.
    """
    with desk.store.transaction(savepoints=False):
        record, created = desk.store.credentials.reserve(
            order,
            now=now.replace(microsecond=0),
            new_id=random_token(ID_BYTES),
            salt=secrets.token_hex(SALT_BYTES),
        )
        draft = _draft(desk, record, now) if created else None
    if draft is None:
        return _carry_on(desk, record, now, also), created
    desk.on_step(IssuanceStep.RESERVED)
    return _secure(desk, record, draft, now, also), created


def finish(
    desk: IssuingDesk,
    credential_id: str,
    *,
    now: datetime,
    also: Callable[[CredentialRecord], None] = _nothing,
) -> CredentialRecord:
    """Steps 3 to 9 for a reserved credential; none of them for one that is past them.

    Raises as `issue`. Safe to repeat and to run twice at once.
    """
    record = desk.store.credentials.get(credential_id)
    if record is None:
        raise InputError(f"there is no reserved credential {credential_id}")
    return _carry_on(desk, record, now, also)


def _carry_on(
    desk: IssuingDesk, record: CredentialRecord, now: datetime, also: Callable[[CredentialRecord], None]
) -> CredentialRecord:
    if record.state is CredentialState.FAILED:
        raise InputError(record.note)
    if record.state is not CredentialState.PENDING:
        also(record)
        return record
    with desk.store.transaction(savepoints=False):
        draft = _draft(desk, record, now)
    return _secure(desk, record, draft, now, also)


@dataclass(frozen=True)
class _Draft:
    """What is about to be signed, with its canonical form."""

    unsigned: dict[str, Any]
    canonical: str


def _draft(desk: IssuingDesk, record: CredentialRecord, now: datetime) -> _Draft | InputError:
    """Steps 3 to 5, in the caller's transaction; a credential that can never be issued is closed there."""
    try:
        unsigned = build_unsigned(desk, record)
        draft = _Draft(unsigned, lint(desk, unsigned))
    except InputError as error:
        desk.store.credentials.fail(record.id, error.detail, now)
        return error
    # A signature without this line before it would be one that nobody meant.
    line = AuditRecord(record.issued_at, record.order.scope, SIGN_ACTION, record.id, intent(desk))
    desk.store.credentials.intend(line, _INTENDED_STEPS, now=now)
    return draft


def _secure(
    desk: IssuingDesk,
    record: CredentialRecord,
    draft: _Draft | InputError,
    now: datetime,
    also: Callable[[CredentialRecord], None],
) -> CredentialRecord:
    """Steps 6 to 9."""
    if isinstance(draft, InputError):
        raise draft
    for step in _INTENDED_STEPS:
        desk.on_step(step)
    signed = _sign(desk, record, draft)
    desk.on_step(IssuanceStep.SIGNED)
    verify_own(desk, record, signed)
    desk.on_step(IssuanceStep.VERIFIED)
    with desk.store.transaction(savepoints=False):
        stored = desk.store.credentials.store_signed(record.id, signed, now=now, steps=_SIGNED_STEPS)
        also(stored)
    desk.on_step(IssuanceStep.STORED)
    _hand_over(desk, record.id)
    return stored


def build_unsigned(desk: IssuingDesk, record: CredentialRecord) -> dict[str, Any]:
    """Step 3: the document, from the reserved row and the immutable achievement version alone."""
    order = record.order
    version = _version(desk, order)
    return build_credential(
        credential_url=credential_url(desk.public_url, record.id),
        issuer=build_profile(desk.issuer.did, desk.issuer.profile),
        subject=build_subject(
            version.achievement,
            email=order.recipient.email,
            did=order.recipient.did,
            salt=record.salt,
            results=order.results,
        ),
        valid_from=record.issued_at,
        valid_until=_end(version, record.issued_at),
        awarded_at=order.awarded_at,
        status=StatusPlace(
            list_url=status_list_url(desk.public_url, record.status_list_id),
            index=record.status_index,
            purpose=STATUS_PURPOSE,
        ),
        evidence=order.evidence,
    )


def valid_until(desk: IssuingDesk, record: CredentialRecord) -> datetime | None:
    """When the credential ends, by its achievement version; None for no end. Raises InputError."""
    return _end(_version(desk, record.order), record.issued_at)


def _version(desk: IssuingDesk, order: IssueOrder) -> AchievementVersion:
    version = desk.store.achievements.get(order.achievement_key, order.achievement_version)
    if version is None:
        raise InputError(f"there is no achievement {order.achievement_key} {order.achievement_version}")
    return version


def _end(version: AchievementVersion, issued_at: datetime) -> datetime | None:
    return None if version.validity_days is None else issued_at + timedelta(days=version.validity_days)


def lint(desk: IssuingDesk, unsigned: dict[str, Any]) -> str:
    """Step 4; the canonical form. The schema sees what is missing, canonicalization what no context knows."""
    faults = desk.schemas.check_credential(unsigned)
    if faults:
        listed = "; ".join(f"{fault.place}: {fault.message}" for fault in faults[:5])
        raise SchemaFaultsError(f"the credential would break the official schema: {listed}", faults=faults)
    return desk.canonizer.canonize(unsigned)


def intent(desk: IssuingDesk) -> JsonObject:
    """What the audit trail says of a signature that is to come."""
    return {"verification_method": desk.verification_method}


def _sign(desk: IssuingDesk, record: CredentialRecord, draft: _Draft) -> bytes:
    """Step 6. `created` is the recipe's one instant, so that a repeat signs the same bytes."""
    if signs_canonical_form(desk):
        prepared = prepare_proof(desk, draft.unsigned["@context"], record.issued_at)
        document = draft.unsigned | {"proof": prepared.sign(draft.canonical, check=False)}  # step 7 does
    else:
        document = add_proof(
            draft.unsigned,
            suite=desk.suite,
            signer=desk.signer,
            verification_method=desk.verification_method,
            created=record.issued_at,
        )
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def signs_canonical_form(desk: IssuingDesk) -> bool:
    """Whether what `lint` gives is what is signed: under P-384, SHA-384 names the blank nodes."""
    return isinstance(desk.suite, RdfcSuite) and HASH_NAMES.get(desk.signer.key_type) == "sha256"


def prepare_proof(desk: IssuingDesk, context: object, created: datetime) -> PreparedProof:
    """For documents of one @context at one instant. Raises InputError unless `signs_canonical_form`."""
    if not isinstance(desk.suite, RdfcSuite):
        raise InputError(f"{desk.suite.identifier} does not sign a canonical form")
    options = proof_options(desk.suite, desk.verification_method, created)
    return desk.suite.prepare(context, options, desk.signer)


def verify_own(desk: IssuingDesk, record: CredentialRecord, signed: bytes) -> None:
    """Step 7. Raises ProofError when a verifier would not accept what we are about to publish."""
    desk.verifier.verify_credential(
        parse_json_object(signed), now=record.issued_at, resolvers=desk.resolvers, proof_only=True
    ).require()


def _hand_over(desk: IssuingDesk, credential_id: str) -> None:
    """Step 9. The queue being away loses nothing: the worker's sweep finds what was not delivered."""
    try:
        desk.jobs.enqueue(DELIVER_JOB, credential_id)
    except UnavailableError:
        logger.warning("delivery of %s is left to the sweep: the job queue is not there", credential_id)
