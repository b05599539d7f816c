"""Credentials of any issuer that a person brought along, stored as received, for the person alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject

_ENDINGS = {
    "application/json": "json",
    "application/vc+jwt": "jwt",
    "application/vc+sd-jwt": "sd-jwt",
    "image/png": "png",
    "image/svg+xml": "svg",
    "application/pdf": "pdf",
}


@dataclass(frozen=True)
class ImportRecord:
    """An import.

    Attributes:
        sha256: Of the stored bytes.
        media_type: Of the stored bytes.
        facts: For lists, as `journeys/transfer/imports.py` writes them.
        credential_id: As it states; "" if nothing was proven.
        issuer_id: As it states; "" if nothing was proven.
        verdict: Of the last check with a result.
        checked_at: When that was.
        watched_at: When the last check was attempted.
        added_by: How it was added.
    """

    id: str
    person_id: str
    sha256: str
    media_type: str
    credential_id: str
    issuer_id: str
    facts: JsonObject
    verdict: str
    checked_at: datetime
    watched_at: datetime
    added_by: str
    added_at: datetime

    @property
    def ending(self) -> str:
        """Return the file name extension for its bytes."""
        return _ENDINGS.get(self.media_type, "bin")
