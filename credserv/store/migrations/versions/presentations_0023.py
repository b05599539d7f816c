"""Presentation requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "presentation_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("watch_sha256", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("declined", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_presentation_requests"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_presentation_requests_organisation_id"
        ),
        sa.UniqueConstraint("watch_sha256", name="uq_presentation_requests_watch_sha256"),
    )
    op.create_index("ix_presentation_requests_ends_at", "presentation_requests", ["ends_at"])
    op.create_index(
        "ix_presentation_requests_organisation_id_created_at",
        "presentation_requests",
        ["organisation_id", "created_at"],
    )


def downgrade() -> None:
    op.drop_table("presentation_requests")
