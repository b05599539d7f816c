"""Apps that people let into their wallets: clients, authorization requests, grants and tokens."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import people

# Registered at an organisation's address by anybody; nothing in it is proven.
oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("metadata", JSON, nullable=False),
    Column("secret_sha256", String(64)),  # NULL: the app keeps no secret
    Column("management_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
)

# Authorization requests, until their person has answered.
oauth_requests = Table(
    "oauth_requests",
    metadata,
    Column("request_sha256", String(64), primary_key=True),
    Column("client_id", ForeignKey(oauth_clients.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("parameters", JSON, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

# One consent, whose tokens live and end together.
oauth_grants = Table(
    "oauth_grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", ForeignKey(oauth_clients.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("ended_at", Instant),
)

# A used code or refresh token stays until it would have expired, because its second use ends the grant.
oauth_tokens = Table(
    "oauth_tokens",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("grant_id", ForeignKey(oauth_grants.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("bound", JSON, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)
