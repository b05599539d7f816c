"""Audits of accreditations.

The population is kept for good, by ids that name nobody; otherwise nobody could recompute the draw.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column

# `sealed` is the service's own seed until it is revealed.
audits = Table(
    "audits",
    metadata,
    organisation_column(primary_key=True),
    Column("programme_key", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("share", Float, nullable=False),
    Column("minimum", Integer, nullable=False),
    Column("committed_at", Instant, nullable=False),
    Column("committed_by", Text, nullable=False),
    Column("is_ours", Boolean, nullable=False),
    Column("sealed", Text),
    Column("begins_on", Date),
    Column("population_at", Instant),
    Column("frozen_at", Instant),
    Column("seed", Text),
    Column("revealed_at", Instant),
)

audit_cases = Table(
    "audit_cases",
    metadata,
    organisation_column(primary_key=True),
    Column("programme_key", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("credential_id", Text, primary_key=True),
    Column("drawn_as", Text, nullable=False),
    Column("is_drawn", Boolean, nullable=False),
    Column("outcome", String(16)),
    Column("remedy_until", Instant),
    Column("decided_at", Instant),
    Column("decided_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(
        ["organisation_id", "programme_key", "period"],
        [audits.c.organisation_id, audits.c.programme_key, audits.c.period],
        name="fk_audit_cases_audit",
    ),
    Index(None, "credential_id"),
    Index(None, "organisation_id", "is_drawn"),
)
