"""Translations of achievements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"


def upgrade() -> None:
    op.create_table(
        "achievement_translations",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("narrative", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation_id", "key", "version", "language", name="pk_achievement_translations"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_achievement_translations_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "key", "version"],
            ["achievements.organisation_id", "achievements.key", "achievements.version"],
            name="fk_achievement_translations_organisation_id_key_version",
        ),
    )


def downgrade() -> None:
    op.drop_table("achievement_translations")
