"""Pathways that people began, with what they had then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    op.create_table(
        "pathway_starts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("achievement_key", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("baseline", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pathway_starts"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_pathway_starts_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_pathway_starts_membership_id"
        ),
        sa.UniqueConstraint(
            "membership_id", "achievement_key", name="uq_pathway_starts_membership_id_achievement_key"
        ),
    )
    op.create_index("ix_pathway_starts_organisation_id", "pathway_starts", ["organisation_id"])


def downgrade() -> None:
    op.drop_table("pathway_starts")
