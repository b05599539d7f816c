"""Runs say what they do with their rows: award them, or issue badges again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    with op.batch_alter_table("bulk_runs") as runs:
        runs.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="award"))


def downgrade() -> None:
    with op.batch_alter_table("bulk_runs") as runs:
        runs.drop_column("kind")
