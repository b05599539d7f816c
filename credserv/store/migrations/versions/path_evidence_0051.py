"""Whether the past shows with whom people get there soonest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.create_table(
        "path_evidence",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_path_evidence"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_path_evidence_organisation_id"
        ),
    )


def downgrade() -> None:
    op.drop_table("path_evidence")
