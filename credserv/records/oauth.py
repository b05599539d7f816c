"""Apps that people let into their wallets (OAuth 2): who they are, what they may do, and their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from credserv.ground.json_types import JsonObject


@dataclass(frozen=True)
class ClientRecord:
    """An app that registered itself (RFC 7591). Nothing it says of itself is proven.

    Attributes:
        metadata: What it registered and is returned to it.
        secret_sha256: None for an app that keeps no secret.
        management_sha256: Of the token by which it reads and changes its registration (RFC 7592).
    """

    id: str
    metadata: JsonObject
    secret_sha256: str | None
    management_sha256: str
    created_at: datetime

    @property
    def name(self) -> str:
        name: str = self.metadata["client_name"]
        return name

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        return tuple(self.metadata["redirect_uris"])

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.metadata["scope"].split())

    @property
    def may_refresh(self) -> bool:
        return "refresh_token" in self.metadata["grant_types"]


@dataclass(frozen=True)
class RequestRecord:
    """An authorization request, until its person has answered."""

    client_id: str
    parameters: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True)
class GrantRecord:
    """One person's consent to one app. All its tokens live and end together.

    Attributes:
        scopes: What was agreed.
        last_used_at: To the hour.
    """

    id: str
    client_id: str
    person_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    ended_at: datetime | None = None


class TokenKind(StrEnum):
    CODE = "code"
    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True)
class TokenRecord:
    """A token, stored as its SHA-256.

    Attributes:
        bound: For a code, what it may be redeemed with; for others, the thumbprint of the key that has to be
            proven with them (`jkt`, RFC 9449).
        used_at: For tokens that work once.
    """

    token_sha256: str
    kind: TokenKind
    grant_id: str
    scopes: tuple[str, ...]
    expires_at: datetime
    bound: Mapping[str, Any]
    used_at: datetime | None = None


@dataclass(frozen=True)
class AllowedApp:
    """A live grant with its app."""

    grant: GrantRecord
    client: ClientRecord
