"""Credentials that people gave an organisation to count toward its badges."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, String, Table, Text, UniqueConstraint

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships

handed_in = Table(
    "handed_in",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("handed_at", Instant, nullable=False),
    Column("checked_at", Instant, nullable=False),
    Column("tried_at", Instant, nullable=False),
    UniqueConstraint("membership_id", "sha256"),
    Index(None, "organisation_id", "tried_at"),
)
