"""Competency frameworks with their words, crosswalks, imports and role profiles. None were stored before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_ID, _OWN = sa.String(length=32), sa.String(length=64)
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "frameworks",
        sa.Column("id", _ID, nullable=False),
        sa.Column("organisation_id", _OWN, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", _ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("imported_at", _INSTANT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("version", "publisher", "licence")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("language", "description")),
        sa.Column("items", sa.Integer(), nullable=False),
        _own("frameworks"),
        sa.PrimaryKeyConstraint("id", name="pk_frameworks"),
        sa.UniqueConstraint("organisation_id", "uri", name="uq_frameworks_organisation_id_uri"),
    )
    op.create_table(
        "framework_versions",
        sa.Column("framework_id", _ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("imported_at", _INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        _of_framework("framework_versions"),
        sa.PrimaryKeyConstraint("framework_id", "revision", name="pk_framework_versions"),
    )
    _create_items()
    _create_words()
    op.create_table(
        "crosswalk_links",
        sa.Column("organisation_id", _OWN, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("framework_id", _ID, nullable=False),
        sa.Column("strength", sa.String(length=16), nullable=False),
        _own("crosswalk_links"),
        sa.PrimaryKeyConstraint(
            "organisation_id", "origin", "target", "framework_id", name="pk_crosswalk_links"
        ),
    )
    op.create_index(
        "ix_crosswalk_links_organisation_id_target", "crosswalk_links", ["organisation_id", "target"]
    )
    _create_imports()
    op.create_table(
        "role_profiles",
        sa.Column("organisation_id", _OWN, nullable=False),
        sa.Column("key", _OWN, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        _own("role_profiles"),
        sa.PrimaryKeyConstraint("organisation_id", "key", name="pk_role_profiles"),
    )


def downgrade() -> None:
    for table in (
        "role_profiles",
        "framework_imports",
        "crosswalk_links",
        "framework_words",
        "framework_items",
        "framework_versions",
        "frameworks",
    ):
        op.drop_table(table)


def _create_items() -> None:
    op.create_table(
        "framework_items",
        sa.Column("framework_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("organisation_id", _OWN, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("uri", "code", "label")),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("digest", _OWN, nullable=False),
        sa.Column("deprecated", sa.Boolean(), nullable=False),
        sa.Column("gone_in", sa.Integer()),
        _own("framework_items"),
        _of_framework("framework_items"),
        sa.PrimaryKeyConstraint("framework_id", "number", name="pk_framework_items"),
        sa.UniqueConstraint("framework_id", "uri", name="uq_framework_items_framework_id_uri"),
    )
    op.create_index("ix_framework_items_organisation_id_uri", "framework_items", ["organisation_id", "uri"])


def _create_words() -> None:
    op.create_table(
        "framework_words",
        sa.Column("framework_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("word", sa.LargeBinary(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("organisation_id", _OWN, nullable=False),
        _own("framework_words"),
        sa.ForeignKeyConstraint(
            ["framework_id", "number"],
            ["framework_items.framework_id", "framework_items.number"],
            name="fk_framework_words_framework_id_number",
        ),
        sa.PrimaryKeyConstraint("framework_id", "number", "word", name="pk_framework_words"),
    )
    op.create_index(
        "ix_framework_words_found_by",
        "framework_words",
        ["organisation_id", "word", "rank", "framework_id", "number"],
    )


def _create_imports() -> None:
    op.create_table(
        "framework_imports",
        sa.Column("id", _OWN, nullable=False),
        sa.Column("organisation_id", _OWN, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("preview", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("framework_id", _ID, nullable=False),
        _own("framework_imports"),
        sa.PrimaryKeyConstraint("id", name="pk_framework_imports"),
    )
    op.create_index(
        "ix_framework_imports_organisation_id_created_at",
        "framework_imports",
        ["organisation_id", "created_at"],
    )


def _own(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id"], ["organisations.id"], name=f"fk_{table}_organisation_id"
    )


def _of_framework(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["framework_id"], ["frameworks.id"], name=f"fk_{table}_framework_id")
