"""Holders' objections to their badges, and the decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.create_table(
        "objections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ordered", sa.JSON()),
        sa.Column("successor_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_objections"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_objections_organisation_id"
        ),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name="fk_objections_credential_id"),
        sa.ForeignKeyConstraint(["successor_id"], ["credentials.id"], name="fk_objections_successor_id"),
    )
    op.create_index("ix_objections_credential_id", "objections", ["credential_id"])
    op.create_index("ix_objections_organisation_id_made_at", "objections", ["organisation_id", "made_at"])


def downgrade() -> None:
    op.drop_table("objections")
