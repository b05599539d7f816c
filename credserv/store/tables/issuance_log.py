"""The signature log, in the form of RFC 6962."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from credserv.store.tables.base import Counter, Instant, metadata
from credserv.store.tables.organisations import organisation_column

# Written with the signed bytes in one transaction; its place in the tree comes later. The subject is what was
# signed: a credential or copy, by an id that leads to nobody once they are erased.
log_entries = Table(
    "log_entries",
    metadata,
    Column("id", Counter, primary_key=True),
    organisation_column(),
    Column("subject", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("key", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
    Column("position", Integer),
    UniqueConstraint("organisation_id", "position"),
    Index(None, "organisation_id", "subject"),
)

# Complete subtrees with 2**level leaves, for levels that are multiples of 8.
log_nodes = Table(
    "log_nodes",
    metadata,
    organisation_column(primary_key=True),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
)

log_heads = Table(
    "log_heads",
    metadata,
    organisation_column(primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("signed", Text, nullable=False),
)
