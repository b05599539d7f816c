"""360-degree feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.create_table(
        "feedback_rounds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("achievement_key", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback_rounds"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_feedback_rounds_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_feedback_rounds_membership_id"
        ),
    )
    op.create_index("ix_feedback_rounds_membership_id", "feedback_rounds", ["membership_id"])
    op.create_table(
        "round_answers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("round_id", sa.Text(), nullable=False),
        sa.Column("rater_id", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_round_answers"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_round_answers_organisation_id"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["feedback_rounds.id"], name="fk_round_answers_round_id"),
        sa.UniqueConstraint("round_id", "rater_id", name="uq_round_answers_round_id_rater_id"),
    )
    op.create_index("ix_round_answers_organisation_id", "round_answers", ["organisation_id"])
    op.create_index("ix_round_answers_rater_id", "round_answers", ["rater_id"])


def downgrade() -> None:
    op.drop_table("round_answers")
    op.drop_table("feedback_rounds")
