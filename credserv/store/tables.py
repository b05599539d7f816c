"""The tables. Nothing outside the store sees them; alembic's migrations make them (a test compares the two).

One schema for SQLite and PostgreSQL: no types, constraints or indexes that only one of them has.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in, the same instant as aware UTC out; to the microsecond.

    SQLite keeps no zone: what is written is UTC, so what is read is UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
# SQLite counts up by itself only in a column of the exact type INTEGER.
_Counter = BigInteger().with_variant(Integer, "sqlite")

issuers = Table(
    "issuers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("did", Text, nullable=False),
    Column("profile", JSON, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("verification_method", Text, primary_key=True),
    Column("public_key_multibase", Text, nullable=False, unique=True),
    Column("signer_uri", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
)

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
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("achievement", JSON, nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("png_sha256", ForeignKey(images.c.sha256), nullable=False),
    Column("svg_sha256", ForeignKey(images.c.sha256)),
    Column("validity_days", Integer),
    CheckConstraint("version > 0", name="version_positive"),
)

sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("dialect", Text, nullable=False),
    Column("mapping", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("enabled", Boolean, nullable=False),
)

source_secrets = Table(
    "source_secrets",
    metadata,
    Column("id", _Counter, primary_key=True),
    Column("source", ForeignKey(sources.c.name), nullable=False, index=True),
    Column("sealed", Text, nullable=False),  # see secrets.py; never in clear
)

events = Table(
    "events",
    metadata,
    Column("source", ForeignKey(sources.c.name), primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("credential_id", Text),
    Column("note", Text, nullable=False),
    Index(None, "state", "received_at"),
)

holders = Table(
    "holders",
    metadata,
    Column("id", Text, primary_key=True),
    # What a holder is found by: `mailto:` and the normalised address, or the DID where there is none.
    Column("identity", Text, nullable=False, unique=True),
    Column("email", Text),
    Column("did", Text),
    Column("name", Text),
    Column("search_text", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("order_sha256", String(64), nullable=False),
    Column("achievement_key", Text, nullable=False),
    Column("achievement_version", Integer, nullable=False),
    Column("recipient_email", Text),
    Column("recipient_did", Text),
    Column("recipient_name", Text),
    Column("awarded_at", Instant, nullable=False),
    Column("results", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("holder_id", ForeignKey(holders.c.id), nullable=False, index=True),
    Column("salt", Text, nullable=False),
    Column("issued_at", Instant, nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("step", String(16), nullable=False),
    Column("signed", LargeBinary),
    Column("changed_at", Instant),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("scope", "idempotency_key"),
    ForeignKeyConstraint(
        ["achievement_key", "achievement_version"], [achievements.c.key, achievements.c.version]
    ),
    Index(None, "state", "step", "issued_at"),
)

credential_steps = Table(
    "credential_steps",
    metadata,
    Column("credential_id", ForeignKey(credentials.c.id), primary_key=True),
    Column("step", String(16), primary_key=True),
    Column("at", Instant, nullable=False, default=func.current_timestamp()),
)

status_lists = Table(
    "status_lists",
    metadata,
    Column("id", Text, primary_key=True),
    # 1, 2, ...: so that two processes cannot both open the next list.
    Column("number", Integer, nullable=False, unique=True),
    Column("purpose", String(32), nullable=False),
    Column("length", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published_at", Instant),
    Column("published_revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("signed", LargeBinary),
)

# One row for each index that was ever given out. Rows are never deleted: neither is an index reused, nor
# is a bit that was published as 1 ever forgotten (attacks 64 and 65).
status_indexes = Table(
    "status_indexes",
    metadata,
    Column("list_id", ForeignKey(status_lists.c.id), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False, unique=True),
    Column("is_set", Boolean, nullable=False),
    CheckConstraint('"index" >= 0', name="index_not_negative"),
    Index(None, "list_id", "is_set"),
)

shares = Table(
    "shares",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False),
    Column("holder_id", ForeignKey(holders.c.id), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("label", Text, nullable=False),
    Column("ended_at", Instant),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("ended_at", Instant),
)

links = Table(
    "links",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Index(None, "kind", "subject"),
)

audit_lines = Table(
    "audit_lines",
    metadata,
    Column("id", _Counter, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("detail", JSON, nullable=False),
)

# Whom a verifying organisation trusts to be who they say; `organisation` is "" for this service itself.
trusted_lists = Table(
    "trusted_lists",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("url", Text),
    Column("created_at", Instant, nullable=False),
    Column("tried_at", Instant),
    Column("fetched_at", Instant),  # of the entries that are here: the last good answer
    Column("last_error", Text, nullable=False),
    UniqueConstraint("organisation", "name"),
)

trusted_issuers = Table(
    "trusted_issuers",
    metadata,
    Column("list_id", ForeignKey(trusted_lists.c.id), primary_key=True),
    Column("issuer", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    Column("added_at", Instant, nullable=False),
)

# What a visitor asked to be shown again under a link, until `ends_at`.
shared_results = Table(
    "shared_results",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("report", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)
