"""Letters with links also wait in an outbox. What waits in the queue is requested again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "link_letters",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_link_letters"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_link_letters_organisation_id"
        ),
    )
    op.create_index("ix_link_letters_organisation_id_due_at", "link_letters", ["organisation_id", "due_at"])


def downgrade() -> None:
    op.drop_table("link_letters")
