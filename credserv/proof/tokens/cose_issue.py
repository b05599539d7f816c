"""Create a `vc+cose` or `vp+cose` (VC-JOSE-COSE 1.0, section 3.3)."""

from __future__ import annotations

from credserv.ground.canonical_json import to_json
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.signer import Signer
from credserv.proof.tokens.cbor import Value, encode_cbor
from credserv.proof.tokens.cose import ALG, ALGORITHMS, CONTENT_TYPES, CTY, KID, TAG, TYP, TYPES, signed_bytes
from credserv.proof.tokens.jws import algorithm_of
from credserv.proof.tokens.token import Kind
from credserv.proof.tokens.vc_jwt import refuse_envelope

_NUMBERS = {name: number for number, name in ALGORITHMS.items()}


def sign_cose(
    document: JsonObject,
    *,
    signer: Signer,
    verification_method: str,
    kind: Kind = Kind.CREDENTIAL,
    claims: JsonObject | None = None,
) -> bytes:
    """Return the tagged COSE_Sign1, with everything about the signature in the signed part.

    Args:
        claims: of the envelope, beside the document (`presentation_claims`).

    Raises:
        InputError: the document has a proof, or members that belong to the envelope.
        SigningKeyError: the key cannot sign.
    """
    refuse_envelope(document)
    header: dict[int, Value] = {
        ALG: _NUMBERS[algorithm_of(signer)],
        CTY: CONTENT_TYPES[kind],
        KID: verification_method.encode(),
        TYP: TYPES[kind],
    }
    protected, payload = encode_cbor(header), to_json({**document, **(claims or {})})
    signature = signer.sign(signed_bytes(protected, payload))
    return TAG + encode_cbor([protected, {}, payload, signature])
