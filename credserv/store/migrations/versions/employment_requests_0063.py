"""Members request a confirmation of their employment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "employment_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", _INSTANT),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_employment_requests"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_employment_requests_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_employment_requests_membership_id"
        ),
    )
    op.create_index("ix_employment_requests_membership_id", "employment_requests", ["membership_id"])
    op.create_index(
        "ix_employment_requests_organisation_id_state", "employment_requests", ["organisation_id", "state"]
    )


def downgrade() -> None:
    op.drop_table("employment_requests")
