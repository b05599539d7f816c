"""What was issued to somebody who was erased: its hash stands for it, so that it can still be checked.

And what people wrote in the audit trail stands beside what is sealed, by whose hash it is held.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.add_column("credentials", sa.Column("erased_sha256", sa.String(length=64)))
    op.add_column("copies", sa.Column("erased_sha256", sa.String(length=64)))
    op.add_column("audit_lines", sa.Column("words", sa.JSON()))


def downgrade() -> None:
    op.drop_column("audit_lines", "words")
    op.drop_column("copies", "erased_sha256")
    op.drop_column("credentials", "erased_sha256")
