"""People, and what an organisation says of its members."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from credserv.store.tables.base import Instant, index_where, metadata
from credserv.store.tables.organisations import organisation_column

# A person belongs to nobody; what organisations say of them belongs to the membership.
people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("created_at", Instant, nullable=False),
    Column("frozen_until", Instant),
    Column("language", String(35)),  # for letters: chosen, or first used
)

# `name` and `search_text` contain what this organisation says, so that it finds nobody else.
memberships = Table(
    "memberships",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("name", Text),
    Column("search_text", Text, nullable=False),
    Column("unit", Text),
    Column("site", Text),
    Column("language", Text),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("created_at", Instant, nullable=False),
    Column("declines_since", Instant),  # since when they asked to be awarded nothing
    Column("family_name", Text),  # which part of `name` it is, as they said
    UniqueConstraint("organisation_id", "person_id"),
)

membership_roles = Table(
    "membership_roles",
    metadata,
    Column("membership_id", ForeignKey(memberships.c.id), primary_key=True),
    Column("role", String(32), primary_key=True),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("achievement_key", Text),
    Column("unit", Text),
    Column("until", Instant),
)

# The identifier by which an organisation addresses a member's awards. It signs nobody in.
asserted_identifiers = Table(
    "asserted_identifiers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    organisation_column(),
    Column("kind", String(16), nullable=False),
    Column("value", Text, nullable=False),
    Column("written", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    # The installation of a learning system within which it names somebody; "" for everywhere.
    Column("namespace", Text, nullable=False, server_default=""),
)
index_where(
    "uq_asserted_identifiers_live",
    asserted_identifiers.c.organisation_id,
    asserted_identifiers.c.kind,
    asserted_identifiers.c.value,
    asserted_identifiers.c.namespace,
    where=asserted_identifiers.c.ended_at.is_(None),
)
Index(None, asserted_identifiers.c.kind, asserted_identifiers.c.value)

# What the person has proved to be theirs. Only this signs in and joins.
proved_identifiers = Table(
    "proved_identifiers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("value", Text, nullable=False),
    Column("verified_at", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("signs_in", Boolean, nullable=False),
    Column("receives", Boolean, nullable=False),
    Column("ended_at", Instant),
)
index_where(
    "uq_proved_identifiers_live",
    proved_identifiers.c.kind,
    proved_identifiers.c.value,
    where=proved_identifiers.c.ended_at.is_(None),
)

# For passkeys among them: what verifies their signatures (W3C Web Authentication).
passkeys = Table(
    "passkeys",
    metadata,
    Column("identifier_id", ForeignKey(proved_identifiers.c.id), primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("last_used_at", Instant),
)
