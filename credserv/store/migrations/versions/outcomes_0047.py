"""What became of people, the metrics made from it, and computed figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.create_table(
        "outcome_facts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("competency", sa.Text(), nullable=False),
        sa.Column("count", sa.Float()),
        sa.Column("exposure", sa.Float()),
        sa.Column("score", sa.Float()),
        sa.Column("maximum", sa.Float()),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("mentored", sa.Boolean()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outcome_facts"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_outcome_facts_organisation_id"
        ),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name="fk_outcome_facts_membership_id"),
        sa.UniqueConstraint(
            "organisation_id", "reference", name="uq_outcome_facts_organisation_id_reference"
        ),
    )
    op.create_index("ix_outcome_facts_membership_id", "outcome_facts", ["membership_id"])
    op.create_index(
        "ix_outcome_facts_organisation_id_occurred_at", "outcome_facts", ["organisation_id", "occurred_at"]
    )
    op.create_table(
        "outcome_metrics",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("organisation_id", "key", "set_at", name="pk_outcome_metrics"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_outcome_metrics_organisation_id"
        ),
    )
    op.create_table(
        "outcome_views",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cut", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known", sa.DateTime(timezone=True), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "period", "number", name="pk_outcome_views"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_outcome_views_organisation_id"
        ),
    )


def downgrade() -> None:
    for name in ("outcome_views", "outcome_metrics", "outcome_facts"):
        op.drop_table(name)
