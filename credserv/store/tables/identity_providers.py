"""Where an organisation's people sign in."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisations

# One per organisation. `sealed`: how the provider knows this service, encrypted with the secret key.
identity_providers = Table(
    "identity_providers",
    metadata,
    Column("organisation_id", ForeignKey(organisations.c.id), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# One per organisation, in addition: where colleagues sign in by SAML. `certificates`:
# base64 of DER, of signing keys.
saml_providers = Table(
    "saml_providers",
    metadata,
    Column("organisation_id", ForeignKey(organisations.c.id), primary_key=True),
    Column("entity_id", Text, nullable=False),
    Column("sign_in", Text, nullable=False),
    Column("certificates", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
)
