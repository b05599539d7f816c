"""Offers of awards to wallet apps, and what such apps may use once."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.credentials import credentials
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import people

offers = Table(
    "offers",
    metadata,
    Column("id_sha256", String(64), primary_key=True),
    organisation_column(index=True),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False, index=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("code_sha256", String(64), nullable=False, unique=True),
    Column("tx_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("redeemed_at", Instant),
    Column("token_sha256", String(64), unique=True),
    Column("token_ends_at", Instant),
    Column("key_thumbprint", String(43)),
)

# One row for each credential request of an offer.
issuances = Table(
    "issuances",
    metadata,
    Column("id_sha256", String(64), primary_key=True),
    Column("offer_sha256", ForeignKey(offers.c.id_sha256), nullable=False, index=True),
    Column("form", String(16), nullable=False),
    Column("holders", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("event", Text, nullable=False),
)

# Used nonces and proofs, until they would have expired anyway.
spent_values = Table(
    "spent_values",
    metadata,
    Column("value_sha256", String(64), primary_key=True),
    Column("ends_at", Instant, nullable=False, index=True),
)
