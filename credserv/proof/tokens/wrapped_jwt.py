"""Envelopes around a JWT with the document in a claim, which conformance suites still send.

VC-JOSE-COSE 1.0 forbids those claims; for documents of data model 2.0, nothing else here reads them.
"""

from __future__ import annotations

import re

from credserv.ground.errors import MalformedProofError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.openbadges.data_model import check_envelope_model
from credserv.proof.tokens.data_model_1_jwt import CLAIMS, PROFILE, WrappedToken
from credserv.proof.tokens.envelope import is_enveloped
from credserv.proof.tokens.jws import parse_jws
from credserv.proof.tokens.token import Kind

_DATA_URL = re.compile(
    r"data:application/(?:jwt|vc\+jwt|vp\+jwt),([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"
)


def peek_wrapped(document: JsonObject, kind: Kind) -> WrappedToken | None:
    """Return the token in an otherwise correct envelope of this old form; None for anything else."""
    found = _DATA_URL.fullmatch(str(document.get("id")))
    if found is None or not is_enveloped(document, kind) or check_envelope_model(document):
        return None
    try:
        jws = parse_jws(found[1], PROFILE)
    except MalformedProofError:
        return None
    claims = parse_json_object(jws.payload)
    wrapped = claims.get(CLAIMS[kind])
    return WrappedToken(kind, jws, claims, wrapped) if isinstance(wrapped, dict) else None
