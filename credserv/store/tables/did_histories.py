"""The did:webvh of an organisation: one at most."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column

did_histories = Table(
    "did_histories",
    metadata,
    organisation_column(primary_key=True),
    Column("did", Text, nullable=False, unique=True),
    Column("log", Text, nullable=False),
    Column("sealed_key", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
