"""Presentation requests: what a verifier asked a wallet to show, and the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class PresentationRequest:
    """A request.

    Attributes:
        id: In the URLs that a wallet sees.
        wanted: As the journey wrote it.
        nonce: For one answer.
        state: For one answer.
        decryption_key: A private JWK; "" for an unencrypted answer.
        answer: What was found; None before.
        declined: The wallet's code for showing nothing.
        ends_at: Until when it can be answered, then until when it is stored.
    """

    id: str
    wanted: JsonObject
    client_id: str
    nonce: str
    state: str
    created_at: datetime
    ends_at: datetime
    decryption_key: str = ""
    answered_at: datetime | None = None
    declined: str = ""
    answer: JsonObject | None = None


@dataclass(frozen=True)
class HolderKeyRecord:
    """A key that the service holds for a person.

    Attributes:
        private_key: PKCS8 in base64; encrypted at rest.
    """

    person_id: str
    did: str
    private_key: str
    created_at: datetime


@dataclass(frozen=True)
class ShownRecord:
    """What a person showed from their wallet here.

    Attributes:
        used_key: Whether it was signed with their hosted key.
    """

    person_id: str
    at: datetime
    asker: str
    badges: tuple[str, ...]
    used_key: bool
