"""A token whose key comes with it in a certificate (`x5c`).

RFC 7515, section 4.1.6; SD-JWT VC (IETF), section 3.5; HAIP 1.0, section 6.1.1. Only `x5c` alone counts:
beside another name for the key (`kid`, a digest), the key is the one that the issuer publishes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from credserv.ground.errors import UnsupportedProofError
from credserv.ground.json_types import JsonObject
from credserv.proof.keys.certificates import Certified, certify
from credserv.proof.tokens.data_model_1_jwt import WrappedToken
from credserv.proof.tokens.jws import KEY_ADDRESSES, Jws
from credserv.proof.tokens.sd_jwt import SdJwtToken
from credserv.proof.tokens.sd_jwt_vc import SdJwtVcToken, document_name
from credserv.proof.tokens.token import Circumstances, Token
from credserv.proof.tokens.vc_jwt import JwtToken

_OTHER_NAMES = frozenset({"kid", "jwk", "x5t", "x5t#S256"}) | KEY_ADDRESSES


def certified_key(token: Token, issuer: str, circumstances: Circumstances) -> Certified | None:
    """Return the issuer's key as a trust anchor certifies it; None where none does and the issuer's own keys
    count.

    Raises UnsupportedProofError where only a certificate names the issuer, and no anchor certifies it.
    """
    found = None
    if isinstance(token, SdJwtVcToken | SdJwtToken | JwtToken | WrappedToken):
        found = certified_by(token.jws, issuer, circumstances)
    if found is None and isinstance(token, SdJwtVcToken) and not token.names_issuer:
        raise UnsupportedProofError(
            "it names no issuer (iss), and its certificates (x5c) lead to no trust anchor that is given here"
        )
    return found


def certified_by(jws: Jws, issuer: str, circumstances: Circumstances) -> Certified | None:
    """Return what `certified_key` does, for any signed text."""
    header = jws.header
    if not circumstances.anchors or "x5c" not in header or not _OTHER_NAMES.isdisjoint(header):
        return None
    return certify(header["x5c"], issuer, circumstances.anchors, circumstances.now)


def with_certified_key(circumstances: Circumstances, issuer: str, certified: Certified) -> Circumstances:
    """Return the circumstances with an issuer's document that has only this key."""
    method = f"{issuer}#{certified.sha256}"
    entry = {"id": method, "type": "JsonWebKey", "controller": issuer, "publicKeyJwk": certified.jwk}
    document: dict[str, Any] = {"id": issuer, "verificationMethod": [entry], circumstances.purpose: [method]}

    def resolve(name: str) -> JsonObject:
        return document if name in (issuer, document_name(issuer)) else circumstances.resolve_did(name)

    return replace(circumstances, resolve_did=resolve)
