"""Audits of accreditations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("programme_key", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_by", sa.Text(), nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.Text()),
        sa.Column("begins_on", sa.Date()),
        sa.Column("population_at", sa.DateTime(timezone=True)),
        sa.Column("frozen_at", sa.DateTime(timezone=True)),
        sa.Column("seed", sa.Text()),
        sa.Column("revealed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_audits_organisation_id"),
        sa.PrimaryKeyConstraint("organisation_id", "programme_key", "period", name="pk_audits"),
    )
    op.create_table(
        "audit_cases",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("programme_key", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("drawn_as", sa.Text(), nullable=False),
        sa.Column("is_drawn", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=16)),
        sa.Column("remedy_until", sa.DateTime(timezone=True)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_audit_cases_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "programme_key", "period"],
            ["audits.organisation_id", "audits.programme_key", "audits.period"],
            name="fk_audit_cases_audit",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "programme_key", "period", "credential_id", name="pk_audit_cases"
        ),
    )
    op.create_index("ix_audit_cases_credential_id", "audit_cases", ["credential_id"])
    op.create_index("ix_audit_cases_organisation_id_is_drawn", "audit_cases", ["organisation_id", "is_drawn"])


def downgrade() -> None:
    op.drop_table("audit_cases")
    op.drop_table("audits")
