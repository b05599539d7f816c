"""What mentors offered before, so that figures of a past day use the offers of that day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    op.create_table(
        "former_mentor_offers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("competencies", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("minutes_a_week", sa.Integer(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_former_mentor_offers_membership_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_former_mentor_offers_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_former_mentor_offers"),
    )
    for column in ("membership_id", "organisation_id"):
        op.create_index(f"ix_former_mentor_offers_{column}", "former_mentor_offers", [column])


def downgrade() -> None:
    op.drop_table("former_mentor_offers")
