"""Facts about targets and projects: dates, criteria, and who reports them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
_TABLE = "outcome_facts"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("project", sa.Text(), server_default="", nullable=False))
    op.add_column(_TABLE, sa.Column("due_on", sa.Date()))
    op.add_column(_TABLE, sa.Column("told_by", sa.Text(), server_default="", nullable=False))
    op.add_column(_TABLE, sa.Column("criteria", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    """Facts of kinds that are not known there go: they could not be read."""
    facts = sa.table(_TABLE, sa.column("kind", sa.String()))
    new = ("target", "project", "self-assessment", "readiness")
    op.execute(facts.delete().where(facts.c.kind.in_(new)))
    for name in ("criteria", "told_by", "due_on", "project"):
        op.drop_column(_TABLE, name)
