"""Organisations write letters in their own words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "letter_words",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("tells", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("button", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "tells", "language", name="pk_letter_words"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_letter_words_organisation_id"
        ),
    )


def downgrade() -> None:
    op.drop_table("letter_words")
