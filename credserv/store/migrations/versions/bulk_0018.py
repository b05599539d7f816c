"""Bulk awards: runs over the rows of a file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_runs"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_bulk_runs_organisation_id"
        ),
    )
    op.create_index("ix_bulk_runs_organisation_id_created_at", "bulk_runs", ["organisation_id", "created_at"])
    op.create_index("ix_bulk_runs_state", "bulk_runs", ["state"])
    op.create_table(
        "bulk_rows",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("order", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Text()),
        sa.PrimaryKeyConstraint("run_id", "line", name="pk_bulk_rows"),
        sa.ForeignKeyConstraint(["run_id"], ["bulk_runs.id"], name="fk_bulk_rows_run_id"),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name="fk_bulk_rows_credential_id"),
    )
    op.create_index("ix_bulk_rows_credential_id", "bulk_rows", ["credential_id"])
    op.create_index("ix_bulk_rows_run_id_state_line", "bulk_rows", ["run_id", "state", "line"])


def downgrade() -> None:
    op.drop_table("bulk_rows")
    op.drop_table("bulk_runs")
