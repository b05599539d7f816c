"""The request that caused a letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    for table in ("letters", "link_letters"):
        op.add_column(table, sa.Column("request_id", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for table in ("letters", "link_letters"):
        op.drop_column(table, "request_id")
