"""Pathways that members began, with what they had then, and those proposed to them."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text, UniqueConstraint

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships

pathway_starts = Table(
    "pathway_starts",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False),
    Column("achievement_key", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("baseline", JSON, nullable=False),
    UniqueConstraint("membership_id", "achievement_key"),
)

pathway_proposals = Table(
    "pathway_proposals",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("achievement_key", Text, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("proposer", String(16), nullable=False),
)
