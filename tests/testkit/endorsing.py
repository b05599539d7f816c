"""Endorsers who carry what entitles them, as another installation would have made it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from credserv.openbadges.endorsement import ENDORSER, build_entitlement, carry
from tests.testkit.proofs import SigningIssuer
from tests.testkit.verifying import endorsement

FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def entitlement(by: SigningIssuer, holder: str, *, kind: str = ENDORSER, **changes: Any) -> dict[str, Any]:
    """Signed by `by`, for the DID `holder` in 2026. changes: of members of the document."""
    made = build_entitlement(
        identifier="urn:uuid:5a1c3e0e-0000-4000-8000-000000000001",
        issuer=by.did,
        holder=holder,
        programme="https://badges.example/programmes/mentor/1",
        competencies=["feedback"],
        valid_from=FROM,
        valid_until=UNTIL,
        status=None,
        kind=kind,
    )
    return by.sign(made | changes)


def carrying(
    by: SigningIssuer, of: str, held: dict[str, Any], *, competency: str = "feedback", **changes: Any
) -> dict[str, Any]:
    """An endorsement by `by` of the badge `of`, with the entitlement `held` inside."""
    return endorsement(by, of, evidence=[carry(held, competency)], **changes)
