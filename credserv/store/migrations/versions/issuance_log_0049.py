"""The signature log. Entries for earlier signatures are made from what is stored, in the order of storage;
the service gives them their places later.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"

_AT_ONCE = 500


def upgrade() -> None:
    op.create_table(
        "log_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_log_entries_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_log_entries"),
        sa.UniqueConstraint("organisation_id", "position", name="uq_log_entries_organisation_id_position"),
    )
    op.create_index("ix_log_entries_organisation_id_subject", "log_entries", ["organisation_id", "subject"])
    op.create_table(
        "log_heads",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_log_heads_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "size", name="pk_log_heads"),
    )
    op.create_table(
        "log_nodes",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_log_nodes_organisation_id"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "level", "index", name="pk_log_nodes"),
    )
    _fill()


def downgrade() -> None:
    for table in ("log_heads", "log_nodes", "log_entries"):
        op.drop_table(table)


def _fill() -> None:
    """A page at a time: what was signed is as long as everything else together."""
    connection = op.get_bind()
    instant = sa.DateTime(timezone=True)
    entries = sa.table(
        "log_entries",
        *(sa.column(name) for name in ("organisation_id", "subject", "sha256", "key")),
        sa.column("signed_at", instant),
    )
    for name in ("credentials", "copies"):
        kept = sa.table(
            name,
            *(sa.column(column) for column in ("id", "organisation_id", "signed")),
            sa.column("stored_at", instant),
        )
        order = (kept.c.stored_at, kept.c.id)
        wanted = sa.select(kept).where(kept.c.signed.is_not(None), kept.c.stored_at.is_not(None))
        last: Any = None
        while True:
            page = wanted if last is None else wanted.where(sa.tuple_(*order) > sa.tuple_(*last))
            rows = connection.execute(page.order_by(*order).limit(_AT_ONCE)).all()
            if not rows:
                break
            connection.execute(sa.insert(entries), [_entry(row) for row in rows])
            last = (sa.bindparam(None, rows[-1].stored_at, instant), sa.literal(rows[-1].id))


def _entry(row: Any) -> dict[str, Any]:
    return {
        "organisation_id": row.organisation_id,
        "subject": row.id,
        "sha256": hashlib.sha256(row.signed).hexdigest(),
        "key": _key(row.signed),
        "signed_at": row.stored_at.replace(microsecond=0),
    }


def _key(signed: bytes) -> str:
    if not signed.startswith(b"{"):
        return ""  # a token's is in its header, which was not written down apart
    proof = json.loads(signed).get("proof")
    return str(proof.get("verificationMethod", "")) if isinstance(proof, dict) else ""
