"""What can be earned, in versions that never change, and by which rule."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column

# Stored by content and shared by all organisations; read only through an organisation's achievements.
images = Table(
    "images",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

achievements = Table(
    "achievements",
    metadata,
    organisation_column(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("achievement", JSON, nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("png_sha256", ForeignKey(images.c.sha256), nullable=False),
    Column("svg_sha256", ForeignKey(images.c.sha256)),
    Column("validity_days", Integer),
    Column("validity_months", Integer),
    Column("award", String(16)),
    Column("learning", JSON(none_as_null=True)),
    CheckConstraint("version > 0", name="version_positive"),
)

# Translations of a version. They are not signed and may be corrected.
achievement_translations = Table(
    "achievement_translations",
    metadata,
    organisation_column(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("language", String(35), primary_key=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("narrative", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["organisation_id", "key", "version"],
        [achievements.c.organisation_id, achievements.c.key, achievements.c.version],
    ),
)

# What must be known of a person for an achievement to be earned. Versions never change; the newest counts,
# and one without a document ends the rule.
rule_versions = Table(
    "rule_versions",
    metadata,
    organisation_column(primary_key=True),
    Column("achievement_key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSON(none_as_null=True)),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    CheckConstraint("version > 0", name="version_positive"),
)
