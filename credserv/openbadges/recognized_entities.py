"""Entitled entities in terms of W3C Recognized Entities 1.0, in one version of its draft (DRAFT).

Its context is not stable yet. So the document defines the terms in a context of its own, with the draft's
addresses, and goes into a token (VC-JOSE-COSE), for which no context is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credserv.ground.encoding import format_instant
from credserv.openbadges.credential import CREDENTIALS_V2

DRAFT = "https://www.w3.org/TR/2026/WD-vc-recognized-entities-1.0-20260802/"
_VOCABULARY = "https://www.w3.org/ns/credentials/recognized-entities#"
_TERMS = (
    *("RecognizedEntityCredential", "RecognizedEntity", "RecognizedAction", "RecognizedIssuer"),
    *("recognizedTo", "action", "recognizedBy", "outputValidation"),
)


@dataclass(frozen=True)
class Recognized:
    """An entity, by DID alone."""

    did: str
    valid_from: datetime
    valid_until: datetime


def build_recognized_entities(
    *,
    url: str,
    issuer: str,
    name: str,
    action_schema: str,
    entities: Sequence[Recognized],
    valid_from: datetime,
    valid_until: datetime,
) -> dict[str, Any]:
    """Build the unsigned RecognizedEntityCredential.

    Args:
        url: where it is published.
        action_schema: of what is issued.
    """
    return {
        "@context": [CREDENTIALS_V2, {term: _VOCABULARY + term for term in _TERMS}],
        "id": url,
        "type": ["VerifiableCredential", "RecognizedEntityCredential"],
        "name": name,
        "issuer": {"id": issuer, "type": "RecognizedIssuer"},
        "validFrom": format_instant(valid_from),
        "validUntil": format_instant(valid_until),
        "credentialSubject": [
            {
                "id": one.did,
                "type": "RecognizedEntity",
                "recognizedTo": {
                    "type": "RecognizedAction",
                    "action": "issue",
                    "recognizedBy": issuer,
                    "outputValidation": {"id": action_schema, "type": "JsonSchema"},
                    "validFrom": format_instant(one.valid_from),
                    "validUntil": format_instant(one.valid_until),
                },
            }
            for one in entities
        ],
    }
