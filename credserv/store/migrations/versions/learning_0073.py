"""What an achievement is worth as learning, and which part of a member's name is the family name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"


def upgrade() -> None:
    op.add_column("achievements", sa.Column("learning", sa.JSON(none_as_null=True)))
    op.add_column("memberships", sa.Column("family_name", sa.Text()))


def downgrade() -> None:
    op.drop_column("memberships", "family_name")
    op.drop_column("achievements", "learning")
