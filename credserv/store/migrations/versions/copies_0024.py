"""Copies of awards, each with a status index of its own that changes with its award's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_OWN_OF_EACH = {"credential_id": "copy_id IS NULL", "copy_id": "copy_id IS NOT NULL"}


def upgrade() -> None:
    op.create_table(
        "copies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("holder_did", sa.Text(), nullable=False),
        sa.Column("key_thumbprint", sa.String(length=43), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True)),
        sa.Column("signed", sa.LargeBinary()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_copies"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_copies_organisation_id"),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name="fk_copies_credential_id"),
        sa.UniqueConstraint(
            "credential_id", "form", "holder_did", name="uq_copies_credential_id_form_holder_did"
        ),
    )
    op.create_index("ix_copies_organisation_id", "copies", ["organisation_id"])
    op.create_index("ix_copies_key_thumbprint", "copies", ["key_thumbprint"])
    with op.batch_alter_table("status_indexes") as indexes:
        indexes.add_column(sa.Column("copy_id", sa.Text()))
        indexes.drop_constraint("uq_status_indexes_credential_id", type_="unique")
        indexes.create_foreign_key("fk_status_indexes_copy_id", "copies", ["copy_id"], ["id"])
    for column, condition in _OWN_OF_EACH.items():
        op.create_index(
            f"uq_status_indexes_{column}",
            "status_indexes",
            [column],
            unique=True,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )


def downgrade() -> None:
    """The bits of copies are forgotten with the copies: their list then shows them as they were at first."""
    op.execute("DELETE FROM status_indexes WHERE copy_id IS NOT NULL")
    for column in _OWN_OF_EACH:
        op.drop_index(f"uq_status_indexes_{column}", "status_indexes")
    with op.batch_alter_table("status_indexes") as indexes:
        indexes.drop_constraint("fk_status_indexes_copy_id", type_="foreignkey")
        indexes.drop_column("copy_id")
        indexes.create_unique_constraint("uq_status_indexes_credential_id", ["credential_id"])
    op.drop_table("copies")
