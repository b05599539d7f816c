"""The tables. Nothing outside the store sees them; alembic's migrations make them (a test compares the two).

One schema for SQLite and PostgreSQL: no types, constraints or indexes that only one of them has.

In one file, though a long one: foreign keys tie them, and whoever changes one has to see the others.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in, the same instant as aware UTC out; to the microsecond.

    SQLite keeps no zone: what is written is UTC, so what is read is UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
# SQLite counts up by itself only in a column of the exact type INTEGER.
_Counter = BigInteger().with_variant(Integer, "sqlite")

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
    Column("moved_at", Instant),  # to another installation: here nothing is signed for it any more
)


# Where people reach the installation, now (`ended_at` NULL) and before: what was issued carries the address
# of its day.
addresses = Table(
    "addresses",
    metadata,
    Column("address", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("ended_at", Instant),
)


def _organisation(**options: Any) -> Column[str]:
    """Whose the row is: every statement about it names this column."""
    return Column("organisation_id", ForeignKey(organisations.c.id), nullable=False, **options)


signing_keys = Table(
    "signing_keys",
    metadata,
    Column("verification_method", Text, primary_key=True),
    _organisation(index=True),
    Column("public_key_multibase", Text, nullable=False, unique=True),
    Column("signer_uri", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("activated_at", Instant),
    Column("ended_at", Instant),
    Column("activates_at", Instant),  # of a pending one; of an active one, when another takes its place
)

# By content, whoever's they are; they are read through the achievements of one organisation.
images = Table(
    "images",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

achievements = Table(
    "achievements",
    metadata,
    _organisation(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("achievement", JSON, nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("png_sha256", ForeignKey(images.c.sha256), nullable=False),
    Column("svg_sha256", ForeignKey(images.c.sha256)),
    Column("validity_days", Integer),
    Column("validity_months", Integer),
    Column("award", String(16)),
    CheckConstraint("version > 0", name="version_positive"),
)

# What has to be known of a person for an achievement to be earned. Versions never change; the newest counts,
# and one without a document ends the rule.
rule_versions = Table(
    "rule_versions",
    metadata,
    _organisation(primary_key=True),
    Column("achievement_key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSON(none_as_null=True)),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    CheckConstraint("version > 0", name="version_positive"),
)

sources = Table(
    "sources",
    metadata,
    _organisation(primary_key=True),
    Column("name", Text, primary_key=True),
    Column("dialect", Text, nullable=False),
    Column("mapping", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("options", JSON, nullable=False, server_default="{}"),
    Column("corrects", Boolean, nullable=False, server_default="0"),  # whether it ever took anything back
)

source_secrets = Table(
    "source_secrets",
    metadata,
    Column("id", _Counter, primary_key=True),
    Column("organisation_id", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("sealed", Text, nullable=False),  # see secrets.py; never in clear
    ForeignKeyConstraint(["organisation_id", "source"], [sources.c.organisation_id, sources.c.name]),
    Index(None, "organisation_id", "source"),
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
    # Of a message of a version before, what is not there was not kept.
    Column("headers", JSON(none_as_null=True)),
    Column("authentication", JSON(none_as_null=True)),
    Column("adapter", Text),
    Column("adapter_version", Integer),
    ForeignKeyConstraint(["organisation_id", "source"], [sources.c.organisation_id, sources.c.name]),
    Index(None, "organisation_id", "received_at"),
    Index(None, "organisation_id", "state", "received_at"),
)

# A person is nobody's property: what organisations say of them hangs on the membership.
people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("created_at", Instant, nullable=False),
)

# `name` and `search_text` hold what this organisation says, so that no other is found by it.
memberships = Table(
    "memberships",
    metadata,
    Column("id", Text, primary_key=True),
    _organisation(),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("name", Text),
    Column("search_text", Text, nullable=False),
    Column("unit", Text),
    Column("site", Text),
    Column("language", Text),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("organisation_id", "person_id"),
)

membership_roles = Table(
    "membership_roles",
    metadata,
    Column("membership_id", ForeignKey(memberships.c.id), primary_key=True),
    Column("role", String(32), primary_key=True),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    Column("achievement_key", Text),
    Column("unit", Text),
    Column("until", Instant),
)

# What an organisation addresses a member's awards by. It signs nobody in.
asserted_identifiers = Table(
    "asserted_identifiers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    _organisation(),
    Column("kind", String(16), nullable=False),
    Column("value", Text, nullable=False),
    Column("written", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    # The installation of a learning system within which it names somebody; "" where it does everywhere.
    Column("namespace", Text, nullable=False, server_default=""),
)
Index(
    "uq_asserted_identifiers_live",
    asserted_identifiers.c.organisation_id,
    asserted_identifiers.c.kind,
    asserted_identifiers.c.value,
    asserted_identifiers.c.namespace,
    unique=True,
    sqlite_where=asserted_identifiers.c.ended_at.is_(None),
    postgresql_where=asserted_identifiers.c.ended_at.is_(None),
)
Index(None, asserted_identifiers.c.kind, asserted_identifiers.c.value)

# What a sender said of somebody, each statement once. `id` is made from namespace and event id, so that it
# says nothing of when it came. `identifier_id`: by which of the organisation's identifiers it is somebody's.
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
Index(
    "ix_observations_open",
    observations.c.organisation_id,
    observations.c.state,
    observations.c.received_at,
    sqlite_where=observations.c.state != "judged",
    postgresql_where=observations.c.state != "judged",
)

# Of sources that send xAPI: where each statement stands in which message, by its id.
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

# By what an observation names its person and its activities, to be looked up.
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

# What the person has shown to be theirs. It alone signs in and joins.
proved_identifiers = Table(
    "proved_identifiers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("value", Text, nullable=False),
    Column("verified_at", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("signs_in", Boolean, nullable=False),
    Column("receives", Boolean, nullable=False),
    Column("ended_at", Instant),
)
Index(
    "uq_proved_identifiers_live",
    proved_identifiers.c.kind,
    proved_identifiers.c.value,
    unique=True,
    sqlite_where=proved_identifiers.c.ended_at.is_(None),
    postgresql_where=proved_identifiers.c.ended_at.is_(None),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True),
    _organisation(),
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
    # What it stands for alone: a member, an achievement and an award key. None where it does not (any more).
    Column("award", Text),
    # By which rule, and on which observations (docs/adr/0019); None for what somebody ordered.
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

Index(
    "uq_credentials_award",
    credentials.c.organisation_id,
    credentials.c.award,
    unique=True,
    sqlite_where=credentials.c.award.is_not(None),
    postgresql_where=credentials.c.award.is_not(None),
)

# Orders for what had been awarded before: each under its own key, with the credential that answered it.
repeated_orders = Table(
    "repeated_orders",
    metadata,
    Column("organisation_id", ForeignKey(organisations.c.id), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("order_sha256", String(64), nullable=False),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False, index=True),
)

# The outbox: letters that are to go out, written in the transaction that stores the credential, and gone
# once a mail server took them. One that no server will ever take stays, with the reason (docs/adr/0015).
letters = Table(
    "letters",
    metadata,
    Column("credential_id", ForeignKey(credentials.c.id), primary_key=True),
    _organisation(),
    Column("tells", String(16), nullable=False, server_default="award"),
    Column("queued_at", Instant, nullable=False),
    Column("due_at", Instant),  # when to try next; None for one that was refused
    Column("tries", Integer, nullable=False),
    Column("note", Text, nullable=False),  # why it did not go at the last try
    Index(None, "organisation_id", "due_at"),
)

# Awards in bulk: a run over the rows of a file.
bulk_runs = Table(
    "bulk_runs",
    metadata,
    Column("id", Text, primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("notes", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("began_at", Instant),
    Column("ended_at", Instant),
    Column("leased_until", Instant),  # whose worker is at it until then
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
    _organisation(index=True),
    Column("url", Text, nullable=False),
    Column("happenings", JSON, nullable=False),
    Column("sealed", JSON, nullable=False),  # secrets, the newest first; see secrets.py
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("why", Text, nullable=False),
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

# Counts the changes of what processes keep in memory (remembered.py).
generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)

status_lists = Table(
    "status_lists",
    metadata,
    Column("id", Text, primary_key=True),
    _organisation(),
    # 1, 2, ...: so that two processes cannot both open the next list.
    Column("number", Integer, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("length", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published_at", Instant),
    Column("published_revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("signed", LargeBinary),
    UniqueConstraint("organisation_id", "number"),
)

# One row for each index that was ever given out. Rows are never deleted: neither is an index reused, nor
# is a bit that was published as 1 ever forgotten (attacks 64 and 65).
status_indexes = Table(
    "status_indexes",
    metadata,
    Column("list_id", ForeignKey(status_lists.c.id), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False, unique=True),
    Column("is_set", Boolean, nullable=False),
    CheckConstraint('"index" >= 0', name="index_not_negative"),
    Index(None, "list_id", "is_set"),
)

# Bits that were published and whose credential a restored database does not have: they stay 1 for ever.
kept_bits = Table(
    "kept_bits",
    metadata,
    Column("list_id", ForeignKey(status_lists.c.id), primary_key=True),
    Column("index", Integer, primary_key=True, autoincrement=False),
)

shares = Table(
    "shares",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("credential_id", ForeignKey(credentials.c.id), nullable=False),
    Column("person_id", ForeignKey(people.c.id), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("label", Text, nullable=False),
    Column("ended_at", Instant),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    _organisation(index=True),
    Column("name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("ended_at", Instant),
)

links = Table(
    "links",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("organisation_id", ForeignKey(organisations.c.id), index=True),  # NULL: of the whole service
    Column("purpose", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
    Column("used_by", String(64)),
    Column("claim", Text),
    Index(None, "purpose", "subject"),
)

# Letters that are to bring a link, until a mail server took them: what was asked for is in the row of `links`
# that the token leads to, which ends by itself.
link_letters = Table(
    "link_letters",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    _organisation(),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Index(None, "organisation_id", "due_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("organisation_id", ForeignKey(organisations.c.id), index=True),  # NULL: of the whole service
    Column("kind", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Index(None, "kind", "subject"),
)

audit_lines = Table(
    "audit_lines",
    metadata,
    Column("id", _Counter, primary_key=True),
    _organisation(),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index(None, "organisation_id", "subject"),
)

# The chain over the audit trail, of the whole installation: see store/audit_seals.py. A line that was removed
# is found by its seal, so no key holds the two together.
audit_seals = Table(
    "audit_seals",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("line_id", BigInteger, nullable=False, unique=True),
    Column("sha256", String(64), nullable=False),
)

# Whom an organisation trusts to be who they say; `organisation` is whom it verifies for, "" for itself.
trusted_lists = Table(
    "trusted_lists",
    metadata,
    Column("id", Text, primary_key=True),
    _organisation(),
    Column("organisation", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("url", Text),
    Column("created_at", Instant, nullable=False),
    Column("tried_at", Instant),
    Column("fetched_at", Instant),  # of the entries that are here: the last good answer
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
)

# What is wrong with an organisation, and whether its owners were told; gone once it is well again.
alarms = Table(
    "alarms",
    metadata,
    _organisation(primary_key=True),
    Column("condition", String(32), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("began_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("said", Text, nullable=False),
    Column("mend", Text, nullable=False),
)

# What a visitor asked to be shown again under a link, until `ends_at`.
shared_results = Table(
    "shared_results",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    _organisation(),
    Column("report", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
)

# Competency frameworks, imported; an item that its framework has no more stays, for what was issued names it.
frameworks = Table(
    "frameworks",
    metadata,
    Column("id", String(32), primary_key=True),
    _organisation(),
    Column("uri", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("format", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("version", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("items", Integer, nullable=False),
    UniqueConstraint("organisation_id", "uri"),
)

# What each import changed.
framework_versions = Table(
    "framework_versions",
    metadata,
    Column("framework_id", ForeignKey(frameworks.c.id), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("version", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("changes", JSON, nullable=False),
)

framework_items = Table(
    "framework_items",
    metadata,
    Column("framework_id", ForeignKey(frameworks.c.id), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _organisation(),
    Column("uri", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("content", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("deprecated", Boolean, nullable=False),
    Column("gone_in", Integer),  # the revision that has it no more
    UniqueConstraint("framework_id", "uri"),
    Index(None, "organisation_id", "uri"),
)

# The words that items are found by, folded; as bytes, so that both databases order them alike and a prefix is
# a range. `rank`: where the word stands.
framework_words = Table(
    "framework_words",
    metadata,
    Column("framework_id", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("word", LargeBinary, primary_key=True),
    Column("rank", Integer, nullable=False),
    _organisation(),
    ForeignKeyConstraint(
        ["framework_id", "number"], [framework_items.c.framework_id, framework_items.c.number]
    ),
    Index("ix_framework_words_found_by", "organisation_id", "word", "rank", "framework_id", "number"),
)

crosswalk_links = Table(
    "crosswalk_links",
    metadata,
    _organisation(primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("framework_id", String(32), primary_key=True),  # whose publisher says so; "" is the organisation
    Column("strength", String(16), nullable=False),
    Index(None, "organisation_id", "target"),
)

framework_imports = Table(
    "framework_imports",
    metadata,
    Column("id", String(64), primary_key=True),
    _organisation(),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked", JSON, nullable=False),
    Column("content", LargeBinary),  # until it is over
    Column("actor", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("preview", JSON, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("framework_id", String(32), nullable=False),
    Index(None, "organisation_id", "created_at"),
)

role_profiles = Table(
    "role_profiles",
    metadata,
    _organisation(primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("skills", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
