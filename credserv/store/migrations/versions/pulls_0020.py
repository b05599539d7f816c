"""Scheduled fetching from sources. Known LTI platforms are fetched from as well from now on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from credserv.store.tables.base import Instant

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "source_pulls",
        sa.Column("organisation_id", sa.String(64), primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("sealed", sa.Text),
        sa.Column("outcome", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("seen", sa.JSON, nullable=False, server_default="{}"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "source"],
            ["sources.organisation_id", "sources.name"],
            name="fk_source_pulls_source",
        ),
    )
    op.create_index("ix_source_pulls_organisation_id_due_at", "source_pulls", ["organisation_id", "due_at"])
    op.execute(
        "INSERT INTO source_pulls (organisation_id, source, due_at) "
        "SELECT organisation_id, name, created_at FROM sources WHERE dialect = 'lti'"
    )


def downgrade() -> None:
    op.drop_table("source_pulls")
