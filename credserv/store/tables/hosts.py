"""Hosts of badges that people connected to their wallet."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.people import people

host_connections = Table(
    "host_connections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("connected_at", Instant),
)
