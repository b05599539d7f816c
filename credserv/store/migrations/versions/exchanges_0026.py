"""Exchanges with wallet apps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "exchanges",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder_did", sa.Text()),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_exchanges"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_exchanges_organisation_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_exchanges_person_id"),
    )
    op.create_index("ix_exchanges_ends_at", "exchanges", ["ends_at"])
    op.create_index("ix_exchanges_person_id", "exchanges", ["person_id"])
    op.create_index(
        "ix_exchanges_organisation_id_credential_id", "exchanges", ["organisation_id", "credential_id"]
    )


def downgrade() -> None:
    op.drop_table("exchanges")
