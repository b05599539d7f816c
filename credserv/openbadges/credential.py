"""Build the unsigned `AchievementCredential` (Open Badges 3.0, section B.1.1; VCDM 2.0, section 4).

Pure: the same arguments give the same document, member by member. The issuing recipe relies on that, because
it repeats a step that was interrupted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError
from credserv.ground.json_types import JsonObject
from credserv.ground.names import normalise_email

CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES_V3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OPEN_BADGES_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"  # credentialSchema's type
ACHIEVEMENT_CREDENTIAL_SCHEMA = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)


@dataclass(frozen=True)
class StatusPlace:
    """Where the status of a credential is published: the list's URL and the credential's index in it."""

    list_url: str
    index: int
    purpose: str


def hash_identity(identity: str, salt: str) -> str:
    """Return the `identityHash` of an IdentityObject: SHA-256 over identity and salt (OB 3.0, B.14)."""
    return "sha256$" + hashlib.sha256((identity + salt).encode()).hexdigest()


def build_identity(email: str, salt: str) -> dict[str, Any]:
    """Build an IdentityObject with the hash of an e-mail address's normal form, not the address.

    Raises InputError for an address without one.
    """
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": hash_identity(normalise_email(email), salt),
        "identityType": "emailAddress",
        "salt": salt,
    }


def build_status_entry(place: StatusPlace) -> dict[str, Any]:
    """Build a BitstringStatusListEntry; the index is a string (Bitstring Status List 1.0, section 2.1)."""
    return {
        "id": f"{place.list_url}#{place.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": place.purpose,
        "statusListIndex": str(place.index),
        "statusListCredential": place.list_url,
    }


def build_subject(
    achievement: JsonObject, *, email: str | None, did: str | None, salt: str, results: Sequence[JsonObject]
) -> dict[str, Any]:
    """Build the AchievementSubject, named by DID, by hashed address, or both.

    Raises InputError when there is neither: a credential about nobody proves nothing.
    """
    if not email and not did:
        raise InputError("a recipient needs an e-mail address or a DID")
    subject: dict[str, Any] = {"id": did} if did else {}
    subject["type"] = ["AchievementSubject"]
    if email:
        subject["identifier"] = [build_identity(email, salt)]
    subject["achievement"] = dict(achievement)
    if results:
        subject["result"] = [dict(result) for result in results]
    return subject


def build_credential(
    *,
    credential_url: str,
    issuer: JsonObject,
    subject: JsonObject,
    valid_from: datetime,
    valid_until: datetime | None,
    awarded_at: datetime,
    status: StatusPlace,
    evidence: Sequence[JsonObject] = (),
    more: JsonObject = MappingProxyType({}),
) -> dict[str, Any]:
    """Build the whole unsigned credential. Its name and description are those of the achievement.

    Args:
        more: members beyond those of every credential of ours.
    """
    achievement = subject["achievement"]
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3, OPEN_BADGES_EXTENSIONS],
        "id": credential_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement["name"],
        "description": achievement["description"],
        "issuer": dict(issuer),
        "validFrom": format_instant(valid_from),
    }
    if valid_until is not None:
        document["validUntil"] = format_instant(valid_until)
    document["awardedDate"] = format_instant(awarded_at)
    document["credentialSubject"] = dict(subject)
    if evidence:
        document["evidence"] = [dict(item) for item in evidence]
    document["credentialStatus"] = build_status_entry(status)
    document["credentialSchema"] = [
        {"id": ACHIEVEMENT_CREDENTIAL_SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}
    ]
    document |= more
    return document
