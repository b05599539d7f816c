"""did:jwk: a DID that is its own key, as a JSON Web Key (method specification of July 2022)."""

from __future__ import annotations

from typing import Any

from credserv.ground.canonical_json import canonize_json
from credserv.ground.encoding import decode_base64url, encode_base64url
from credserv.ground.errors import InputError, UnsupportedKeyError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.proof.keys.jwk import read_jwk

_PREFIX = "did:jwk:"
_MAX_CHARS = 2_048
_SIGNING = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation")
_CONTEXTS = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]


def did_jwk(jwk: JsonObject) -> str:
    """Return the did:jwk of a public key. Raises VerificationMethodError if it is not one."""
    read_jwk(jwk)
    return _PREFIX + encode_base64url(canonize_json(jwk))


def did_jwk_document(did: str) -> dict[str, Any]:
    """Return the document that a did:jwk stands for, with its one method `#0`.

    Raises:
        InputError: it is no did:jwk.
        UnsupportedKeyError: it cannot be read.
        VerificationMethodError: the key is not public, or not for signatures; a key for encryption alone
            cannot assert anything.
    """
    if not did.startswith(_PREFIX) or len(did) > _MAX_CHARS:
        raise InputError(f"not a did:jwk: {did[:80]!r}")
    try:
        jwk = parse_json_object(decode_base64url(did.removeprefix(_PREFIX)))
    except InputError as error:  # such as base64url with padding
        raise UnsupportedKeyError(f"a did:jwk that cannot be read: {error.detail}") from error
    read_jwk(jwk)
    method = f"{did}#0"
    entry = {"id": method, "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}
    return {
        "@context": list(_CONTEXTS),
        "id": did,
        "verificationMethod": [entry],
        **{purpose: [method] for purpose in _SIGNING},
    }
