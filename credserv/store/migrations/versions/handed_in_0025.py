"""Credentials of other issuers that people gave an organisation, to count toward its badges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "handed_in",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_handed_in"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_handed_in_organisation_id"
        ),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name="fk_handed_in_membership_id"),
        sa.UniqueConstraint("membership_id", "sha256", name="uq_handed_in_membership_id_sha256"),
    )
    op.create_index("ix_handed_in_organisation_id_tried_at", "handed_in", ["organisation_id", "tried_at"])


def downgrade() -> None:
    op.drop_table("handed_in")
