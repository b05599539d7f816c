"""What messages say of people: observations, the names of people and activities in them, and what credentials
depend on; identifiers within an installation of a learning system; settings of a source.

What an older release did not store of an event, such as its verdict on the signature, cannot be recovered.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_LIVE = "uq_asserted_identifiers_live"


def upgrade() -> None:
    op.add_column("sources", sa.Column("options", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("sources", sa.Column("corrects", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("events", sa.Column("headers", sa.JSON()))
    op.add_column("events", sa.Column("authentication", sa.JSON()))
    op.add_column("events", sa.Column("adapter", sa.Text()))
    op.add_column("events", sa.Column("adapter_version", sa.Integer()))
    op.add_column("credentials", sa.Column("grounds", sa.JSON()))
    op.add_column(
        "asserted_identifiers", sa.Column("namespace", sa.Text(), server_default="", nullable=False)
    )
    op.drop_index(_LIVE, "asserted_identifiers")
    _index_live(["organisation_id", "kind", "value", "namespace"])
    op.create_table(
        "observations",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("is_signed", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("identifier_id", sa.Text()),
        sa.ForeignKeyConstraint(
            ["organisation_id", "source", "message"],
            ["events.organisation_id", "events.source", "events.event_id"],
            name="fk_observations_message",
        ),
        sa.ForeignKeyConstraint(
            ["identifier_id"],
            ["asserted_identifiers.id"],
            name="fk_observations_identifier_id_asserted_identifiers",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name="pk_observations"),
    )
    op.create_index("ix_observations_identifier_id", "observations", ["identifier_id"])
    op.create_index(
        "ix_observations_organisation_id_source_message",
        "observations",
        ["organisation_id", "source", "message"],
    )
    not_judged = sa.text("state != 'judged'")
    op.create_index(
        "ix_observations_open",
        "observations",
        ["organisation_id", "state", "received_at"],
        sqlite_where=not_judged,
        postgresql_where=not_judged,
    )
    op.create_table(
        "observation_references",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("observation_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "observation_id"],
            ["observations.organisation_id", "observations.id"],
            name="fk_observation_references_observation",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "kind",
            "value",
            "namespace",
            "observation_id",
            name="pk_observation_references",
        ),
    )


def downgrade() -> None:
    op.drop_table("observation_references")
    op.drop_table("observations")
    op.drop_index(_LIVE, "asserted_identifiers")
    # A version before knows identifiers that name somebody everywhere, and no others.
    op.execute("DELETE FROM asserted_identifiers WHERE namespace != ''")
    op.drop_column("asserted_identifiers", "namespace")
    _index_live(["organisation_id", "kind", "value"])
    op.drop_column("credentials", "grounds")
    for column in ("adapter_version", "adapter", "authentication", "headers"):
        op.drop_column("events", column)
    op.execute("UPDATE events SET state = 'quarantined' WHERE state IN ('read', 'unreadable', 'conflict')")
    op.drop_column("sources", "corrects")
    op.drop_column("sources", "options")


def _index_live(columns: list[str]) -> None:
    op.create_index(
        _LIVE,
        "asserted_identifiers",
        columns,
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
