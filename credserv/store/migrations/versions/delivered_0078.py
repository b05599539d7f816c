"""An index of the credentials whose letter a mail server took, so that counting them reads no credential."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"

_NAME = "ix_credentials_delivered"


def upgrade() -> None:
    taken = sa.text("delivered_at IS NOT NULL")
    op.create_index(
        _NAME, "credentials", ["organisation_id", "delivered_at"], sqlite_where=taken, postgresql_where=taken
    )


def downgrade() -> None:
    op.drop_index(_NAME, "credentials")
