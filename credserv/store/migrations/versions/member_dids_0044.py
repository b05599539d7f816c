"""The DIDs under which members endorse and are accredited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.create_table(
        "member_dids",
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text()),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("did", name="pk_member_dids"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_member_dids_organisation_id"
        ),
    )
    op.create_index("ix_member_dids_membership_id", "member_dids", ["membership_id"])
    live = sa.text("retired_at IS NULL AND membership_id IS NOT NULL")
    op.create_index(
        "uq_member_dids_live",
        "member_dids",
        ["membership_id"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )


def downgrade() -> None:
    op.drop_table("member_dids")
