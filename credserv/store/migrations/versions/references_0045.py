"""Clients' references for steps of an accreditation, so that each can be repeated safely; and reminders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"

_COLUMNS = {"terms": ("reference",), "holds": ("reference", "ended_reference"), "revocations": ("reference",)}


def upgrade() -> None:
    for table, names in _COLUMNS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text()))
    op.create_table(
        "term_reminders",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("told", sa.String(length=16), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id", "number"],
            ["terms.credential_id", "terms.number"],
            name="fk_term_reminders_term",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_term_reminders_organisation_id"
        ),
        sa.PrimaryKeyConstraint("credential_id", "number", "told", name="pk_term_reminders"),
    )


def downgrade() -> None:
    op.drop_table("term_reminders")
    for table, names in _COLUMNS.items():
        with op.batch_alter_table(table) as changed:
            for name in names:
                changed.drop_column(name)
