"""A token whose key came with it in a certificate: SD-JWT VCs, whose issuers may be named so.

SD-JWT VC (IETF), section 3.5; HAIP 1.0, section 6.1.1. Only `x5c` alone counts: beside another name of a key
(`kid`, a digest) the key is looked for where the issuer publishes it, as without any certificate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from credserv.ground.json_types import JsonObject
from credserv.proof.keys.certificates import Certified, certify
from credserv.proof.tokens.sd_jwt_vc import SdJwtVcToken, document_name
from credserv.proof.tokens.token import Circumstances, Token

_OTHER_NAMES = frozenset({"kid", "jwk", "x5t", "x5t#S256"})


def certified_key(token: Token, issuer: str, circumstances: Circumstances) -> Certified | None:
    """What an anchor says is the issuer's key; None where none says so."""
    if not isinstance(token, SdJwtVcToken) or not circumstances.anchors:
        return None
    header = token.opened.jws.header
    if "x5c" not in header or not _OTHER_NAMES.isdisjoint(header):
        return None
    return certify(header["x5c"], issuer, circumstances.anchors, circumstances.now)


def with_certified_key(circumstances: Circumstances, issuer: str, certified: Certified) -> Circumstances:
    """These, in which the issuer's document is one of that key alone."""
    method = f"{issuer}#{certified.sha256}"
    entry = {"id": method, "type": "JsonWebKey", "controller": issuer, "publicKeyJwk": certified.jwk}
    document: dict[str, Any] = {"id": issuer, "verificationMethod": [entry], circumstances.purpose: [method]}

    def resolve(name: str) -> JsonObject:
        return document if name == document_name(issuer) else circumstances.resolve_did(name)

    return replace(circumstances, resolve_did=resolve)
