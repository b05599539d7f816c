"""Who may come in: API keys, links, sessions."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column, organisations

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("ended_at", Instant),
)

links = Table(
    "links",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("organisation_id", ForeignKey(organisations.c.id), index=True),  # NULL: of the whole service
    Column("purpose", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
    Column("used_by", String(64)),
    Column("claim", Text),
    Index(None, "purpose", "subject"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("organisation_id", ForeignKey(organisations.c.id), index=True),  # NULL: of the whole service
    Column("kind", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("proved_at", Instant),
    Index(None, "kind", "subject"),
)
