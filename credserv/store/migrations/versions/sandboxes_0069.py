"""Organisations for trying out. Existing ones are not, and stay so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"


def upgrade() -> None:
    op.add_column(
        "organisations", sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("organisations", "sandbox")  # in place: other tables refer to it
