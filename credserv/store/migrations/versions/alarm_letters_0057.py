"""Which owners a letter about an alarm went to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.add_column("alarms", sa.Column("told", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("alarms", "told")
