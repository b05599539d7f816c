"""An index of a source's messages by arrival, for the pages of the console."""

from __future__ import annotations

from alembic import op

revision = "0077"
down_revision = "0076"

_NAME = "ix_events_organisation_id_source_received_at"


def upgrade() -> None:
    op.create_index(_NAME, "events", ["organisation_id", "source", "received_at"])


def downgrade() -> None:
    op.drop_index(_NAME, "events")
