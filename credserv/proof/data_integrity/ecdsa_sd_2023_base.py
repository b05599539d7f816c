"""Base proofs of ecdsa-sd-2023, and what their holder derives from them.

Source: Data Integrity ECDSA Cryptosuites 1.0, sections 3.5.2 to 3.5.5 (base), 3.5.6 and 3.5.7 (derived).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from credserv.ground.encoding import KeyType, decode_base64url, decode_multikey, encode_base64url
from credserv.ground.errors import InputError, InvalidSignatureError, MalformedProofError
from credserv.ground.json_types import JsonObject
from credserv.proof.data_integrity.sd_pointers import MAX_POINTERS, select
from credserv.proof.data_integrity.sd_statements import Statements
from credserv.proof.keys.public_key import CURVES, SIGNATURE_BYTES, verify_signature
from credserv.proof.keys.signer import EcdsaSigner, Signer
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.tokens.cbor import TEXT, Value, decode_cbor, encode_cbor

KEY = KeyType.P256
KEY_BYTES = len(KEY.prefix) + KEY.public_bytes
HMAC_BYTES = 32
BASE, DERIVED = bytes.fromhex("d95d00"), bytes.fromhex("d95d01")
MAX_CHARS = 262_144  # some 2,900 signatures


@dataclass(frozen=True)
class Material:
    """The new keys for each credential: for its labels and for its statements."""

    hmac_key: bytes = field(default_factory=lambda: secrets.token_bytes(HMAC_BYTES), repr=False)
    signer: Signer = field(default_factory=lambda: EcdsaSigner(ec.generate_private_key(CURVES[KEY])))

    @property
    def public_key(self) -> bytes:
        key_type, raw = decode_multikey(self.signer.public_key_multibase)
        return key_type.prefix + raw


@dataclass(frozen=True)
class BaseProof:
    """The content of a base proofValue (section 3.5.3)."""

    base_signature: bytes
    public_key: bytes
    hmac_key: bytes
    signatures: tuple[bytes, ...]
    mandatory: tuple[str, ...]

    def encode(self) -> str:
        parts: list[Value] = [self.base_signature, self.public_key, self.hmac_key]
        signatures: list[Value] = list(self.signatures)
        pointers: list[Value] = list(self.mandatory)
        return "u" + encode_base64url(BASE + encode_cbor([*parts, signatures, pointers]))


def sign_base(
    unsecured: JsonObject,
    config: bytes,
    *,
    mandatory: Sequence[str],
    signer: Signer,
    canonizer: Canonizer,
    material: Material | None = None,
) -> str:
    """Return the proofValue of a base proof.

    Args:
        config: the canonical form of the proof's options.
        mandatory: JSON Pointers to what is always shown.

    Raises InputError and subclasses, SigningKeyError.
    """
    material = material or Material()
    statements = Statements(unsecured, material.hmac_key, canonizer)
    always = statements.indexes(mandatory)
    lines = statements.lines
    digest = hashlib.sha256("".join(lines[index] for index in sorted(always)).encode()).digest()
    base = BaseProof(
        base_signature=signer.sign(hashlib.sha256(config).digest() + material.public_key + digest),
        public_key=material.public_key,
        hmac_key=material.hmac_key,
        signatures=tuple(
            material.signer.sign(line.encode()) for index, line in enumerate(lines) if index not in always
        ),
        mandatory=tuple(mandatory),
    )
    value = base.encode()
    if len(value) > MAX_CHARS:
        raise InputError("the document has more statements than a proof for selective disclosure may have")
    return value


def derive(
    unsecured: JsonObject, proof: JsonObject, *, selective: Sequence[str], canonizer: Canonizer
) -> dict[str, Any]:
    """Return what the holder shows: the mandatory part of the document, and the part that `selective` names.

    Args:
        proof: a base proof.

    Raises:
        MalformedProofError: it is not a base proof.
        InvalidSignatureError: it is not the proof of this document.
        SchemaFaultsError: as `select`.
    """
    base = parse_base_proof(proof.get("proofValue"))
    statements = Statements(unsecured, base.hmac_key, canonizer)
    combined = [*base.mandatory, *selective]
    shown_document = select(unsecured, combined)
    if shown_document is None:
        raise InputError("nothing is to be shown: name at least one part")
    always, chosen = statements.indexes(base.mandatory), statements.indexes(selective)
    together = sorted(statements.indexes(combined))
    signed = [index for index in range(len(statements.lines)) if index not in always]
    if len(signed) != len(base.signatures):
        raise InvalidSignatureError(
            "the base proof has not as many signatures as the document has statements"
        )
    own_key = base.public_key.removeprefix(KEY.prefix)
    signatures: list[Value] = []
    for index, signature in zip(signed, base.signatures, strict=True):
        verify_signature(KEY, own_key, signature, statements.lines[index].encode())
        if index in chosen:
            signatures.append(signature)
    labels: dict[int, Value] = dict(statements.labels_for(combined))
    places: list[Value] = [place for place, index in enumerate(together) if index in always]
    parts: list[Value] = [base.base_signature, base.public_key, signatures, labels, places]
    value = "u" + encode_base64url(DERIVED + encode_cbor(parts))
    return {**shown_document, "proof": {**proof, "proofValue": value}}


def parse_base_proof(value: object) -> BaseProof:
    """Parse a base proofValue.

    Raises MalformedProofError, also for a derived proof, from which nothing is derived.
    """
    if not isinstance(value, str) or not value.startswith("u") or len(value) > MAX_CHARS:
        raise MalformedProofError("proofValue is not base64url of a fitting size")
    try:
        data = decode_base64url(value[1:])
        if not data.startswith(BASE):
            raise MalformedProofError("proofValue is no base proof of ecdsa-sd-2023")
        return _base_proof(decode_cbor(data[len(BASE) :], frozenset({TEXT})))
    except InputError as error:
        raise MalformedProofError(f"proofValue: {error.detail}") from error


def _base_proof(parts: Value) -> BaseProof:
    match parts:
        case [bytes(base), bytes(key), bytes(hmac_key), list(signatures), list(pointers)]:
            pass
        case _:
            raise InputError("not the five parts of a base proof")
    if len(key) != KEY_BYTES or not key.startswith(KEY.prefix) or len(hmac_key) != HMAC_BYTES:
        raise InputError("a key of another kind or length")
    sizes = {len(part) if isinstance(part, bytes) else 0 for part in (base, *signatures)}
    if sizes != {SIGNATURE_BYTES[KEY]}:
        raise InputError("a signature of another length")
    if len(pointers) > MAX_POINTERS or not all(isinstance(pointer, str) for pointer in pointers):
        raise InputError("a pointer that is no text, or too many")
    return BaseProof(
        base,
        key,
        hmac_key,
        tuple(part for part in signatures if isinstance(part, bytes)),
        tuple(pointer for pointer in pointers if isinstance(pointer, str)),
    )
