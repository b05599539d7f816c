"""Plans of mentors' time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.create_table(
        "capacity_plans",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_capacity_plans"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_capacity_plans_organisation_id"
        ),
        sa.UniqueConstraint(
            "organisation_id", "reference", name="uq_capacity_plans_organisation_id_reference"
        ),
    )


def downgrade() -> None:
    op.drop_table("capacity_plans")
