"""Steps of issuing as instants in the credential's row; the outbox of letters; the counter of changes.

Before, *delivered* was also recorded where no letter was sent: for a recipient without an address, for a
refused letter, and without a mail server. The first two can be recognised and are corrected here. The third
cannot, so those rows keep what was recorded.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_UNDELIVERABLE = "credential.undeliverable"


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name="fk_letters_credential_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_letters_organisation_id"),
        sa.PrimaryKeyConstraint("credential_id", name="pk_letters"),
    )
    op.create_index("ix_letters_organisation_id_due_at", "letters", ["organisation_id", "due_at"])
    op.create_table(
        "generations",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_generations_only_one"),
        sa.PrimaryKeyConstraint("id", name="pk_generations"),
    )
    op.execute("INSERT INTO generations (id, number) VALUES (1, 0)")
    op.add_column("credentials", sa.Column("stored_at", sa.DateTime(timezone=True)))
    op.add_column("credentials", sa.Column("delivered_at", sa.DateTime(timezone=True)))
    _carry_steps_over()
    op.drop_index("ix_credentials_organisation_id_state_step_issued_at", "credentials")
    op.drop_column("credentials", "step")
    op.create_index(
        "ix_credentials_organisation_id_state_issued_at",
        "credentials",
        ["organisation_id", "state", "issued_at"],
    )
    op.drop_table("credential_steps")


def _carry_steps_over() -> None:
    for column, step in (("stored_at", "stored"), ("delivered_at", "delivered")):
        op.execute(
            f"UPDATE credentials SET {column} = (SELECT at FROM credential_steps "
            f"WHERE credential_id = credentials.id AND step = '{step}')"
        )
    op.execute("UPDATE credentials SET stored_at = issued_at WHERE stored_at IS NULL AND signed IS NOT NULL")
    op.execute("UPDATE credentials SET delivered_at = NULL WHERE recipient_email IS NULL")
    op.execute(
        "INSERT INTO letters (credential_id, organisation_id, queued_at, due_at, tries, note) "
        "SELECT id, organisation_id, stored_at, stored_at, 0, '' FROM credentials "
        "WHERE state = 'active' AND step = 'stored' AND recipient_email IS NOT NULL"
    )
    _set_refusals_right()


def _set_refusals_right() -> None:
    lines = sa.table("audit_lines", sa.column("subject"), sa.column("action"), sa.column("detail", sa.JSON()))
    credentials = sa.table(
        "credentials",
        sa.column("id"),
        sa.column("organisation_id"),
        sa.column("stored_at", sa.DateTime(timezone=True)),
        sa.column("delivered_at"),
    )
    connection = op.get_bind()
    refused = connection.execute(
        sa.select(lines.c.subject, lines.c.detail).where(lines.c.action == _UNDELIVERABLE)
    ).all()
    for credential_id, why in {row.subject: row.detail.get("why", "") for row in refused}.items():
        known = credentials.c.id == credential_id
        row = connection.execute(sa.select(credentials).where(known)).one_or_none()
        if row is None or row.stored_at is None:
            continue
        connection.execute(sa.update(credentials).where(known).values(delivered_at=None))
        connection.execute(
            sa.insert(
                sa.table(
                    "letters",
                    sa.column("credential_id"),
                    sa.column("organisation_id"),
                    sa.column("queued_at", sa.DateTime(timezone=True)),
                    sa.column("tries"),
                    sa.column("note"),
                )
            ).values(
                credential_id=credential_id,
                organisation_id=row.organisation_id,
                queued_at=row.stored_at,
                tries=1,
                note=why,
            )
        )


def downgrade() -> None:
    op.create_table(
        "credential_steps",
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name="fk_credential_steps_credential_id"
        ),
        sa.PrimaryKeyConstraint("credential_id", "step", name="pk_credential_steps"),
    )
    op.add_column(
        "credentials", sa.Column("step", sa.String(length=16), nullable=False, server_default="reserved")
    )
    for step, column in (("reserved", "issued_at"), ("stored", "stored_at"), ("delivered", "delivered_at")):
        op.execute(
            "INSERT INTO credential_steps (credential_id, step, at) "
            f"SELECT id, '{step}', {column} FROM credentials WHERE {column} IS NOT NULL"
        )
        op.execute(f"UPDATE credentials SET step = '{step}' WHERE {column} IS NOT NULL")
    op.drop_index("ix_credentials_organisation_id_state_issued_at", "credentials")
    op.drop_column("credentials", "delivered_at")
    op.drop_column("credentials", "stored_at")
    op.create_index(
        "ix_credentials_organisation_id_state_step_issued_at",
        "credentials",
        ["organisation_id", "state", "step", "issued_at"],
    )
    op.drop_table("generations")
    op.drop_table("letters")
