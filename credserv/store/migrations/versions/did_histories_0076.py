"""An organisation's did:webvh."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"


def upgrade() -> None:
    op.create_table(
        "did_histories",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_did_histories"),
        sa.UniqueConstraint("did", name="uq_did_histories_did"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_did_histories_organisation_id"
        ),
    )


def downgrade() -> None:
    op.drop_table("did_histories")
