"""What people brought along. It is theirs, and no organisation's."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.credentials import shares
from credserv.store.tables.people import people

imports = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("credential_id", Text, nullable=False),
    Column("issuer_id", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("report", JSON, nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("checked_at", Instant, nullable=False),
    Column("watched_at", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", Instant, nullable=False),
    UniqueConstraint("person_id", "sha256"),
)
Index(None, imports.c.watched_at)

# Imports that a link shows, in the person's order, after what was issued here.
share_imports = Table(
    "share_imports",
    metadata,
    Column("token_sha256", ForeignKey(shares.c.token_sha256), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("import_id", ForeignKey(imports.c.id), nullable=False, index=True),
)
