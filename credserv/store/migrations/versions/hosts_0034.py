"""People connect other hosts of badges to their wallet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "host_connections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_host_connections_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_host_connections"),
    )
    op.create_index("ix_host_connections_person_id", "host_connections", ["person_id"])


def downgrade() -> None:
    op.drop_table("host_connections")
