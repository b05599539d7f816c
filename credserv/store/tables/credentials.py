"""Credentials, the orders that led to them, and the links that show them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from credserv.store.tables.achievements import achievements
from credserv.store.tables.base import Counter, Instant, index_where, metadata
from credserv.store.tables.organisations import organisation_column, organisations
from credserv.store.tables.people import asserted_identifiers, people

credentials = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("scope", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("order_sha256", String(64), nullable=False),
    Column("achievement_key", Text, nullable=False),
    Column("achievement_version", Integer, nullable=False),
    Column("recipient_email", Text),
    Column("recipient_did", Text),
    Column("recipient_name", Text),
    Column("awarded_at", Instant, nullable=False),
    Column("results", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    # Ordered for the identifier, held by the person.
    Column("identifier_id", ForeignKey(asserted_identifiers.c.id), nullable=False, index=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    # What it alone stands for: a member, an achievement and an award key. NULL if
    # it does not, or no longer does.
    Column("award", Text),
    # The rule and the observations behind it (docs/adr/0019); NULL for what somebody ordered.
    Column("grounds", JSON(none_as_null=True)),
    Column("salt", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("signed", LargeBinary),
    # The steps of issuing: reserved at `issued_at`, then these (docs/issuing.md).
    Column("stored_at", Instant),
    Column("delivered_at", Instant),
    Column("changed_at", Instant),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("hidden_at", Instant),  # since when its holder has hidden its public page
    Column("erased_sha256", String(64)),  # of a credential whose holder was erased
    UniqueConstraint("organisation_id", "scope", "idempotency_key"),
    ForeignKeyConstraint(
        ["organisation_id", "achievement_key", "achievement_version"],
        [achievements.c.organisation_id, achievements.c.key, achievements.c.version],
        name="fk_credentials_achievement",
    ),
    Index(None, "organisation_id", "issued_at"),
    Index(None, "organisation_id", "state", "issued_at"),
    Index(None, "organisation_id", "changed_at"),
)

index_where(
    "uq_credentials_award",
    credentials.c.organisation_id,
    credentials.c.award,
    where=credentials.c.award.is_not(None),
)

# Counts them without reading a credential.
index_where(
    "ix_credentials_delivered",
    credentials.c.organisation_id,
    credentials.c.delivered_at,
    where=credentials.c.delivered_at.is_not(None),
    unique=False,
)

# An award again, in another format and bound to a key (docs/adr/0023). There is one for each award, form and
# holder. Its state is its award's, and its bits are in `status_indexes`.
copies = Table(
    "copies",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False),
    Column("form", String(16), nullable=False),
    Column("holder_did", Text, nullable=False),
    Column("key_thumbprint", String(43), nullable=False, index=True),
    Column("salt", Text, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("stored_at", Instant),
    Column("signed", LargeBinary),
    Column("ended_at", Instant),
    Column("erased_sha256", String(64)),  # like its award's
    UniqueConstraint("credential_id", "form", "holder_did"),
)

# Orders for what was already awarded, each under its own key, with the credential that answered it.
repeated_orders = Table(
    "repeated_orders",
    metadata,
    Column("organisation_id", ForeignKey(organisations.c.id), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("order_sha256", String(64), nullable=False),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False, index=True),
)

# Bulk runs over the rows of a file, or over badges that are issued again.
bulk_runs = Table(
    "bulk_runs",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("kind", String(16), nullable=False, server_default="award"),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("notes", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("began_at", Instant),
    Column("ended_at", Instant),
    Column("leased_until", Instant),  # until when a worker has it
    Index(None, "organisation_id", "created_at"),
    Index(None, "state"),
)

bulk_rows = Table(
    "bulk_rows",
    metadata,
    Column("run_id", ForeignKey(bulk_runs.c.id), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("row_key", Text, nullable=False),
    Column("order", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("credential_id", ForeignKey(credentials.c.id), index=True),
    Index(None, "run_id", "state", "line"),
)

# What a person shows: a link, or a page at an address of their choice (`slug`).
# organisation_id: whose address it is at.
shares = Table(
    "shares",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    organisation_column(),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("label", Text, nullable=False),
    Column("ended_at", Instant),
    Column("ends_at", Instant),
    Column("max_openings", Integer),
    Column("openings", Integer, nullable=False),  # those that count toward the limit
    Column("passcode", Text),  # see journeys/hold/passcodes.py; never in clear
    Column("wrong_passcodes", Integer, nullable=False),  # in a row
    Column("shows_name", Boolean, nullable=False),
    Column("address", Text),  # of the person's own, which it shows
    Column("slug", Text),
    UniqueConstraint("organisation_id", "slug"),
)

# The credentials shown, in the person's order.
share_items = Table(
    "share_items",
    metadata,
    Column("token_sha256", ForeignKey(shares.c.token_sha256), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False, index=True),
)

# When it was opened, and whether by a person or a messenger's preview. Nothing about who.
share_openings = Table(
    "share_openings",
    metadata,
    Column("id", Counter, primary_key=True),
    Column("token_sha256", ForeignKey(shares.c.token_sha256), nullable=False),
    Column("at", Instant, nullable=False),
    Column("visitor", String(16), nullable=False),
    Index(None, "token_sha256", "id"),
)
