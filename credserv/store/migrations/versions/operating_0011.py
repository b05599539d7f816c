"""Bits of status lists that outlive their credential; when a pending key is to sign; and what the owners
of an organisation were notified of.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "kept_bits",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["status_lists.id"], name="fk_kept_bits_list_id_status_lists"),
        sa.PrimaryKeyConstraint("list_id", "index", name="pk_kept_bits"),
    )
    op.add_column("signing_keys", sa.Column("activates_at", sa.DateTime(timezone=True)))
    op.create_table(
        "alarms",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("condition", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_alarms_organisation_id"),
        sa.PrimaryKeyConstraint("organisation_id", "condition", "subject", name="pk_alarms"),
    )


def downgrade() -> None:
    op.drop_table("alarms")
    op.drop_column("signing_keys", "activates_at")
    op.drop_table("kept_bits")
