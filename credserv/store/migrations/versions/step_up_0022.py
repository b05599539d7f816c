"""A session knows when its person last showed who they are; a person's ways in can be frozen.

Sessions of before began with a proof, but for those of the console that a link opened which was handed over:
of none is it said.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("proved_at", sa.DateTime(timezone=True)))
    op.add_column("people", sa.Column("frozen_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("people", "frozen_until")
    op.drop_column("sessions", "proved_at")
