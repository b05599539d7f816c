"""Make: from reserved rows to signed bytes that our own verifier accepts. Nothing is written here.

**Self-verification, the whole of it.** Every signature is made a second time by another library, which must
agree, or tried against the key where that cannot be done (keys in hardware, ECDSA). The first credential of
each template, and then one in SAMPLE_EVERY, goes through the whole verifier as the bytes that would be
stored, before any of them is handed on; when it fails, none made from that template in this lot is. A
credential that no template takes goes through the whole verifier itself.

A template is what credentials of one shape share (an achievement version, the same way of naming the
recipient, the same results): schema and terms are checked when it is compiled, and it must make to the
letter what the general engine makes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from credserv.ground.errors import CredservError, InputError, ProofError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.desk import IssuingDesk
from credserv.issuing.document import build_unsigned, find_version, lint, period, signs_canonical_form
from credserv.issuing.living import is_living
from credserv.issuing.template import (
    BoundedMemory,
    Shape,
    proof_begin,
    secured_text,
    shape_of,
    slot_values,
    with_slots,
)
from credserv.proof.data_integrity.hashing_suite import PreparedProof, RdfcSuite
from credserv.proof.data_integrity.proofs import add_proof, proof_options
from credserv.proof.rdf.template import DocumentTemplate
from credserv.proof.rdf.terms import OutsideSubsetError
from credserv.records.accreditation import TermRecord
from credserv.records.achievements import AchievementVersion
from credserv.records.credentials import CredentialRecord

SAMPLE_EVERY = 64  # credentials of one template between two that the whole verifier sees
_KEPT_PROOFS = 16

Made = dict[str, bytes | CredservError]


@dataclass
class _Template:
    """version: whose credentials it makes. context: as text. proven: how many of its
    credentials were handed on, the first of them and samples seen by the whole verifier."""

    compiled: DocumentTemplate
    version: AchievementVersion
    context: str
    proven: int = 0


@dataclass
class _Group:
    """What one template makes in one lot. drafts: with canonical form and text."""

    template: _Template
    drafts: list[tuple[CredentialRecord, bytes, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Stamp:
    """A proof that lacks its signature. begin: its text up to there."""

    proof: PreparedProof
    begin: bytes

    def secure(self, canonical: bytes, text: str) -> bytes:
        return secured_text(text, self.begin, self.proof.sign(canonical)["proofValue"])


class Maker:
    """Safe to share between threads; keeps templates, and proofs' options of the same second."""

    def __init__(self, desk: IssuingDesk) -> None:
        self._desk = desk
        self._templates: BoundedMemory[_Template] = BoundedMemory()
        self._proofs: BoundedMemory[PreparedProof] = BoundedMemory(_KEPT_PROOFS)

    def make(self, records: Sequence[CredentialRecord]) -> Made:
        """By credential id: its signed bytes, or why there are none.

        An InputError is for good. With a SigningKeyError or ProofError it may be made later.
        """
        made: Made = {}
        groups: dict[Shape, _Group] = {}
        for record in records:
            try:
                if not self._add_draft(groups, record):
                    made[record.id] = self._make_alone(record)
            except CredservError as error:
                made[record.id] = error
        for group in groups.values():
            made |= self._make_group(group)
        return made

    def make_version(self, record: CredentialRecord, term: TermRecord) -> bytes:
        """A further version of a credential, as the whole verifier accepts it. Raises InputError,
        SigningKeyError, ProofError."""
        return self._sign_alone(build_unsigned(self._desk, record, term), term.valid_from)

    def _make_alone(self, record: CredentialRecord) -> bytes:
        """Without a template. Raises as `make` tells."""
        return self._sign_alone(build_unsigned(self._desk, record), record.issued_at)

    def _sign_alone(self, unsigned: dict[str, Any], created: datetime) -> bytes:
        desk = self._desk
        canonical = lint(desk, unsigned)
        if self._signs_canonical_form:
            prepared = self._prepare(json.dumps(unsigned["@context"]), unsigned["@context"], created)
            document = unsigned | {"proof": prepared.sign(canonical)}
        else:
            document = add_proof(
                unsigned,
                suite=desk.suite,
                signer=desk.signer,
                verification_method=desk.verification_method,
                created=created,
            )
        signed = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        desk.require_own(signed, created)
        return signed

    def _make_group(self, group: _Group) -> Made:
        """All that one template makes; nothing, where the verifier refuses one of its samples."""
        made: Made = {}
        template = group.template
        first, template.proven = template.proven, 0  # unless all hold, the next one is looked at whole
        stamps: dict[datetime, _Stamp] = {}
        try:
            for number, (record, canonical, text) in enumerate(group.drafts, first):
                created = record.issued_at
                if created not in stamps:
                    proof = self._prepare(template.context, template.compiled.context, created)
                    stamps[created] = _Stamp(proof, proof_begin(proof.options))
                signed = stamps[created].secure(canonical, text)
                if number % SAMPLE_EVERY == 0:
                    self._desk.require_own(signed, record.issued_at)
                made[record.id] = signed
        except CredservError as error:
            return {record.id: error for record, _, _ in group.drafts}
        template.proven = first + len(made)
        return made

    def _add_draft(self, groups: dict[Shape, _Group], record: CredentialRecord) -> bool:
        """False for a credential that a template does not take."""
        if record.order.evidence or is_living(record.order) or not self._signs_canonical_form:
            return False
        shape = shape_of(record)
        try:
            group = groups.get(shape) or _Group(self._templates.get(shape, lambda: self._compile(record)))
            values = self._values(record, group.template.version)
            compiled = group.template.compiled
            draft = (record, compiled.canonical_utf8(values), compiled.json(values))
        except (OutsideSubsetError, InputError):
            return False
        group.drafts.append(draft)
        groups[shape] = group
        return True

    def _compile(self, record: CredentialRecord) -> _Template:
        """Compiled from a real credential, which it must then make again, to the letter."""
        unsigned = build_unsigned(self._desk, record)
        canonical = lint(self._desk, unsigned)
        compiled = self._desk.canonizer.compile(with_slots(unsigned))
        version = find_version(self._desk, record.order)
        values = self._values(record, version)
        same_text = parse_json_object(compiled.json(values).encode()) == unsigned
        if not same_text or compiled.canonical(values) != canonical:
            raise OutsideSubsetError("the template does not make what the general engine makes")
        return _Template(compiled, version, json.dumps(compiled.context))

    def _values(self, record: CredentialRecord, version: AchievementVersion) -> dict[str, str]:
        return slot_values(record, public_url=self._desk.public_url, valid=period(version, record))

    @property
    def _signs_canonical_form(self) -> bool:
        return signs_canonical_form(self._desk)

    def _prepare(self, named: str, context: object, created: datetime) -> PreparedProof:
        """For documents of one @context at one instant; `created` is the recipe's own, so that a repeat
        signs the same bytes. named: the context as text."""
        suite = self._desk.suite
        if not isinstance(suite, RdfcSuite):
            raise ProofError(f"{suite.identifier} does not sign a canonical form")

        def prepare() -> PreparedProof:
            options = proof_options(suite, self._desk.verification_method, created)
            return suite.prepare(context, options, self._desk.signer)

        return self._proofs.get((named, created), prepare)
