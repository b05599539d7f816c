"""ecdsa-sd-2023 (Data Integrity ECDSA Cryptosuites 1.0, section 3.5): derived proofs, verified.

The issuer signed once the statements that must be shown, and each other statement alone, with a key made
for this one credential. A holder shows some of them. Blank nodes carry labels that the issuer made with an
HMAC, so a statement tells nothing of those that stay hidden.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from credserv.ground.encoding import KeyType, decode_base64url, encode_base64url
from credserv.ground.errors import (
    InputError,
    InvalidSignatureError,
    MalformedProofError,
    UnsupportedProofError,
)
from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.cryptosuite import fitting_key_type
from credserv.proof.data_integrity.hashing_suite import configure_rdfc
from credserv.proof.data_integrity.proof_form import PROOF_TYPE
from credserv.proof.keys.public_key import SIGNATURE_BYTES, verify_signature
from credserv.proof.keys.signer import Signer
from credserv.proof.keys.verification_method import VerificationMethod
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.tokens.cbor import decode_cbor

_KEY = KeyType.P256
_KEY_BYTES = len(_KEY.prefix) + _KEY.public_bytes
_HMAC_BYTES = 32
_BASE, _DERIVED = bytes.fromhex("d95d00"), bytes.fromhex("d95d01")
_MAX_CHARS = 262_144  # about 2,900 signatures
# A label only where a term stands: a text may look like one too (N-Quads: literals are quoted, IRIs in <>).
_LINE = re.compile(
    r"(?P<subject>_:c14n\d+|<[^>]*>) (?P<predicate><[^>]*>) "
    r'(?P<object>_:c14n\d+|<[^>]*>|"(?:[^"\\]|\\.)*"(?:\^\^<[^>]*>|@[A-Za-z0-9-]+)?)'
    r"(?: (?P<graph>_:c14n\d+|<[^>]*>))? \.",
    re.ASCII,
)


@dataclass(frozen=True)
class DerivedProof:
    """What a proofValue holds (section 3.5.7). labels: from canonical to HMAC labels, without `_:`.

    public_key: of the credential's own key, as a Multikey without multibase. mandatory: indexes.
    """

    base_signature: bytes
    public_key: bytes
    signatures: tuple[bytes, ...]
    labels: dict[str, str]
    mandatory: frozenset[int]


class EcdsaSd2023:
    identifier = "ecdsa-sd-2023"
    proof_type = PROOF_TYPE
    key_types = frozenset({_KEY})
    signs = False

    def __init__(self, canonizer: Canonizer) -> None:
        self._canonizer = canonizer

    def create_proof(self, unsecured: JsonObject, options: JsonObject, signer: Signer) -> dict[str, Any]:  # noqa: ARG002 - none is used
        """Raises UnsupportedProofError: derived proofs are verified here, none are made."""
        raise UnsupportedProofError(f"{self.identifier} is verified here, never made")

    def check_contexts(self, document: JsonObject) -> None:
        """As RdfcSuite."""
        self._canonizer.check_contexts(document)

    def verify_proof(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        """Sections 3.5.6 and 3.5.8."""
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
        verify_signature(_KEY, method.public_key, derived.base_signature, data)
        own_key = derived.public_key.removeprefix(_KEY.prefix)
        for statement, signature in zip(shown, derived.signatures, strict=True):
            verify_signature(_KEY, own_key, signature, statement.encode())

    def split_statements(self, unsecured: JsonObject, derived: DerivedProof) -> tuple[list[str], list[str]]:
        """The statements that are signed one by one, and those that are always shown, both in order.

        Raises MalformedProofError when labels or indexes are not those of the document.
        """
        statements = relabel(self._canonizer.canonize(unsecured), derived.labels)
        if derived.mandatory and max(derived.mandatory) >= len(statements):
            raise MalformedProofError("proofValue counts more statements than the document makes")
        shown = [line for index, line in enumerate(statements) if index not in derived.mandatory]
        return shown, [statements[index] for index in sorted(derived.mandatory)]


def relabel(canonical: str, labels: dict[str, str]) -> list[str]:
    """N-Quads with other blank node labels, in their new order (section 3.5.8, steps 6 and 7).

    Raises MalformedProofError unless `labels` are those of the document's blank nodes, no more, no fewer.
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
        match = _LINE.fullmatch(line)
        if match is None:
            raise InputError("a statement that cannot be taken apart")  # never skipped: it would go unsigned
        graph = [rename(match["graph"])] if match["graph"] else []
        terms = [rename(match["subject"]), match["predicate"], rename(match["object"]), *graph]
        lines.append(" ".join([*terms, ".\n"]))
    if used != set(labels):
        raise MalformedProofError("proofValue names blank nodes that the document does not have")
    return sorted(lines)


def parse_derived_proof(value: object) -> DerivedProof:
    """Section 3.5.7. Raises MalformedProofError, for a base proof too: that one is for the holder alone."""
    if not isinstance(value, str) or not value.startswith("u") or len(value) > _MAX_CHARS:
        raise MalformedProofError("proofValue is not base64url of a fitting size")
    try:
        data = decode_base64url(value[1:])
        if data.startswith(_BASE):
            raise MalformedProofError("a base proof, from which the holder derives those to be shown")
        if not data.startswith(_DERIVED):
            raise MalformedProofError("proofValue is no ecdsa-sd-2023 proof")
        return _derived_proof(decode_cbor(data[len(_DERIVED) :]))
    except InputError as error:
        raise MalformedProofError(f"proofValue: {error.detail}") from error


def _derived_proof(parts: object) -> DerivedProof:
    match parts:
        case [bytes(base), bytes(key), list(signatures), dict(labels), list(mandatory)]:
            pass
        case _:
            raise InputError("not the five parts of a derived proof")
    if len(key) != _KEY_BYTES or not key.startswith(_KEY.prefix):
        raise InputError("the credential's own key is no P-256 Multikey")
    _check_each_is_bytes([base, *signatures], SIGNATURE_BYTES[_KEY], "signature")
    _check_each_is_bytes(list(labels.values()), _HMAC_BYTES, "label")
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


def _check_each_is_bytes(values: list[object], length: int, what: str) -> None:
    if not all(isinstance(value, bytes) and len(value) == length for value in values):
        raise InputError(f"a {what} that is not {length} bytes")


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
