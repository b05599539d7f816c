"""Joined wallets, and what it takes to separate them again."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.people import people

person_merges = Table(
    "person_merges",
    metadata,
    Column("id", Text, primary_key=True),
    Column("into_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("from_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("session_sha256", String(64), nullable=False, index=True),
    Column("begun_at", Instant, nullable=False),
    Column("shown", JSON, nullable=False),
    Column("done_at", Instant),
    Column("undone_at", Instant),
    Column("journal", JSON),
)
