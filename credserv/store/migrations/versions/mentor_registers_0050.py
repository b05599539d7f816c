"""Whether everybody sees the register of mentors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.create_table(
        "mentor_registers",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_mentor_registers_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_mentor_registers"),
    )


def downgrade() -> None:
    op.drop_table("mentor_registers")
