"""Judge an IETF SD-JWT VC by its own rules; it is not a W3C credential, so those rules do not apply."""

from __future__ import annotations

from credserv.ground.verification import Check, Outcome
from credserv.proof.tokens.sd_jwt_vc import MODEL, SPEC, SdJwtVcToken
from credserv.verifying.checks.proof import Secured


def is_sd_jwt_vc(secured: Secured) -> bool:
    return isinstance(secured.token, SdJwtVcToken)


def check_sd_jwt_vc(secured: Secured) -> tuple[Check, ...]:
    """Return the checks that replace structure, schema and subject, which are checked on reading."""
    vct = str(secured.document.get("type"))
    reason = "It is built as an SD-JWT VC, which is neither an Open Badge nor a W3C credential."
    return (
        Check("structure", Outcome.PASSED, reason, SPEC, data={"model": MODEL, "vct": vct, "faults": 0}),
        Check("schema", Outcome.SKIPPED, "It names no schema.", SPEC, required=False),
        Check("subject", Outcome.SKIPPED, "It is no Open Badge, so its subject may name anything.", SPEC),
    )
