"""The language for letters to people, and of the page on which a letter was requested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    op.add_column("people", sa.Column("language", sa.String(35)))
    op.add_column("link_letters", sa.Column("language", sa.String(35), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("link_letters", "language")
    op.drop_column("people", "language")  # in place: other tables refer to it
