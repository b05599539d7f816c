"""Systems that send events, their messages as received, and what those say."""

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
)

from credserv.store.tables.base import Counter, Instant, index_where, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import asserted_identifiers

sources = Table(
    "sources",
    metadata,
    organisation_column(primary_key=True),
    Column("name", Text, primary_key=True),
    Column("dialect", Text, nullable=False),
    Column("mapping", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("options", JSON, nullable=False, server_default="{}"),
    Column("corrects", Boolean, nullable=False, server_default="0"),  # whether it ever took anything back
    Column("refused_at", Instant),  # the last request in its name that was refused, to the minute
    Column("refused_why", Text),
)

source_secrets = Table(
    "source_secrets",
    metadata,
    Column("id", Counter, primary_key=True),
    Column("organisation_id", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("sealed", Text, nullable=False),  # see secrets.py; never in clear
    Column("ends_at", Instant),
    ForeignKeyConstraint(["organisation_id", "source"], [sources.c.organisation_id, sources.c.name]),
    Index(None, "organisation_id", "source"),
)

# What is fetched from a source on a schedule. Without a row, nothing is.
source_pulls = Table(
    "source_pulls",
    metadata,
    Column("organisation_id", String(64), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("sealed", Text),  # the token; see secrets.py
    Column("outcome", JSON, nullable=False, server_default="{}"),
    Column("seen", JSON, nullable=False, server_default="{}"),
    ForeignKeyConstraint(
        ["organisation_id", "source"],
        [sources.c.organisation_id, sources.c.name],
        name="fk_source_pulls_source",
    ),
    Index(None, "organisation_id", "due_at"),
)

events = Table(
    "events",
    metadata,
    Column("organisation_id", String(64), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("credential_id", Text),
    Column("note", Text, nullable=False),
    # For a message of an older release, missing values were not stored.
    Column("headers", JSON(none_as_null=True)),
    Column("authentication", JSON(none_as_null=True)),
    Column("adapter", Text),
    Column("adapter_version", Integer),
    ForeignKeyConstraint(["organisation_id", "source"], [sources.c.organisation_id, sources.c.name]),
    Index(None, "organisation_id", "received_at"),
    Index(None, "organisation_id", "source", "received_at"),
    Index(None, "organisation_id", "state", "received_at"),
)

# What a sender said of somebody, each statement once. `id` is derived from namespace and event id, so that it
# does not reveal when it came. `identifier_id`: the organisation's identifier by which it is somebody's.
observations = Table(
    "observations",
    metadata,
    Column("organisation_id", String(64), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("content", JSON, nullable=False),
    Column("is_signed", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("identifier_id", ForeignKey(asserted_identifiers.c.id), index=True),
    ForeignKeyConstraint(
        ["organisation_id", "source", "message"],
        [events.c.organisation_id, events.c.source, events.c.event_id],
        name="fk_observations_message",
    ),
    Index(None, "organisation_id", "source", "message"),
)
index_where(
    "ix_observations_open",
    observations.c.organisation_id,
    observations.c.state,
    observations.c.received_at,
    where=observations.c.state != "judged",
    unique=False,
)

# For sources that send xAPI: the message and place of each statement, by its id.
statements = Table(
    "statements",
    metadata,
    Column("organisation_id", String(64), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("message", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("verb", Text, nullable=False),
    Column("activity", Text),
    Column("actor", Text),
    Column("registration", Text),
    Column("voids", String(36)),
    ForeignKeyConstraint(
        ["organisation_id", "source", "message"],
        [events.c.organisation_id, events.c.source, events.c.event_id],
        name="fk_statements_message",
    ),
    Index(None, "organisation_id", "source", "stored_at"),
    Index(None, "organisation_id", "source", "voids"),
)

# The names of person and activities in an observation, for lookups.
observation_references = Table(
    "observation_references",
    metadata,
    Column("organisation_id", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("value", Text, primary_key=True),
    Column("namespace", Text, primary_key=True),
    Column("observation_id", Text, primary_key=True),
    ForeignKeyConstraint(
        ["organisation_id", "observation_id"],
        [observations.c.organisation_id, observations.c.id],
        name="fk_observation_references_observation",
    ),
)
