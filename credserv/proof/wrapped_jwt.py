"""JWTs that carry the document in a claim `vc` or `vp` (VC Data Model 1.1, section 6.3.1).

VC-JOSE-COSE 1.0 forbids those claims, and nothing here reads them, except for conformance suites, whose own
enveloped presentation is still made that way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credserv.errors import MalformedProofError
from credserv.openbadges.data_model import check_envelope_model
from credserv.proof.envelope import is_enveloped
from credserv.proof.jws import Jws, Profile, parse_jws
from credserv.proof.jwt_claims import check_agreement, check_time
from credserv.proof.token import Circumstances, Kind
from credserv.proof.vc_jwt import (
    W3C_ALGORITHMS,
    check_binding,
    check_holder,
    claimed_signer,
    refuse_binding,
    verify_by,
)
from credserv.strict_json import parse_json_object

JsonObject = Mapping[str, Any]

CLAIMS = {Kind.CREDENTIAL: "vc", Kind.PRESENTATION: "vp"}
_PROFILE = Profile("a JWT with the document in a claim", frozenset({None, "JWT"}), W3C_ALGORITHMS)
_DATA_URL = re.compile(
    r"data:application/(?:jwt|vc\+jwt|vp\+jwt),([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"
)


@dataclass(frozen=True)
class WrappedToken:
    """As Token."""

    kind: Kind
    jws: Jws
    claims: dict[str, Any]

    @property
    def mechanism(self) -> str:
        return f"VC Data Model 1.1, 6.3.1; {self.jws.algorithm}"

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = self.claims[CLAIMS[self.kind]]
        return found

    @property
    def claimed_signer(self) -> str | None:
        return claimed_signer(self.jws, self.claims)

    def verify(self, controller: str, circumstances: Circumstances) -> str:
        """The method that signed it. As `Token.verify`."""
        check_time(self.claims, now=circumstances.now, clock_skew_seconds=circumstances.clock_skew_seconds)
        check_holder(self.claims, controller)
        if self.kind is Kind.PRESENTATION:
            check_binding(self.claims, circumstances.binding)
        else:
            refuse_binding(circumstances)
            check_agreement(self.claims, self.document)
        return verify_by(self.jws, controller, circumstances)


def peek_wrapped(document: JsonObject, kind: Kind) -> WrappedToken | None:
    """The token in a flawless envelope, when it is of this old form; None for all else."""
    found = _DATA_URL.fullmatch(str(document.get("id")))
    if found is None or not is_enveloped(document, kind) or check_envelope_model(document):
        return None
    try:
        jws = parse_jws(found[1], _PROFILE)
    except MalformedProofError:
        return None
    claims = parse_json_object(jws.payload)
    return WrappedToken(kind, jws, claims) if isinstance(claims.get(CLAIMS[kind]), dict) else None
