"""Passkeys: public keys by which people prove who they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("identifier_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("identifier_id", name="pk_passkeys"),
        sa.ForeignKeyConstraint(
            ["identifier_id"], ["proved_identifiers.id"], name="fk_passkeys_identifier_id"
        ),
    )


def downgrade() -> None:
    op.drop_table("passkeys")
