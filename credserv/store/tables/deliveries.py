"""What is sent: letters, reminders, webhooks. Each is written in the transaction of what it is about."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.credentials import credentials
from credserv.store.tables.organisations import organisation_column

# The outbox: letters to send, written in the transaction that stores the credential, and deleted once a mail
# server accepted them. One that no server will ever accept stays, with the reason (docs/adr/0015).
letters = Table(
    "letters",
    metadata,
    Column("credential_id", ForeignKey(credentials.c.id), primary_key=True),
    organisation_column(),
    Column("tells", String(16), nullable=False, server_default="award"),
    Column("queued_at", Instant, nullable=False),
    Column("due_at", Instant),  # when to try next; None if it was refused
    Column("tries", Integer, nullable=False),
    Column("note", Text, nullable=False),  # why the last attempt failed
    Column("request_id", Text, nullable=False, server_default=""),  # the request that queued it, "" for none
    Index(None, "organisation_id", "due_at"),
)

# An organisation's own words for letters. `language` "" is for all other languages.
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

# Which credentials were reported as near their end, once each.
reminders = Table(
    "reminders",
    metadata,
    Column("credential_id", ForeignKey(credentials.c.id), primary_key=True),
    Column("reminded_at", Instant, nullable=False),
)

# Systems that are notified of what happens to credentials.
webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(index=True),
    Column("url", Text, nullable=False),
    Column("happenings", JSON, nullable=False),
    Column("sealed", JSON, nullable=False),  # secrets, newest first; see secrets.py
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("why", Text, nullable=False),
    Column("older_ends_at", Instant),  # of all secrets but the newest
)

# Their outbox, written in the transaction of what it is about.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint_id", ForeignKey(webhook_endpoints.c.id), nullable=False),
    Column("happening", String(32), nullable=False),
    Column("credential_id", ForeignKey(credentials.c.id), index=True),
    Column("happened_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("due_at", Instant),  # None once it was sent or given up
    Column("tries", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("delivered_at", Instant),
    Index(None, "endpoint_id", "due_at"),
    Index(None, "endpoint_id", "happened_at"),
)

# Letters with links, until a mail server accepted them. The request is in the row of `links` that the token
# leads to, which expires by itself.
link_letters = Table(
    "link_letters",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    organisation_column(),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("request_id", Text, nullable=False, server_default=""),
    Column("language", String(35), nullable=False, server_default=""),  # of the page of the request
    Index(None, "organisation_id", "due_at"),
)
