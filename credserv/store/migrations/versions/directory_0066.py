"""People and groups as an organisation's directory reports them (SCIM)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    op.create_table(
        "directory_users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.Text()),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("given_roles", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory_users"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_directory_users_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name="fk_directory_users_membership_id"
        ),
        sa.UniqueConstraint(
            "organisation_id", "name_key", name="uq_directory_users_organisation_id_name_key"
        ),
    )
    op.create_index("ix_directory_users_membership_id", "directory_users", ["membership_id"])
    op.create_index("ix_directory_users_external_id", "directory_users", ["external_id"])
    op.create_table(
        "directory_groups",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory_groups"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_directory_groups_organisation_id"
        ),
    )
    op.create_index("ix_directory_groups_organisation_id", "directory_groups", ["organisation_id"])
    op.create_table(
        "directory_members",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "user_id", name="pk_directory_members"),
        sa.ForeignKeyConstraint(["group_id"], ["directory_groups.id"], name="fk_directory_members_group_id"),
        sa.ForeignKeyConstraint(["user_id"], ["directory_users.id"], name="fk_directory_members_user_id"),
    )
    op.create_index("ix_directory_members_user_id", "directory_members", ["user_id"])


def downgrade() -> None:
    op.drop_table("directory_members")
    op.drop_table("directory_groups")
    op.drop_table("directory_users")
