"""Competency frameworks, item by item and word by word, and the links between them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column

# Imported competency frameworks. An item that its framework no longer has stays,
# because issued credentials name it.
frameworks = Table(
    "frameworks",
    metadata,
    Column("id", String(32), primary_key=True),
    organisation_column(),
    Column("uri", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("format", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("version", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("items", Integer, nullable=False),
    UniqueConstraint("organisation_id", "uri"),
)

# What each import changed.
framework_versions = Table(
    "framework_versions",
    metadata,
    Column("framework_id", ForeignKey(frameworks.c.id), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("version", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("changes", JSON, nullable=False),
)

framework_items = Table(
    "framework_items",
    metadata,
    Column("framework_id", ForeignKey(frameworks.c.id), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    organisation_column(),
    Column("uri", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("content", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("deprecated", Boolean, nullable=False),
    Column("gone_in", Integer),  # the revision that no longer has it
    UniqueConstraint("framework_id", "uri"),
    Index(None, "organisation_id", "uri"),
)

# The words by which items are found, folded; as bytes, so that both databases order them alike and a prefix
# is a range. `rank`: the word's position.
framework_words = Table(
    "framework_words",
    metadata,
    Column("framework_id", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("word", LargeBinary, primary_key=True),
    Column("rank", Integer, nullable=False),
    organisation_column(),
    ForeignKeyConstraint(
        ["framework_id", "number"], [framework_items.c.framework_id, framework_items.c.number]
    ),
    Index("ix_framework_words_found_by", "organisation_id", "word", "rank", "framework_id", "number"),
)

crosswalk_links = Table(
    "crosswalk_links",
    metadata,
    organisation_column(primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("framework_id", String(32), primary_key=True),  # whose publisher says so; "" is the organisation
    Column("strength", String(16), nullable=False),
    Index(None, "organisation_id", "target"),
)

framework_imports = Table(
    "framework_imports",
    metadata,
    Column("id", String(64), primary_key=True),
    organisation_column(),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked", JSON, nullable=False),
    Column("content", LargeBinary),  # until it is over
    Column("actor", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("preview", JSON, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("framework_id", String(32), nullable=False),
    Index(None, "organisation_id", "created_at"),
)

role_profiles = Table(
    "role_profiles",
    metadata,
    organisation_column(primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("skills", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
