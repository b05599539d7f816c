"""The issuing recipe for many orders at once: the same steps as `issue`, each done once for all.

Reservation and intention are one transaction (docs/adr/0007), storing is another. Credentials of one shape
(an achievement version, the same way of naming the recipient, the same results) are made from a compiled
template:
schema and terms are checked when it is compiled, and against the general engine; every signature is
checked against the key, and samples of the finished bytes go through the whole verifier.

What a template does not take is finished one by one, by `issue.finish`, as is what a crash leaves.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credserv.ground.encoding import random_token
from credserv.ground.errors import ConflictError, CredservError, InputError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.recipe import (
    ID_BYTES,
    SALT_BYTES,
    IssuingDesk,
    build_unsigned,
    finish,
    intent,
    lint,
    prepare_proof,
    signs_canonical_form,
    valid_until,
    verify_own,
)
from credserv.issuing.template import Shelf, secured_text, shape_of, slot_values, with_slots
from credserv.proof.data_integrity.hashing_suite import PreparedProof
from credserv.proof.rdf.template import DocumentTemplate
from credserv.proof.rdf.terms import OutsideSubsetError
from credserv.records.credentials import CredentialRecord, CredentialState, IssuanceStep, IssueOrder
from credserv.store.credential_rows import Claim

SAMPLE_EVERY = 64  # credentials of one template between two that the whole verifier sees


@dataclass(frozen=True)
class Issued:
    """What became of one order: a credential (created: by this call), or the error that it ended in."""

    credential_id: str | None
    created: bool = False
    error: CredservError | None = None


@dataclass
class _Template:
    """validity: how long its credentials last, None for no end. context: as text."""

    compiled: DocumentTemplate
    validity: timedelta | None
    context: str
    used: int = 0


class BatchIssuer:
    """Safe to share between threads; keeps the templates."""

    def __init__(self, desk: IssuingDesk) -> None:
        self._desk = desk
        self._templates: Shelf[_Template] = Shelf()

    def issue(self, scope: str, orders: Sequence[IssueOrder], *, now: datetime) -> tuple[Issued, ...]:
        """Issue `orders`, all of `scope` and each idempotency key once; answers in the same order.

        Raises ConflictError for an unknown achievement version, SigningKeyError and UnavailableError
        (nothing is lost: the batch can be sent again). What is wrong with one order is in its answer.
        """
        now = now.replace(microsecond=0)
        claims = [self._claim(order) for order in orders]
        records = self._desk.store.batches.reserve(scope, claims, now=now)
        self._desk.on_step(IssuanceStep.RESERVED)
        self._desk.on_step(IssuanceStep.INTENDED)
        fresh, answers = [], {}
        for claim in claims:
            record = records[claim.order.idempotency_key]
            if record.id == claim.new_id:
                fresh.append(record)
            answers[claim.order.idempotency_key] = self._known(record, claim, now)
        answers |= self._make(fresh, now)
        return tuple(answers[order.idempotency_key] for order in orders)

    def _claim(self, order: IssueOrder) -> Claim:
        """The intention is written with the reservation where nothing but the signature is left to do."""
        wanted = intent(self._desk) if signs_canonical_form(self._desk) and not order.evidence else None
        new_id = random_token(ID_BYTES)
        return Claim(order, new_id, secrets.token_hex(SALT_BYTES), wanted)

    def _known(self, record: CredentialRecord, claim: Claim, now: datetime) -> Issued:
        if record.order.order_sha256 != claim.order.order_sha256:
            error = ConflictError("this idempotency key was used before, for another order")
            return Issued(None, error=error)
        if record.id != claim.new_id and record.state in (CredentialState.PENDING, CredentialState.FAILED):
            return self._singly(record, created=False, now=now)
        return Issued(record.id, created=record.id == claim.new_id)

    def _singly(self, record: CredentialRecord, *, created: bool, now: datetime) -> Issued:
        try:
            return Issued(finish(self._desk, record.id, now=now).id, created)
        except InputError as error:
            return Issued(None, error=error)

    def _make(self, records: Sequence[CredentialRecord], now: datetime) -> Mapping[str, Issued]:
        """Build, sign, verify and store what fits templates; the rest one by one."""
        drafts = [(record, self._draft(record)) for record in records]
        fitting = [(record, draft) for record, draft in drafts if draft is not None]
        if fitting:
            signed = self._sign(fitting, now)
            self._desk.store.batches.store_signed(signed, now=now)
            self._desk.on_step(IssuanceStep.STORED)
        return {
            record.order.idempotency_key: self._singly(record, created=True, now=now)
            for record, draft in drafts
            if draft is None
        }

    def _sign(self, drafts: Sequence[tuple[CredentialRecord, _Draft]], now: datetime) -> Mapping[str, bytes]:
        prepared: dict[str, PreparedProof] = {}
        signed = {}
        for record, draft in drafts:
            context = draft.template.context
            if context not in prepared:
                prepared[context] = prepare_proof(self._desk, draft.template.compiled.context, now)
            proof = prepared[context].sign(draft.canonical)
            signed[record.id] = secured_text(draft.text, proof)
            if draft.is_sample:
                verify_own(self._desk, record, signed[record.id])
        self._desk.on_step(IssuanceStep.SIGNED)
        return signed

    def _draft(self, record: CredentialRecord) -> _Draft | None:
        """None for a credential that a template does not take."""
        if record.step is not IssuanceStep.INTENDED:
            return None
        try:
            template = self._templates.get(shape_of(record), lambda: self._compile(record))
            values = self._values(record, template.validity)
            canonical = template.compiled.canonical(values)
        except (OutsideSubsetError, InputError):
            return None
        template.used += 1
        is_sample = template.used % SAMPLE_EVERY == 1
        return _Draft(template, canonical, template.compiled.json(values), is_sample)

    def _compile(self, record: CredentialRecord) -> _Template:
        """Compiled from a real credential, which it must then make again, to the letter."""
        unsigned = build_unsigned(self._desk, record)
        lint(self._desk, unsigned)
        compiled = self._desk.canonizer.compile(with_slots(unsigned))
        ends = valid_until(self._desk, record)
        validity = None if ends is None else ends - record.issued_at
        values = self._values(record, validity)
        same_text = parse_json_object(compiled.json(values).encode()) == unsigned
        if not same_text or compiled.canonical(values) != self._desk.canonizer.canonize(unsigned):
            raise OutsideSubsetError("the template does not make what the general engine makes")
        return _Template(compiled, validity, json.dumps(compiled.context))

    def _values(self, record: CredentialRecord, validity: timedelta | None) -> dict[str, str]:
        return slot_values(record, public_url=self._desk.public_url, validity=validity)


@dataclass(frozen=True)
class _Draft:
    template: _Template
    canonical: str
    text: str
    is_sample: bool
