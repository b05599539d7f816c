"""Who issues: the issuer and its signing keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


class KeyState(StrEnum):
    ACTIVE = "active"
    RETIRED = "retired"  # still published: what it signed before keeps verifying


@dataclass(frozen=True)
class SigningKeyRecord:
    """verification_method: absolute DID URL. signer_uri: `file:NAME.pem` (under the keys folder) or other."""

    verification_method: str
    public_key_multibase: str
    signer_uri: str
    state: KeyState
    created_at: datetime


@dataclass(frozen=True)
class IssuerRecord:
    """did: did:key or did:web. profile: the OB Profile members besides `id` and `type` (name, url, ...)."""

    did: str
    profile: JsonObject
    keys: tuple[SigningKeyRecord, ...] = ()
