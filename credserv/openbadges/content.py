"""What a credential says, apart from what secures it; and the hash that stands for it."""

from __future__ import annotations

import hashlib

from credserv.ground.canonical_json import canonize_json
from credserv.ground.json_types import JsonObject

_SECURING = ("proof",)


def content_of(document: JsonObject) -> JsonObject:
    """Without what secures it: a holder may have added a proof of theirs."""
    return {name: value for name, value in document.items() if name not in _SECURING}


def content_sha256(document: JsonObject) -> str:
    """Of its canonical form (RFC 8785), in hex. Whoever has the credential can tell by it that it is this
    one; nobody else learns what it says."""
    return hashlib.sha256(canonize_json(content_of(document))).hexdigest()
