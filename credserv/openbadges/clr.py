"""A Comprehensive Learner Record (CLR 2.0): signed, around credentials that are signed themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.json_types import JsonObject
from credserv.openbadges.credential import CREDENTIALS_V2, OPEN_BADGES_V3, build_identity

CLR_V2 = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"


def build_clr(
    *,
    identifier: str,
    name: str,
    issuer: JsonObject,
    email: str | None,
    did: str | None,
    salt: str,
    credentials: Sequence[JsonObject],
    now: datetime,
) -> dict[str, Any]:
    """Build the unsigned ClrCredential, without the optional `partial`: no typed boolean is signed here."""
    subject: dict[str, Any] = {"id": did} if did else {}
    subject["type"] = ["ClrSubject"]
    if email:
        subject["identifier"] = [build_identity(email, salt)]
    subject["verifiableCredential"] = [dict(one) for one in credentials]
    return {
        "@context": [CREDENTIALS_V2, CLR_V2, OPEN_BADGES_V3],
        "id": identifier,
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": name,
        "issuer": dict(issuer),
        "validFrom": format_instant(now),
        "awardedDate": format_instant(now),
        "credentialSubject": subject,
    }
