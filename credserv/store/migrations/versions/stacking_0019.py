"""An index of credentials by the time of their change, so that rules that require them are judged again."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_index(
        "ix_credentials_organisation_id_changed_at", "credentials", ["organisation_id", "changed_at"]
    )


def downgrade() -> None:
    op.drop_index("ix_credentials_organisation_id_changed_at", "credentials")
