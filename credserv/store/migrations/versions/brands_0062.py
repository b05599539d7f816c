"""An organisation's appearance: logo, colour, imprint, and the sender of its letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=False),
        sa.Column("imprint", sa.Text(), nullable=False),
        sa.Column("imprint_url", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_brands"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_brands_organisation_id"),
    )


def downgrade() -> None:
    op.drop_table("brands")
