"""When a request in a source's name was refused last, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"


def upgrade() -> None:
    op.add_column("sources", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("refused_why", sa.Text, nullable=True))


def downgrade() -> None:
    op.drop_column("sources", "refused_why")  # in place: others refer to the table
    op.drop_column("sources", "refused_at")
