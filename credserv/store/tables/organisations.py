"""Organisations, what belongs to them alone, and what covers the whole installation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from credserv.store.tables.base import Counter, Instant, metadata

organisations = Table(
    "organisations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("did", Text, nullable=False, unique=True),
    Column("profile", JSON, nullable=False),
    Column("address", Text, unique=True),
    Column("time_zone", Text, nullable=False),
    Column("first_weekday", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("moved_at", Instant),  # to another installation; nothing is signed for it here any more
    Column("sandbox", Boolean, nullable=False, server_default=false()),  # for good
)

# Where people reach the installation, now (`ended_at` NULL) and before; issued credentials
# carry the address of their time.
addresses = Table(
    "addresses",
    metadata,
    Column("address", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("ended_at", Instant),
)


def organisation_column(**options: Any) -> Column[str]:
    """Return the column for the row's owner, which every statement about the table names."""
    return Column("organisation_id", ForeignKey(organisations.c.id), nullable=False, **options)


# An organisation's appearance; "" and no bytes for what it has not set.
brands = Table(
    "brands",
    metadata,
    organisation_column(primary_key=True),
    Column("colour", String(7), nullable=False),
    Column("logo", LargeBinary, nullable=False),
    Column("imprint", Text, nullable=False),
    Column("imprint_url", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Text, nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("verification_method", Text, primary_key=True),
    organisation_column(index=True),
    Column("public_key_multibase", Text, nullable=False, unique=True),
    Column("signer_uri", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("activated_at", Instant),
    Column("ended_at", Instant),
    Column("activates_at", Instant),  # for a pending one; for an active one, when another replaces it
)

# Counts the changes of what processes remember (remembered.py).
generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)

audit_lines = Table(
    "audit_lines",
    metadata,
    Column("id", Counter, primary_key=True),
    organisation_column(),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    # Texts by people, which may be about somebody. Only their hash is sealed, so that they can be erased.
    Column("words", JSON(none_as_null=True)),
    Index(None, "organisation_id", "subject"),
)

# The chain over the audit trail of the whole installation: see store/operate/audit_seals.py. There is no
# foreign key between the two, because a seal has to reveal a removed line.
audit_seals = Table(
    "audit_seals",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("line_id", BigInteger, nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
)

# What is wrong with an organisation, and whether its owners were notified; deleted once it is fixed.
alarms = Table(
    "alarms",
    metadata,
    organisation_column(primary_key=True),
    Column("condition", String(32), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("began_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("said", Text, nullable=False),
    Column("mend", Text, nullable=False),
    Column("told", JSON, nullable=False, server_default="[]"),  # memberships
)
