"""xAPI statements by their ids. None were stored as such before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text()),
        sa.Column("actor", sa.Text()),
        sa.Column("registration", sa.Text()),
        sa.Column("voids", sa.String(length=36)),
        sa.ForeignKeyConstraint(
            ["organisation_id", "source", "message"],
            ["events.organisation_id", "events.source", "events.event_id"],
            name="fk_statements_message",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "source", "id", name="pk_statements"),
    )
    for column in ("stored_at", "voids"):
        op.create_index(
            f"ix_statements_organisation_id_source_{column}",
            "statements",
            ["organisation_id", "source", column],
        )


def downgrade() -> None:
    op.drop_table("statements")
