"""Lists of trusted issuers, and verification results that are stored for a stated time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "trusted_lists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True)),
        sa.Column("fetched_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trusted_lists"),
        sa.UniqueConstraint("organisation", "name", name="uq_trusted_lists_organisation_name"),
    )
    op.create_table(
        "trusted_issuers",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["trusted_lists.id"], name="fk_trusted_issuers_list_id"),
        sa.PrimaryKeyConstraint("list_id", "issuer", name="pk_trusted_issuers"),
    )
    op.create_table(
        "shared_results",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_shared_results"),
    )
    op.create_index("ix_shared_results_ends_at", "shared_results", ["ends_at"])


def downgrade() -> None:
    for table in ("shared_results", "trusted_issuers", "trusted_lists"):
        op.drop_table(table)
