"""Offers of awards to wallet apps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "offers",
        sa.Column("id_sha256", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("tx_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True)),
        sa.Column("token_sha256", sa.String(length=64)),
        sa.Column("token_ends_at", sa.DateTime(timezone=True)),
        sa.Column("key_thumbprint", sa.String(length=43)),
        sa.PrimaryKeyConstraint("id_sha256", name="pk_offers"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_offers_organisation_id"),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name="fk_offers_credential_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_offers_person_id"),
        sa.UniqueConstraint("code_sha256", name="uq_offers_code_sha256"),
        sa.UniqueConstraint("token_sha256", name="uq_offers_token_sha256"),
    )
    for column in ("organisation_id", "credential_id", "person_id", "ends_at"):
        op.create_index(f"ix_offers_{column}", "offers", [column])
    op.create_table(
        "issuances",
        sa.Column("id_sha256", sa.String(length=64), nullable=False),
        sa.Column("offer_sha256", sa.String(length=64), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("holders", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("event", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id_sha256", name="pk_issuances"),
        sa.ForeignKeyConstraint(["offer_sha256"], ["offers.id_sha256"], name="fk_issuances_offer_sha256"),
    )
    op.create_index("ix_issuances_offer_sha256", "issuances", ["offer_sha256"])
    op.create_table(
        "spent_values",
        sa.Column("value_sha256", sa.String(length=64), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("value_sha256", name="pk_spent_values"),
    )
    op.create_index("ix_spent_values_ends_at", "spent_values", ["ends_at"])


def downgrade() -> None:
    for table in ("spent_values", "issuances", "offers"):
        op.drop_table(table)
