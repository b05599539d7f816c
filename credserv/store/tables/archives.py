"""Archives that wait for the person who requested them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import people

archives = Table(
    "archives",
    metadata,
    Column("id", String(32), primary_key=True),
    organisation_column(),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("with_backup", Boolean, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("made_at", Instant),
    Column("failed_at", Instant),
    Column("sealed", LargeBinary),
    Index(None, "organisation_id", "asked_at"),
)
