"""Whom an organisation trusts, and results that visitors wanted links to."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text, UniqueConstraint

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column

# Whom an organisation trusts to be who they say; `organisation` is whom it verifies for, "" for itself.
trusted_lists = Table(
    "trusted_lists",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("organisation", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("url", Text),
    Column("created_at", Instant, nullable=False),
    Column("tried_at", Instant),
    Column("fetched_at", Instant),  # of the stored entries: the last good answer
    Column("last_error", Text, nullable=False),
    UniqueConstraint("organisation_id", "organisation", "name"),
)

trusted_issuers = Table(
    "trusted_issuers",
    metadata,
    Column("list_id", ForeignKey(trusted_lists.c.id), primary_key=True),
    Column("issuer", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    Column("added_at", Instant, nullable=False),
    Column("accredits", JSON(none_as_null=True)),
)

# A result that a visitor wanted a link to, until `ends_at`.
shared_results = Table(
    "shared_results",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    organisation_column(),
    Column("report", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)
