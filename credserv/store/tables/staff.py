"""Console sign-in with accounts at the organisation's identity provider."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Table, Text, UniqueConstraint

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column, organisations
from credserv.store.tables.people import memberships

# One for each organisation that allows it.
staff_logins = Table(
    "staff_logins",
    metadata,
    Column("organisation_id", ForeignKey(organisations.c.id), primary_key=True),
    Column("domains", JSON, nullable=False),
    Column("groups_claim", Text, nullable=False),
    Column("group_roles", JSON, nullable=False),
    Column("is_required", Boolean, nullable=False),
)

# Belongs to a membership and not to a person, because what an organisation's
# provider says opens nobody's wallet.
staff_accounts = Table(
    "staff_accounts",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("given_roles", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    UniqueConstraint("organisation_id", "issuer", "subject"),
)
