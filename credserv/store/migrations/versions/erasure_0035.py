"""What was issued to an erased person: its hash replaces it, so that it can still be checked.

Texts by people in the audit trail are stored apart from what is sealed, which contains only their hash.
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
