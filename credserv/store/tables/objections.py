"""Holders' objections to their badges."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.credentials import credentials
from credserv.store.tables.organisations import organisation_column

objections = Table(
    "objections",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_at", Instant),
    Column("reason", Text, nullable=False),
    Column("ordered", JSON(none_as_null=True)),
    Column("successor_id", ForeignKey(credentials.c.id)),
    Index(None, "credential_id"),
    Index(None, "organisation_id", "made_at"),
)
