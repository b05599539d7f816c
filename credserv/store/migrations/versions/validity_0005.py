"""Validity in calendar months, as an alternative to days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("achievements", sa.Column("validity_months", sa.Integer()))


def downgrade() -> None:
    op.drop_column("achievements", "validity_months")
