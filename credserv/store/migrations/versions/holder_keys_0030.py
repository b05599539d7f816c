"""Keys that the service holds for people, and what they showed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "holder_keys",
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("did", name="pk_holder_keys"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_holder_keys_person_id"),
    )
    op.create_index("ix_holder_keys_person_id", "holder_keys", ["person_id"])
    counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "shown_badges",
        sa.Column("id", counter, autoincrement=True, nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("badges", sa.JSON(), nullable=False),
        sa.Column("used_key", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shown_badges"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_shown_badges_person_id"),
    )
    op.create_index("ix_shown_badges_person_id_at", "shown_badges", ["person_id", "at"])


def downgrade() -> None:
    op.drop_table("shown_badges")
    op.drop_table("holder_keys")
