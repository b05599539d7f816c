"""What people agreed to."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.people import people

consents = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False),
    Column("controller", Text, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("notice_sha256", String(64), nullable=False),
    Column("act", Text, nullable=False),
    Column("reference", Text, nullable=False, index=True),
    Column("recipient", Text, nullable=False),
    Column("shown", JSON, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("withdrawn_at", Instant),
    Index(None, "person_id", "given_at"),
)
