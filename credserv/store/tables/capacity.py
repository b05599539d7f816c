"""Plans of mentors' time."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Table, Text, UniqueConstraint

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column

capacity_plans = Table(
    "capacity_plans",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("asked", JSON, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("answer", JSON(none_as_null=True)),
    Column("answered_at", Instant),
    UniqueConstraint("organisation_id", "reference"),
)
