"""Build what an endorser signs, and what entitles them to (Open Badges 3.0, sections 9.2 and B.1.5).

An entitlement contains the least that a stranger needs offline: who gives it, for which DID, for what, and
until when. It has nobody's name, result or address. Pure, as `credential`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.openbadges.credential import CREDENTIALS_V2, OPEN_BADGES_EXTENSIONS, OPEN_BADGES_V3

# What the holder may do: the `genre` of the evidence, and as `ext:...` the type of its achievement.
ENDORSER, ACCREDITOR = "EndorserEntitlement", "AccreditorEntitlement"
CARRIED = "data:application/vc;base64,"
MAX_ENDORSEMENTS = 16  # of one badge: as many as a verifier judges


def build_entitlement(
    *,
    identifier: str,
    issuer: str,
    holder: str,
    programme: str,
    competencies: Sequence[str],
    valid_from: datetime,
    valid_until: datetime,
    status: JsonObject | None,
    kind: str = ENDORSER,
) -> dict[str, Any]:
    """Build an entitlement for the DID `holder` by the DID `issuer`.

    Args:
        programme: the URL of its rules.
        status: the status entry of the accreditation behind it; None for a founder, who has none.
    """
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3],
        "id": identifier,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Entitled to endorse" if kind == ENDORSER else "Entitled to accredit",
        "issuer": {"id": issuer, "type": ["Profile"]},
        "validFrom": format_instant(valid_from),
        "validUntil": format_instant(valid_until),
        "credentialSubject": {
            "id": holder,
            "type": ["AchievementSubject"],
            "achievement": {
                "id": programme,
                "type": ["Achievement"],
                "achievementType": f"ext:{kind}",
                "name": "Entitlement",
                "description": "For the competencies that its tags name.",
                "criteria": {"id": programme},
                "tag": list(competencies),
            },
        },
    }
    if status is not None:
        document["credentialStatus"] = dict(status)
    return document


def carry(entitlement: JsonObject, competency: str, kind: str = ENDORSER) -> dict[str, Any]:
    """Return the evidence that carries a signed entitlement."""
    text = json.dumps(entitlement, ensure_ascii=False, separators=(",", ":")).encode()
    url = CARRIED + base64.b64encode(text).decode("ascii")
    return {"id": url, "type": ["Evidence"], "name": competency, "genre": kind}


def build_endorsement(
    *,
    identifier: str,
    endorser: JsonObject,
    credential_url: str,
    competency: str,
    comment: str,
    stated_at: datetime,
    evidence: Sequence[JsonObject] = (),
) -> dict[str, Any]:
    """Build the unsigned EndorsementCredential.

    It has no end: it is judged as of when it was made.

    Args:
        endorser: their Profile, whose id is their DID.
    """
    subject = {"id": credential_url, "type": ["EndorsementSubject"]}
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3, OPEN_BADGES_EXTENSIONS],
        "id": identifier,
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": f"Endorsement: {competency}",
        "issuer": dict(endorser),
        "validFrom": format_instant(stated_at),
        "credentialSubject": subject | ({"endorsementComment": comment} if comment else {}),
    }
    if evidence:
        document["evidence"] = [dict(item) for item in evidence]
    return document
