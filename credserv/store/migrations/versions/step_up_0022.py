"""When a session's person last proved who they are, and until when a person's ways in are frozen.

Existing sessions began with a proof, except console sessions opened by a link that was handed over, but none
of them records it.
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
