"""Credentials that a person brought along: of any issuer, kept as they came, for the person alone."""

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
    """sha256, media_type: of the bytes that are kept. facts: for lists, as `journeys/transfer/imports.py`
    writes them. credential_id, issuer_id: as it says, "" where nothing was proven.

    verdict, checked_at: of the last check that came to an answer. watched_at: of the last that was tried.
    added_by: by what act.
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
        """Of the name of a file with its bytes."""
        return _ENDINGS.get(self.media_type, "bin")
