"""Employments of members and their changes, each with when it was known."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships

# A new statement about an employment is a row of its own; the previous one ends with `superseded_at`.
employment_spells = Table(
    "employment_spells",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("employer", Text, nullable=False),  # "" for the organisation itself
    Column("started", Instant, nullable=False),
    Column("ended", Instant),
    Column("department", Text),
    Column("site", Text),
    Column("language", Text),
    Column("group_name", Text),
    Column("role", Text),
    Column("level", Text),
    Column("manager_id", ForeignKey(memberships.c.id), index=True),
    Column("recorded_at", Instant, nullable=False),
    Column("ended_recorded_at", Instant),
    Column("superseded_at", Instant),
    Index(None, "organisation_id", "employer"),
)

job_changes = Table(
    "job_changes",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("employer", Text),  # NULL if the row does not say; then the employments do
    Column("effective", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("place", Integer, nullable=False),  # among the member's rows, in the order they came
    Column("correction", Boolean, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("level_order", String(16), nullable=False),
    Column("source", String(32), nullable=False),
    Index(None, "organisation_id", "effective"),
)
