"""The single key of a DID that is its own key (did:key, did:jwk), as wallets make them."""

from __future__ import annotations

from collections.abc import Mapping

from credserv.ground.encoding import decode_multikey
from credserv.ground.errors import InputError, VerificationMethodError
from credserv.proof.keys.did_jwk import did_jwk_document
from credserv.proof.keys.jwk import build_jwk

_KEY_PREFIX, _JWK_PREFIX = "did:key:", "did:jwk:"


def public_jwk(did: str) -> dict[str, str]:
    """Return a DID's key as a JSON Web Key with only the members that make the key. Raises InputError."""
    if did.startswith(_KEY_PREFIX):
        try:
            return build_jwk(*decode_multikey(did.removeprefix(_KEY_PREFIX)))
        except VerificationMethodError as error:
            raise InputError(f"not a key that can sign: {error.detail}") from error
    if not did.startswith(_JWK_PREFIX):
        raise InputError("a credential is bound to a did:key or did:jwk: their key cannot be changed later")
    try:
        jwk: Mapping[str, str] = did_jwk_document(did)["verificationMethod"][0]["publicKeyJwk"]
    except VerificationMethodError as error:
        raise InputError(f"not a key that can sign: {error.detail}") from error
    return {name: value for name, value in jwk.items() if name in ("kty", "crv", "x", "y", "n", "e")}
