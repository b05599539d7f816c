"""Runs say whether they award their rows or issue badges again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    kind = sa.Column("kind", sa.String(length=16), nullable=False, server_default="award")
    op.add_column("bulk_runs", kind)


def downgrade() -> None:
    op.drop_column("bulk_runs", "kind")
