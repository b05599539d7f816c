"""With whom people get there soonest: the worker's latest result."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Table

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column

path_evidence = Table(
    "path_evidence",
    metadata,
    organisation_column(primary_key=True),
    Column("computed_at", Instant, nullable=False),
    Column("told", JSON, nullable=False),
)
