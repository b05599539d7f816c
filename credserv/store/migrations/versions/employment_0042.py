"""Employments of members and their changes from now on; before, only the last one was stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.create_table(
        "employment_spells",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("employer", sa.Text(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True)),
        sa.Column("department", sa.Text()),
        sa.Column("site", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("group_name", sa.Text()),
        sa.Column("role", sa.Text()),
        sa.Column("level", sa.Text()),
        sa.Column("manager_id", sa.Text()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_recorded_at", sa.DateTime(timezone=True)),
        sa.Column("superseded_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_employment_spells"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_employment_spells_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_employment_spells_membership_id"
        ),
        sa.ForeignKeyConstraint(["manager_id"], ["memberships.id"], name="fk_employment_spells_manager_id"),
    )
    op.create_index("ix_employment_spells_membership_id", "employment_spells", ["membership_id"])
    op.create_index("ix_employment_spells_manager_id", "employment_spells", ["manager_id"])
    op.create_index(
        "ix_employment_spells_organisation_id_employer", "employment_spells", ["organisation_id", "employer"]
    )
    op.create_table(
        "job_changes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("employer", sa.Text()),
        sa.Column("effective", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("correction", sa.Boolean(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("level_order", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job_changes"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_job_changes_organisation_id"
        ),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"], name="fk_job_changes_membership_id"),
    )
    op.create_index("ix_job_changes_membership_id", "job_changes", ["membership_id"])
    op.create_index(
        "ix_job_changes_organisation_id_effective", "job_changes", ["organisation_id", "effective"]
    )


def downgrade() -> None:
    op.drop_table("job_changes")
    op.drop_table("employment_spells")
