"""Where the people of an organisation sign in."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisations

# One for each. `sealed`: what the provider knows this service by, under the secret key.
identity_providers = Table(
    "identity_providers",
    metadata,
    Column("organisation_id", ForeignKey(organisations.c.id), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)
