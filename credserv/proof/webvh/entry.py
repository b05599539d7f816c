"""One entry of a did:webvh log: its hashes and its proof.

Source: did:webvh 1.0, sections "SCID Generation and Verification", "Entry Hash Generation and Verification",
"Authorized Keys" and "Pre-Rotation Key Hash Generation and Verification".
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import KeyType, decode_multikey, encode_base58btc
from credserv.ground.errors import InputError, VerificationMethodError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import read_own_json
from credserv.proof.data_integrity.eddsa_jcs_2022 import EddsaJcs2022
from credserv.proof.data_integrity.proof_form import PROOF_TYPE, read_proofs
from credserv.proof.keys.verification_method import did_key_document, find_method
from credserv.proof.webvh.identifier import SCID

METHOD = "did:webvh:1.0"
PURPOSE = "assertionMethod"
_SHA_256 = b"\x12\x20"  # multihash: the hash function, and the length in bytes


class LogSuite(EddsaJcs2022):
    """The suite of log entries and their witnesses.

    A DID document in a log may use any @context, because no reader takes a meaning from it.
    """

    def __init__(self) -> None:
        """Create the suite without contexts."""

    def _canonize(self, document: JsonObject, _hash_name: str) -> bytes:
        return canonize_json(document)


SUITE = LogSuite()


def multihash(data: bytes) -> str:
    """Return the base58btc of a SHA-256 multihash."""
    return encode_base58btc(_SHA_256 + hashlib.sha256(data).digest()).removeprefix("z")


def key_hash(multikey: str) -> str:
    """Return what `nextKeyHashes` contains for a key not yet published."""
    return multihash(multikey.encode())


def scid_of(first: JsonObject, scid: str) -> str:
    """Return the SCID computed from the first entry, given the one it states. Raises InputError."""
    text = canonize_json({**without_proof(first), "versionId": SCID})
    return multihash(canonize_json(read_own_json(text.replace(scid.encode(), SCID.encode()))))


def entry_hash(entry: JsonObject, before: str) -> str:
    """Return an entry's hash. `before` is the previous versionId, or the SCID for the first.

    Raises InputError.
    """
    return multihash(canonize_json({**without_proof(entry), "versionId": before}))


def without_proof(entry: JsonObject) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "proof"}


def signing_keys(signed: JsonObject, allowed: Collection[str]) -> list[str]:
    """Return whose proofs a log entry or a witness file carries: Multikeys in `allowed`, all proofs good.

    Raises ProofError and InputError for the first proof that does not hold.
    """
    unsecured = without_proof(signed)
    return [_verify(unsecured, proof, allowed) for proof in read_proofs(signed)]


def _verify(unsecured: JsonObject, proof: JsonObject, allowed: Collection[str]) -> str:
    if proof["type"] != PROOF_TYPE or proof.get("cryptosuite") != SUITE.identifier:
        raise VerificationMethodError(f"the proof is none of {SUITE.identifier}")
    if proof["proofPurpose"] != PURPOSE:
        raise VerificationMethodError(f"the proof is for {proof['proofPurpose'][:80]!r}, not for {PURPOSE}")
    method = str(proof["verificationMethod"])
    did = method.partition("#")[0]
    multikey = did.removeprefix("did:key:")
    if multikey not in allowed or method != f"did:key:{multikey}#{multikey}":
        raise VerificationMethodError(f"{method[:120]!r} may not sign it")
    if decode_multikey(multikey)[0] is not KeyType.ED25519:
        raise VerificationMethodError(f"{method[:120]!r} is no Ed25519 key")
    SUITE.verify_proof(unsecured, proof, find_method(did_key_document(did), method, purpose=PURPOSE))
    return multikey


def require_texts(value: object, what: str) -> list[str]:
    """Return a list of distinct texts. Raises InputError."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{what} is no list of texts")
    if len(set(value)) != len(value):
        raise InputError(f"{what} names one twice")
    return value
