"""Members' requests to their employer."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships

employment_requests = Table(
    "employment_requests",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("asked_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_at", Instant),
    Column("reason", Text, nullable=False),
    Index(None, "organisation_id", "state"),
)
