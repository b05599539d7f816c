"""Make: turn reserved rows into signed bytes that our own verifier accepts. This module writes nothing.

**Self-verification.** A second library makes every signature again and has to produce the same one. Where a
signature cannot be reproduced (keys in hardware, ECDSA), it is verified against the public key instead. The
first credential of each template, and then one in every SAMPLE_EVERY, passes through the whole verifier as
the exact bytes to be stored, before any of them leaves this module. If a sample fails, nothing from that
template in this lot is made. A credential that fits no template passes through the whole verifier itself.

A template holds what credentials of one shape share: the achievement version, the way of naming the recipient
and the same results. Schema and terms are checked when the template is compiled, and it must reproduce what
the general engine makes, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from credserv.ground.errors import CredservError, InputError, ProofError
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.document import build_unsigned, find_version, lint, period, signs_canonical_form
from credserv.issuing.living import is_living
from credserv.issuing.services import IssuingServices
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

SAMPLE_EVERY = 64  # the whole verifier sees one in so many credentials of a template
_KEPT_PROOFS = 16

Made = dict[str, bytes | CredservError]


@dataclass
class _Template:
    """A compiled template.

    Attributes:
        version: The achievement version of its credentials.
        context: The `@context` as text.
        proven: How many of its credentials left this module. The whole verifier saw the first and the
            samples.
    """

    compiled: DocumentTemplate
    version: AchievementVersion
    context: str
    proven: int = 0


@dataclass
class _Group:
    """What one template makes in one lot.

    Attributes:
        drafts: Record, canonical form and text of each credential.
    """

    template: _Template
    drafts: list[tuple[CredentialRecord, bytes, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Stamp:
    """A proof without its signature.

    Attributes:
        begin: The proof's text up to the signature.
    """

    proof: PreparedProof
    begin: bytes

    def sign(self, canonical: bytes, text: str) -> bytes:
        return secured_text(text, self.begin, self.proof.sign(canonical)["proofValue"])


class Maker:
    """Makes credentials; keeps compiled templates, and the proof options of each second.

    Safe to share between threads.
    """

    def __init__(self, issuing: IssuingServices) -> None:
        self._issuing = issuing
        self._templates: BoundedMemory[_Template] = BoundedMemory()
        self._proofs: BoundedMemory[PreparedProof] = BoundedMemory(_KEPT_PROOFS)

    def make(self, records: Sequence[CredentialRecord]) -> Made:
        """Make a lot of credentials.

        Returns:
            For each credential id, its signed bytes or the error that prevented them. An InputError is final.
            After a SigningKeyError or ProofError, try again later.
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
        """Make a later version of a credential and pass it through the whole verifier.

        Raises:
            InputError: The version cannot be built, now or later.
            SigningKeyError: The key cannot sign now.
            ProofError: The verifier does not accept the version.
        """
        return self._sign_alone(build_unsigned(self._issuing, record, term), term.valid_from)

    def make_again(self, signed: bytes, now: datetime) -> bytes:
        """Sign the same content anew, with the key that signs now, and pass it through the whole verifier.

        Raises:
            SigningKeyError: The key cannot sign now.
            ProofError: The verifier does not accept it.
        """
        content = parse_json_object(signed)
        del content["proof"]
        return self._sign_alone(content, now.replace(microsecond=0))

    def _make_alone(self, record: CredentialRecord) -> bytes:
        """Make a credential that fits no template. Raises what `make` returns as errors."""
        return self._sign_alone(build_unsigned(self._issuing, record), record.issued_at)

    def _sign_alone(self, unsigned: dict[str, Any], created: datetime) -> bytes:
        issuing = self._issuing
        canonical = lint(issuing, unsigned)
        if self._signs_canonical_form:
            prepared = self._prepare(json.dumps(unsigned["@context"]), unsigned["@context"], created)
            document = unsigned | {"proof": prepared.sign(canonical)}
        else:
            document = add_proof(
                unsigned,
                suite=issuing.suite,
                signer=issuing.signer,
                verification_method=issuing.verification_method,
                created=created,
            )
        signed = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        issuing.require_own(signed, created)
        return signed

    def _make_group(self, group: _Group) -> Made:
        """Make all credentials of one template, or none if the verifier refuses a sample."""
        made: Made = {}
        template = group.template
        # If this lot fails, the whole verifier looks at the next credential.
        first, template.proven = template.proven, 0
        stamps: dict[datetime, _Stamp] = {}
        try:
            for number, (record, canonical, text) in enumerate(group.drafts, first):
                created = record.issued_at
                if created not in stamps:
                    proof = self._prepare(template.context, template.compiled.context, created)
                    stamps[created] = _Stamp(proof, proof_begin(proof.options))
                signed = stamps[created].sign(canonical, text)
                if number % SAMPLE_EVERY == 0:
                    self._issuing.require_own(signed, record.issued_at)
                made[record.id] = signed
        except CredservError as error:
            return {record.id: error for record, _, _ in group.drafts}
        template.proven = first + len(made)
        return made

    def _add_draft(self, groups: dict[Shape, _Group], record: CredentialRecord) -> bool:
        """Return False if the credential fits no template."""
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
        """Compile a template from a real credential, and check that it reproduces that credential exactly."""
        unsigned = build_unsigned(self._issuing, record)
        canonical = lint(self._issuing, unsigned)
        compiled = self._issuing.canonizer.compile(with_slots(unsigned))
        version = find_version(self._issuing, record.order)
        values = self._values(record, version)
        same_text = parse_json_object(compiled.json(values).encode()) == unsigned
        if not same_text or compiled.canonical(values) != canonical:
            raise OutsideSubsetError("the template does not make what the general engine makes")
        return _Template(compiled, version, json.dumps(compiled.context))

    def _values(self, record: CredentialRecord, version: AchievementVersion) -> dict[str, str]:
        return slot_values(record, public_url=self._issuing.public_url, valid=period(version, record))

    @property
    def _signs_canonical_form(self) -> bool:
        return signs_canonical_form(self._issuing)

    def _prepare(self, named: str, context: object, created: datetime) -> PreparedProof:
        """Prepare the proof options for one @context at one instant.

        `created` comes from the reserved row, so a repeat signs the same bytes. `named` is the context as
        text.
        """
        suite = self._issuing.suite
        if not isinstance(suite, RdfcSuite):
            raise ProofError(f"{suite.identifier} does not sign a canonical form")

        def prepare() -> PreparedProof:
            options = proof_options(suite, self._issuing.verification_method, created)
            return suite.prepare(context, options, self._issuing.signer)

        return self._proofs.get((named, created), prepare)
