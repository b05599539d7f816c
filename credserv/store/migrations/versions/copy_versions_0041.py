"""Further versions of copies of living badges; and for which awards a trusted issuer is the accreditor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "copy_versions",
        sa.Column("copy_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["copy_id"], ["copies.id"], name="fk_copy_versions_copy_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_copy_versions_organisation_id"
        ),
        sa.PrimaryKeyConstraint("copy_id", "number", name="pk_copy_versions"),
    )
    with op.batch_alter_table("trusted_issuers") as issuers:
        issuers.add_column(sa.Column("accredits", sa.JSON()))


def downgrade() -> None:
    with op.batch_alter_table("trusted_issuers") as issuers:
        issuers.drop_column("accredits")
    op.drop_table("copy_versions")
