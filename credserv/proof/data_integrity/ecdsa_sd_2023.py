"""ecdsa-sd-2023 (Data Integrity ECDSA Cryptosuites 1.0, section 3.5): base proofs and derived proofs.

The issuer signs the mandatory statements once, and each other statement on its own with a key made for this
one credential. The holder then shows some of those. Blank nodes carry labels that the issuer made with an
HMAC, so that a statement reveals nothing about hidden ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from credserv.ground.encoding import decode_base64url, encode_base64url
from credserv.ground.errors import (
    BaseProofError,
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.cryptosuite import fitting_key_type
from credserv.proof.data_integrity.ecdsa_sd_2023_base import (
    BASE,
    DERIVED,
    HMAC_BYTES,
    KEY,
    KEY_BYTES,
    MAX_CHARS,
    derive,
    sign_base,
)
from credserv.proof.data_integrity.hashing_suite import configure_rdfc
from credserv.proof.data_integrity.proof_form import PROOF_TYPE, read_proofs
from credserv.proof.data_integrity.sd_statements import LINE
from credserv.proof.keys.public_key import SIGNATURE_BYTES, verify_signature
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import VerificationMethod
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.tokens.cbor import decode_cbor


@dataclass(frozen=True)
class DerivedProof:
    """The content of a derived proofValue (section 3.5.7).

    Attributes:
        labels: from canonical to HMAC labels, without `_:`.
        public_key: of the credential's own key, as a Multikey without multibase.
        mandatory: indexes of the mandatory statements.
    """

    base_signature: bytes
    public_key: bytes
    signatures: tuple[bytes, ...]
    labels: dict[str, str]
    mandatory: frozenset[int]


class EcdsaSd2023:
    """The suite. `mandatory`: JSON Pointers to what every proof derived from its base proofs must show."""

    identifier = "ecdsa-sd-2023"
    proof_type = PROOF_TYPE
    key_types = frozenset({KEY})
    signs = True

    def __init__(self, canonizer: Canonizer, mandatory: Sequence[str] = ()) -> None:
        self._canonizer = canonizer
        self._mandatory = tuple(mandatory)

    def requiring(self, mandatory: Sequence[str]) -> EcdsaSd2023:
        """Return the suite for a document of which this part is always shown."""
        return EcdsaSd2023(self._canonizer, mandatory)

    def create_proof(self, unsecured: JsonObject, options: JsonObject, signer: Signer) -> dict[str, Any]:
        """Return a base proof, from which the holder derives those to be shown.

        Raises InputError and subclasses.
        """
        if signer.key_type is not KEY:
            raise InputError(f"{self.identifier} does not sign with {signer.key_type.name} keys")
        proof = {name: value for name, value in options.items() if name != "@context"}
        if proof.get("type") != self.proof_type or proof.get("cryptosuite") != self.identifier:
            raise InputError(f"not the options of an {self.identifier} proof")
        value = sign_base(
            unsecured,
            self._canonizer.canonize_utf8(configure_rdfc(unsecured, proof)),
            mandatory=self._mandatory,
            signer=signer,
            canonizer=self._canonizer,
        )
        return proof | {"proofValue": value}

    def derive_proof(self, secured: JsonObject, selective: Sequence[str]) -> dict[str, Any]:
        """Return what the holder of `secured`, which has one base proof, shows.

        Raises InputError, ProofError.
        """
        (proof, *others) = read_proofs(secured)
        if others or proof.get("cryptosuite") != self.identifier:
            raise UnsupportedProofError(f"only from one {self.identifier} proof is another derived")
        unsecured = {name: value for name, value in secured.items() if name != "proof"}
        return derive(unsecured, proof, selective=selective, canonizer=self._canonizer)

    def require_contexts(self, document: JsonObject) -> None:
        """See RdfcSuite."""
        self._canonizer.require_contexts(document)

    def verify_proof(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        """Verify a derived proof (sections 3.5.6 and 3.5.8)."""
        fitting_key_type(self, method)
        derived = parse_derived_proof(proof.get("proofValue"))
        options = {name: value for name, value in proof.items() if name != "proofValue"}
        config = self._canonizer.canonize(configure_rdfc(unsecured, options))
        shown, always = self.split_statements(unsecured, derived)
        if len(shown) != len(derived.signatures):
            raise InvalidSignatureError(
                f"{len(shown)} statements beside those always shown, and {len(derived.signatures)} signatures"
            )
        data = _sha256(config) + derived.public_key + _sha256("".join(always))
        verify_signature(KEY, method.public_key, derived.base_signature, data)
        own_key = derived.public_key.removeprefix(KEY.prefix)
        for statement, signature in zip(shown, derived.signatures, strict=True):
            verify_signature(KEY, own_key, signature, statement.encode())

    def split_statements(self, unsecured: JsonObject, derived: DerivedProof) -> tuple[list[str], list[str]]:
        """Return the statements signed one by one and the mandatory ones, both in order.

        Raises MalformedProofError when labels or indexes are not those of the document.
        """
        statements = relabel(self._canonizer.canonize(unsecured), derived.labels)
        if derived.mandatory and max(derived.mandatory) >= len(statements):
            raise MalformedProofError("proofValue counts more statements than the document makes")
        shown = [line for index, line in enumerate(statements) if index not in derived.mandatory]
        return shown, [statements[index] for index in sorted(derived.mandatory)]


def relabel(canonical: str, labels: dict[str, str]) -> list[str]:
    """Return N-Quads with other blank node labels, sorted again (section 3.5.8, steps 6 and 7).

    Raises MalformedProofError unless `labels` name exactly the document's blank nodes.
    """
    used: set[str] = set()

    def rename(term: str) -> str:
        if not term.startswith("_:"):
            return term
        used.add(term[2:])
        if term[2:] not in labels:
            raise MalformedProofError("proofValue does not name every blank node of the document")
        return "_:" + labels[term[2:]]

    lines = []
    for line in canonical.split("\n")[:-1]:
        match = LINE.fullmatch(line)
        if match is None:
            raise InputError("a statement that cannot be taken apart")  # skipping it would leave it unsigned
        graph = [rename(match["graph"])] if match["graph"] else []
        terms = [rename(match["subject"]), match["predicate"], rename(match["object"]), *graph]
        lines.append(" ".join([*terms, ".\n"]))
    if used != set(labels):
        raise MalformedProofError("proofValue names blank nodes that the document does not have")
    return sorted(lines)


def parse_derived_proof(value: object) -> DerivedProof:
    """Parse a derived proofValue (section 3.5.7).

    Raises MalformedProofError, and BaseProofError for a base proof: only the holder may see that one.
    """
    if not isinstance(value, str) or not value.startswith("u") or len(value) > MAX_CHARS:
        raise MalformedProofError("proofValue is not base64url of a fitting size")
    try:
        data = decode_base64url(value[1:])
        if data.startswith(BASE):
            raise BaseProofError("a base proof, from which the holder derives those to be shown")
        if not data.startswith(DERIVED):
            raise MalformedProofError("proofValue is no ecdsa-sd-2023 proof")
        return _derived_proof(decode_cbor(data[len(DERIVED) :]))
    except InputError as error:
        raise MalformedProofError(f"proofValue: {error.detail}") from error


def _derived_proof(parts: object) -> DerivedProof:
    match parts:
        case [bytes(base), bytes(key), list(signatures), dict(labels), list(mandatory)]:
            pass
        case _:
            raise InputError("not the five parts of a derived proof")
    if len(key) != KEY_BYTES or not key.startswith(KEY.prefix):
        raise InputError("the credential's own key is no P-256 Multikey")
    _require_each_is_bytes([base, *signatures], SIGNATURE_BYTES[KEY], "signature")
    _require_each_is_bytes(list(labels.values()), HMAC_BYTES, "label")
    if len(set(labels.values())) != len(labels):
        raise InputError("two blank nodes with one label")
    if not all(isinstance(index, int) for index in mandatory) or len(set(mandatory)) != len(mandatory):
        raise InputError("an index that is no number, or twice the same")
    return DerivedProof(
        base_signature=base,
        public_key=key,
        signatures=tuple(signatures),
        labels={f"c14n{number}": "u" + encode_base64url(label) for number, label in labels.items()},
        mandatory=frozenset(mandatory),
    )


def _require_each_is_bytes(values: list[object], length: int, what: str) -> None:
    if not all(isinstance(value, bytes) and len(value) == length for value in values):
        raise InputError(f"a {what} that is not {length} bytes")


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
