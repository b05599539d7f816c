"""The content of a credential apart from what secures it, and its hash."""

from __future__ import annotations

import hashlib

from credserv.ground.canonical_json import canonize_json
from credserv.ground.json_types import JsonObject

_SECURING = ("proof",)


def content_of(document: JsonObject) -> JsonObject:
    """Return the content without proofs, because a holder may have added one."""
    return {name: value for name, value in document.items() if name not in _SECURING}


def content_sha256(document: JsonObject) -> str:
    """Return the SHA-256 of the content's canonical form (RFC 8785), in hex.

    Whoever has the credential can recognise it by this hash; nobody else learns what it says.
    """
    return hashlib.sha256(canonize_json(content_of(document))).hexdigest()
