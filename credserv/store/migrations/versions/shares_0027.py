"""Shares show a set of credentials, with an end, a limit and a log; a public page can be hidden.

`shares` is created again: what a link showed before becomes its one credential, at the address of its issuer.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_ASIDE = "before_0027_shares"
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("credentials", sa.Column("hidden_at", _INSTANT))
    op.execute(
        f"CREATE TABLE {_ASIDE} AS SELECT shares.*, credentials.organisation_id FROM shares "
        "JOIN credentials ON credentials.id = shares.credential_id"
    )
    op.drop_table("shares")
    op.create_table(
        "shares",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("ends_at", _INSTANT),
        sa.Column("max_openings", sa.Integer()),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("passcode", sa.Text()),
        sa.Column("wrong_passcodes", sa.Integer(), nullable=False),
        sa.Column("shows_name", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("slug", sa.Text()),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_shares"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_shares_organisation_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_shares_person_id"),
        sa.UniqueConstraint("organisation_id", "slug", name="uq_shares_organisation_id_slug"),
    )
    op.create_index("ix_shares_person_id", "shares", ["person_id"])
    op.create_table(
        "share_items",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", "place", name="pk_share_items"),
        sa.ForeignKeyConstraint(
            ["token_sha256"], ["shares.token_sha256"], name="fk_share_items_token_sha256"
        ),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name="fk_share_items_credential_id"),
    )
    op.create_index("ix_share_items_credential_id", "share_items", ["credential_id"])
    op.create_table(
        "share_openings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("visitor", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_share_openings"),
        sa.ForeignKeyConstraint(
            ["token_sha256"], ["shares.token_sha256"], name="fk_share_openings_token_sha256"
        ),
    )
    op.create_index("ix_share_openings_token_sha256_id", "share_openings", ["token_sha256", "id"])
    columns = "token_sha256, organisation_id, person_id, created_at, label, ended_at"
    op.execute(
        f"INSERT INTO shares ({columns}, openings, wrong_passcodes, shows_name) "
        f"SELECT {columns}, 0, 0, {sa.false().compile(dialect=op.get_bind().dialect)} FROM {_ASIDE}"
    )
    op.execute(
        "INSERT INTO share_items (token_sha256, place, credential_id) "
        f"SELECT token_sha256, 1, credential_id FROM {_ASIDE}"
    )
    op.drop_table(_ASIDE)


def downgrade() -> None:
    """Of a set, a version before shows the first; a page at an address of its own it does not know."""
    op.execute(
        f"CREATE TABLE {_ASIDE} AS SELECT shares.token_sha256, credential_id, person_id, created_at, label, "
        "ended_at FROM shares JOIN share_items ON share_items.token_sha256 = shares.token_sha256 "
        "WHERE share_items.place = 1 AND shares.slug IS NULL"
    )
    op.drop_table("share_openings")
    op.drop_table("share_items")
    op.drop_table("shares")
    op.create_table(
        "shares",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_shares"),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name="fk_shares_credential_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_shares_person_id"),
    )
    op.create_index("ix_shares_person_id", "shares", ["person_id"])
    columns = "token_sha256, credential_id, person_id, created_at, label, ended_at"
    op.execute(f"INSERT INTO shares ({columns}) SELECT {columns} FROM {_ASIDE}")
    op.drop_table(_ASIDE)
    op.drop_column("credentials", "hidden_at")
