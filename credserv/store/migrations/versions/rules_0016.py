"""Achievements have rules: immutable versions, of which the newest counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "rule_versions",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("achievement_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.JSON()),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name="ck_rule_versions_version_positive"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_rule_versions_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "achievement_key", "version", name="pk_rule_versions"),
    )


def downgrade() -> None:
    op.drop_table("rule_versions")
