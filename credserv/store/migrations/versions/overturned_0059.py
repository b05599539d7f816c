"""Revocations overturned by an appeal, and applications granted to replace another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.add_column("applications", sa.Column("anew_of", sa.Text()))
    op.add_column("revocations", sa.Column("overturned_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("revocations", "overturned_at")
    op.drop_column("applications", "anew_of")
