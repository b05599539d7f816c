"""Only their consent lists people in the register of mentors, until they withdraw it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.drop_column("mentor_offers", "is_listed")


def downgrade() -> None:
    op.add_column(
        "mentor_offers", sa.Column("is_listed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
