"""What passes between verifiers and wallets, deleted at its end."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, Text

from credserv.store.tables.base import Counter, Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import people

# What a verifier asked a wallet to show. `sealed_key`: the answer is encrypted to its public half.
presentation_requests = Table(
    "presentation_requests",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("watch_sha256", String(64), nullable=False, unique=True),
    Column("wanted", JSON, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sealed_key", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
    Column("answered_at", Instant),
    Column("declined", String(64), nullable=False),
    Column("answer", JSON),
    Index(None, "organisation_id", "created_at"),
)

# A badge on its way into a wallet app. `holder_did`: the key that it went to.
exchanges = Table(
    "exchanges",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    organisation_column(),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("credential_id", Text, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
    Column("holder_did", Text),
    Index(None, "organisation_id", "credential_id"),
)

# A person's own, and no organisation's. Two people who become one have two, of which the older signs.
holder_keys = Table(
    "holder_keys",
    metadata,
    Column("did", Text, primary_key=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("sealed_key", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

shown_badges = Table(
    "shown_badges",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False),
    Column("at", Instant, nullable=False),
    Column("asker", Text, nullable=False),
    Column("badges", JSON, nullable=False),
    Column("used_key", Boolean, nullable=False),
    Index(None, "person_id", "at"),
)
