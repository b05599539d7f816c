"""Status lists, and every index that was ever assigned."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
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

from credserv.store.tables.base import Instant, index_where, metadata
from credserv.store.tables.credentials import copies, credentials
from credserv.store.tables.organisations import organisation_column

status_lists = Table(
    "status_lists",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    # 1, 2, ...: so that two processes cannot both open the next list.
    Column("number", Integer, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("length", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published_at", Instant),
    Column("published_revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("signed", LargeBinary),
    UniqueConstraint("organisation_id", "number"),
)

# One row for each index that was ever assigned. Rows are never deleted, so no index is reused and no bit
# that was published as 1 is forgotten (attacks 64 and 65). A copy's row also names its award, whose
# every change applies to the copy.
status_indexes = Table(
    "status_indexes",
    metadata,
    Column("list_id", ForeignKey(status_lists.c.id), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False),
    Column("copy_id", ForeignKey(copies.c.id)),
    Column("is_set", Boolean, nullable=False),
    CheckConstraint('"index" >= 0', name="index_not_negative"),
    Index(None, "list_id", "is_set"),
)

# A credential has one of its own, besides those of its copies.
index_where(
    "uq_status_indexes_credential_id",
    status_indexes.c.credential_id,
    where=status_indexes.c.copy_id.is_(None),
)
index_where(
    "uq_status_indexes_copy_id",
    status_indexes.c.copy_id,
    where=status_indexes.c.copy_id.is_not(None),
)

# Published bits whose credential a restored database does not have; they stay 1 for ever.
kept_bits = Table(
    "kept_bits",
    metadata,
    Column("list_id", ForeignKey(status_lists.c.id), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
)
