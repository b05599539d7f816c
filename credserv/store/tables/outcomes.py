"""What became of people, and the figures about it."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships

outcome_facts = Table(
    "outcome_facts",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text, nullable=False),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("about", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("competency", Text, nullable=False),
    Column("count", Float),
    Column("exposure", Float),
    Column("score", Float),
    Column("maximum", Float),
    Column("instrument", Text, nullable=False),
    Column("mentored", Boolean),
    Column("words", Text, nullable=False),
    Column("project", Text, nullable=False, default=""),
    Column("due_on", Date),
    Column("told_by", Text, nullable=False, default=""),  # a membership that may be gone
    Column("criteria", JSON, nullable=False, default=list),
    UniqueConstraint("organisation_id", "reference"),
    Index(None, "organisation_id", "occurred_at"),
)

outcome_metrics = Table(
    "outcome_metrics",
    metadata,
    organisation_column(),
    Column("key", String(64), nullable=False),
    Column("definition", JSON, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("ended_at", Instant),
    PrimaryKeyConstraint("organisation_id", "key", "set_at"),
)

outcome_notes = Table(
    "outcome_notes",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("period", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("words", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
)

outcome_views = Table(
    "outcome_views",
    metadata,
    organisation_column(),
    Column("period", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("cut", Instant, nullable=False),
    Column("known", Instant, nullable=False),
    Column("computed_at", Instant, nullable=False),
    Column("figures", Text, nullable=False),
    Column("frozen_at", Instant),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("organisation_id", "period", "number"),
)
