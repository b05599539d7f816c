"""One award: what a credential alone stands for, how often an achievement is awarded, and one namespace of
idempotency keys for all API keys of an organisation.

Credentials that were issued twice for the same award stay as they are; a further order gets the one awarded
last.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_LAST = (
    "SELECT id FROM (SELECT credentials.id AS id, row_number() OVER ("
    "PARTITION BY credentials.organisation_id, asserted_identifiers.membership_id, "
    "credentials.achievement_key ORDER BY credentials.awarded_at DESC, credentials.id) AS place "
    "FROM credentials JOIN asserted_identifiers ON asserted_identifiers.id = credentials.identifier_id "
    "WHERE credentials.state IN ('pending', 'active', 'suspended')) AS ranked WHERE place = 1"
)
_OLDEST = (
    "SELECT id FROM (SELECT id, row_number() OVER ("
    "PARTITION BY organisation_id, idempotency_key ORDER BY issued_at, id) AS place "
    "FROM credentials WHERE scope LIKE 'api:%') AS ranked WHERE place = 1"
)


def upgrade() -> None:
    op.add_column("achievements", sa.Column("award", sa.String(length=16)))
    op.add_column("credentials", sa.Column("award", sa.Text()))
    op.execute(
        "UPDATE credentials SET award = (SELECT asserted_identifiers.membership_id FROM asserted_identifiers "
        "WHERE asserted_identifiers.id = credentials.identifier_id) || '/' || achievement_key || '/once' "
        f"WHERE id IN ({_LAST})"
    )
    op.create_index(
        "uq_credentials_award",
        "credentials",
        ["organisation_id", "award"],
        unique=True,
        sqlite_where=sa.text("award IS NOT NULL"),
        postgresql_where=sa.text("award IS NOT NULL"),
    )
    op.create_table(
        "repeated_orders",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("order_sha256", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "scope", "idempotency_key", name="pk_repeated_orders"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_repeated_orders_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name="fk_repeated_orders_credential_id"
        ),
    )
    op.create_index("ix_repeated_orders_credential_id", "repeated_orders", ["credential_id"])
    # Two API keys may have used one idempotency key: the first to use it has it from now on.
    op.execute(f"UPDATE credentials SET scope = 'api' WHERE id IN ({_OLDEST})")


def downgrade() -> None:
    op.execute(
        "UPDATE credentials SET scope = coalesce((SELECT min(audit_lines.actor) FROM audit_lines "
        "WHERE audit_lines.subject = credentials.id AND audit_lines.action = 'credential.sign' "
        "AND audit_lines.actor LIKE 'api:%'), 'api:unknown') WHERE scope = 'api'"
    )
    op.drop_table("repeated_orders")
    op.drop_index("uq_credentials_award", "credentials")
    op.drop_column("credentials", "award")
    op.drop_column("achievements", "award")
