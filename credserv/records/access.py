"""Who may come in: API keys, one-time links, sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class ApiKeyRecord:
    """id: public part (`csk_<id>_<secret>` as a whole is the key; only its SHA-256 is stored)."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    ended_at: datetime | None = None


class LinkPurpose(StrEnum):
    CONSOLE = "console"  # 15 minutes, one use, printed at start or by `credserv console-link`
    WALLET = "wallet"  # 7 days, one use, by mail


class SessionKind(StrEnum):
    ADMINISTRATOR = "administrator"
    HOLDER = "holder"


@dataclass(frozen=True)
class SessionRecord:
    """A signed-in browser; the cookie holds the token, the store its SHA-256. subject: person id or ''."""

    token_sha256: str
    kind: SessionKind
    subject: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
