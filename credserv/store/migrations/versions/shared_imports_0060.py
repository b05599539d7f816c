"""Shares also show what their person brought along."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.create_table(
        "share_imports",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", "place", name="pk_share_imports"),
        sa.ForeignKeyConstraint(
            ["token_sha256"], ["shares.token_sha256"], name="fk_share_imports_token_sha256"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_share_imports_import_id"),
    )
    op.create_index("ix_share_imports_import_id", "share_imports", ["import_id"])


def downgrade() -> None:
    op.drop_table("share_imports")
