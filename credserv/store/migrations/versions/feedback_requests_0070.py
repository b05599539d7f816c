"""Who was asked for feedback about whom, and when they answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"


def upgrade() -> None:
    op.create_table(
        "feedback_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("rater_id", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("achievement_key", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("round_id", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feedback_requests"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_feedback_requests_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_feedback_requests_membership_id"
        ),
    )
    op.create_index("ix_feedback_requests_organisation_id", "feedback_requests", ["organisation_id"])
    op.create_index("ix_feedback_requests_membership_id", "feedback_requests", ["membership_id"])
    op.create_index("ix_feedback_requests_rater_id", "feedback_requests", ["rater_id"])


def downgrade() -> None:
    op.drop_table("feedback_requests")
