"""Pathways proposed to people who have not answered yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    op.create_table(
        "pathway_proposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("achievement_key", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposer", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pathway_proposals"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_pathway_proposals_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_pathway_proposals_membership_id"
        ),
    )
    op.create_index("ix_pathway_proposals_organisation_id", "pathway_proposals", ["organisation_id"])
    op.create_index("ix_pathway_proposals_membership_id", "pathway_proposals", ["membership_id"])


def downgrade() -> None:
    op.drop_table("pathway_proposals")
