"""People and groups as an organisation's directory reports them (SCIM)."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Table, Text, UniqueConstraint

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships

# `name_key`: the user name as compared.
directory_users = Table(
    "directory_users",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("membership_id", ForeignKey(memberships.c.id), index=True),
    Column("user_name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("external_id", Text, index=True),
    Column("is_active", Boolean, nullable=False),
    Column("said", JSON, nullable=False),
    Column("given_roles", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("organisation_id", "name_key"),
)

directory_groups = Table(
    "directory_groups",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("name", Text, nullable=False),
    Column("external_id", Text),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

directory_members = Table(
    "directory_members",
    metadata,
    Column("group_id", ForeignKey(directory_groups.c.id), primary_key=True),
    Column("user_id", ForeignKey(directory_users.c.id), primary_key=True, index=True),
)
