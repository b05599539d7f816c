"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TABLES = (
    "api_keys",
    "audit_lines",
    "holders",
    "images",
    "issuers",
    "links",
    "sessions",
    "signing_keys",
    "sources",
    "status_lists",
    "achievements",
    "events",
    "source_secrets",
    "credentials",
    "credential_steps",
    "shares",
    "status_indexes",
)


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_table(
        "audit_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_lines"),
    )
    op.create_index("ix_audit_lines_subject", "audit_lines", ["subject"])
    op.create_table(
        "holders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("did", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holders"),
        sa.UniqueConstraint("identity", name="uq_holders_identity"),
    )
    op.create_table(
        "images",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_images"),
    )
    op.create_table(
        "issuers",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_issuers_only_one"),
        sa.PrimaryKeyConstraint("id", name="pk_issuers"),
    )
    op.create_table(
        "links",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_links"),
    )
    op.create_index("ix_links_expires_at", "links", ["expires_at"])
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_kind_subject", "sessions", ["kind", "subject"])
    op.create_table(
        "signing_keys",
        sa.Column("verification_method", sa.Text(), nullable=False),
        sa.Column("public_key_multibase", sa.Text(), nullable=False),
        sa.Column("signer_uri", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("verification_method", name="pk_signing_keys"),
        sa.UniqueConstraint("public_key_multibase", name="uq_signing_keys_public_key_multibase"),
    )
    op.create_table(
        "sources",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_table(
        "status_lists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("published_revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("signed", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_status_lists"),
        sa.UniqueConstraint("number", name="uq_status_lists_number"),
    )
    op.create_table(
        "achievements",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("achievement", sa.JSON(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("png_sha256", sa.String(length=64), nullable=False),
        sa.Column("svg_sha256", sa.String(length=64)),
        sa.Column("validity_days", sa.Integer()),
        sa.CheckConstraint("version > 0", name="ck_achievements_version_positive"),
        sa.ForeignKeyConstraint(["png_sha256"], ["images.sha256"], name="fk_achievements_png_sha256"),
        sa.ForeignKeyConstraint(["svg_sha256"], ["images.sha256"], name="fk_achievements_svg_sha256"),
        sa.PrimaryKeyConstraint("key", "version", name="pk_achievements"),
    )
    op.create_table(
        "events",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("credential_id", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_events_source"),
        sa.PrimaryKeyConstraint("source", "event_id", name="pk_events"),
    )
    op.create_index("ix_events_received_at", "events", ["received_at"])
    op.create_index("ix_events_state_received_at", "events", ["state", "received_at"])
    op.create_table(
        "source_secrets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.name"], name="fk_source_secrets_source"),
        sa.PrimaryKeyConstraint("id", name="pk_source_secrets"),
    )
    op.create_index("ix_source_secrets_source", "source_secrets", ["source"])
    op.create_table(
        "credentials",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("order_sha256", sa.String(length=64), nullable=False),
        sa.Column("achievement_key", sa.Text(), nullable=False),
        sa.Column("achievement_version", sa.Integer(), nullable=False),
        sa.Column("recipient_email", sa.Text()),
        sa.Column("recipient_did", sa.Text()),
        sa.Column("recipient_name", sa.Text()),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("signed", sa.LargeBinary()),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["achievement_key", "achievement_version"],
            ["achievements.key", "achievements.version"],
            name="fk_credentials_achievement_key_achievement_version",
        ),
        sa.ForeignKeyConstraint(["holder_id"], ["holders.id"], name="fk_credentials_holder_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.UniqueConstraint("scope", "idempotency_key", name="uq_credentials_scope_idempotency_key"),
    )
    op.create_index("ix_credentials_holder_id", "credentials", ["holder_id"])
    op.create_index("ix_credentials_issued_at", "credentials", ["issued_at"])
    op.create_index("ix_credentials_state_step_issued_at", "credentials", ["state", "step", "issued_at"])
    op.create_table(
        "credential_steps",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name="fk_credential_steps_credential_id"
        ),
        sa.PrimaryKeyConstraint("credential_id", "step", name="pk_credential_steps"),
    )
    op.create_table(
        "shares",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name="fk_shares_credential_id"),
        sa.ForeignKeyConstraint(["holder_id"], ["holders.id"], name="fk_shares_holder_id"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_shares"),
    )
    op.create_index("ix_shares_holder_id", "shares", ["holder_id"])
    op.create_table(
        "status_indexes",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("is_set", sa.Boolean(), nullable=False),
        sa.CheckConstraint('"index" >= 0', name="ck_status_indexes_index_not_negative"),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name="fk_status_indexes_credential_id"
        ),
        sa.ForeignKeyConstraint(["list_id"], ["status_lists.id"], name="fk_status_indexes_list_id"),
        sa.PrimaryKeyConstraint("list_id", "index", name="pk_status_indexes"),
        sa.UniqueConstraint("credential_id", name="uq_status_indexes_credential_id"),
    )
    op.create_index("ix_status_indexes_list_id_is_set", "status_indexes", ["list_id", "is_set"])


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
