"""eddsa-rdfc-2022 (Data Integrity EdDSA Cryptosuites 1.0, section 3.2): RDFC-1.0, SHA-256, Ed25519."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from credserv.encoding import KeyType, decode_base58btc, encode_base58btc
from credserv.errors import InputError, InvalidSignatureError, MalformedProofError, VerificationMethodError
from credserv.proof.canonize import Canonizer
from credserv.proof.signer import Signer
from credserv.proof.verification_method import VerificationMethod, check_ed25519_point
from credserv.store.records import JsonObject

SIGNATURE_BYTES = 64
_MAX_VALUE_CHARS = 1 + 89  # `z` and what 64 bytes can take in base58
_GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


class EddsaRdfc2022:
    identifier = "eddsa-rdfc-2022"
    key_types = frozenset({KeyType.ED25519})

    def __init__(self, canonizer: Canonizer) -> None:
        self._canonizer = canonizer

    def create_proof(self, unsecured: JsonObject, options: JsonObject, signer: Signer) -> dict[str, Any]:
        """Section 3.2.1. Keeps no @context of the options: it is the document's, and said there."""
        if signer.key_type not in self.key_types:
            raise InputError(f"{self.identifier} signs with Ed25519 keys, not {signer.key_type.name}")
        signature = signer.sign(self.hash_data(unsecured, options))
        proof = {name: value for name, value in options.items() if name != "@context"}
        return proof | {"proofValue": encode_base58btc(signature)}

    def verify_proof(self, unsecured: JsonObject, proof: JsonObject, method: VerificationMethod) -> None:
        """Section 3.2.2."""
        if method.key_type not in self.key_types:
            raise VerificationMethodError(
                f"a key for {method.key_type.name} under an {self.identifier} proof"
            )
        check_ed25519_point(method.public_key)
        signature = _read_signature(proof.get("proofValue"))
        options = {name: value for name, value in proof.items() if name != "proofValue"}
        data = self.hash_data(unsecured, options)
        try:
            Ed25519PublicKey.from_public_bytes(method.public_key).verify(signature, data)
        except InvalidSignature as error:
            raise InvalidSignatureError(
                "the signature does not fit: the document or its proof was changed"
            ) from error

    def hash_data(self, unsecured: JsonObject, options: JsonObject) -> bytes:
        """What is signed: the hashes of the proof options and of the document, 64 bytes (3.2.3 to 3.2.5)."""
        if options.get("type") != "DataIntegrityProof" or options.get("cryptosuite") != self.identifier:
            raise InputError(f"not the options of an {self.identifier} proof")
        context = unsecured.get("@context")
        if options.get("@context", context) != context:
            # Only the document's own context counts; another one would be shown and not signed.
            raise MalformedProofError("the proof names another @context than the document")
        config = {**options, "@context": context}
        return self._digest(config) + self._digest(unsecured)

    def _digest(self, document: JsonObject) -> bytes:
        return hashlib.sha256(self._canonizer.canonize(document).encode()).digest()


def _read_signature(value: object) -> bytes:
    """One spelling of each signature: base58-btc of 64 bytes, s below the group order (RFC 8032, 5.1.7)."""
    if not isinstance(value, str) or len(value) > _MAX_VALUE_CHARS:
        raise MalformedProofError("proofValue is no Ed25519 signature in base58-btc")
    try:
        signature = decode_base58btc(value)
    except InputError as error:
        raise MalformedProofError("proofValue is no Ed25519 signature in base58-btc") from error
    if len(signature) != SIGNATURE_BYTES:
        raise MalformedProofError(f"proofValue holds {len(signature)} bytes, not {SIGNATURE_BYTES}")
    if int.from_bytes(signature[32:], "little") >= _GROUP_ORDER:
        raise InvalidSignatureError("the signature is not in its canonical form")
    return signature
