"""Requests for presentations: what somebody asked a wallet to show, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class PresentationRequest:
    """id: in the addresses that a wallet sees. wanted: as the journey wrote it. nonce, state: for one answer.

    decryption_key: a private JWK, "" for an answer in clear. answer: what was found, None before; declined:
    the wallet's word for showing nothing. ends_at: until when it can be answered, then until when it is kept.
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
    """A key that the service holds for a person. private_key: PKCS8 in base64, sealed where it is kept."""

    person_id: str
    did: str
    private_key: str
    created_at: datetime


@dataclass(frozen=True)
class ShownRecord:
    """What a person showed from their wallet here. used_key: whether it was signed with their hosted key."""

    person_id: str
    at: datetime
    asker: str
    badges: tuple[str, ...]
    used_key: bool
