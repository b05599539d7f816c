"""When a source's secret ends, and when an endpoint's older secret stops signing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    op.add_column("source_secrets", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("older_ends_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # In place: a table that others refer to is not made anew.
    op.drop_column("source_secrets", "ends_at")
    op.drop_column("webhook_endpoints", "older_ends_at")
