"""Wallets that are joined into one, and separated again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "person_merges",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("into_id", sa.Text(), nullable=False),
        sa.Column("from_id", sa.Text(), nullable=False),
        sa.Column("session_sha256", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("journal", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_person_merges"),
        sa.ForeignKeyConstraint(["into_id"], ["people.id"], name="fk_person_merges_into_id"),
        sa.ForeignKeyConstraint(["from_id"], ["people.id"], name="fk_person_merges_from_id"),
    )
    for name in ("into_id", "from_id", "session_sha256"):
        op.create_index(f"ix_person_merges_{name}", "person_merges", [name])


def downgrade() -> None:
    op.drop_table("person_merges")
