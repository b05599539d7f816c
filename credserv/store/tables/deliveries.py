"""What goes out: letters, reminders, webhooks. Each is written in the transaction of what it tells of."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.credentials import credentials
from credserv.store.tables.organisations import organisation_column

# The outbox: letters that are to go out, written in the transaction that stores the credential, and gone
# once a mail server took them. One that no server will ever take stays, with the reason (docs/adr/0015).
letters = Table(
    "letters",
    metadata,
    Column("credential_id", ForeignKey(credentials.c.id), primary_key=True),
    organisation_column(),
    Column("tells", String(16), nullable=False, server_default="award"),
    Column("queued_at", Instant, nullable=False),
    Column("due_at", Instant),  # when to try next; None for one that was refused
    Column("tries", Integer, nullable=False),
    Column("note", Text, nullable=False),  # why it did not go at the last try
    Column("request_id", Text, nullable=False, server_default=""),  # for which it was queued, "" for none
    Index(None, "organisation_id", "due_at"),
)

# In which words letters are written, where the organisation has its own. `language` "": for all others.
letter_words = Table(
    "letter_words",
    metadata,
    organisation_column(primary_key=True),
    Column("tells", String(16), primary_key=True),
    Column("language", String(35), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("button", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", Text, nullable=False),
)

# Of which credentials it was said that their end is near, once.
reminders = Table(
    "reminders",
    metadata,
    Column("credential_id", ForeignKey(credentials.c.id), primary_key=True),
    Column("reminded_at", Instant, nullable=False),
)

# Systems that hear of what happens to credentials.
webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("url", Text, nullable=False),
    Column("happenings", JSON, nullable=False),
    Column("sealed", JSON, nullable=False),  # secrets, the newest first; see secrets.py
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("why", Text, nullable=False),
    Column("older_ends_at", Instant),  # of the secrets but the newest
)

# Their outbox: written in the transaction of what it tells of.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint_id", ForeignKey(webhook_endpoints.c.id), nullable=False),
    Column("happening", String(32), nullable=False),
    Column("credential_id", ForeignKey(credentials.c.id), index=True),
    Column("happened_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("due_at", Instant),  # None once it went or was given up
    Column("tries", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("delivered_at", Instant),
    Index(None, "endpoint_id", "due_at"),
    Index(None, "endpoint_id", "happened_at"),
)

# Letters that are to bring a link, until a mail server took them: what was asked for is in the row of `links`
# that the token leads to, which ends by itself.
link_letters = Table(
    "link_letters",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    organisation_column(),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("request_id", Text, nullable=False, server_default=""),
    Column("language", String(35), nullable=False, server_default=""),  # of the page that it was asked on
    Index(None, "organisation_id", "due_at"),
)
