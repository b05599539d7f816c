"""Programmes, applications, and the life of accreditations.

People who acted are stored as text: an id that leads to nobody once they are erased.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
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

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.credentials import copies, credentials
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships


def _member() -> Column[Any]:
    return Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True)


programmes = Table(
    "programmes",
    metadata,
    organisation_column(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSON, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("owner", Text, nullable=False),
    Column("loaded_at", Instant, nullable=False),
    Column("loaded_by", Text, nullable=False),
    Column("retires_on", Date),
)

founders = Table(
    "founders",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text),
    Column("programme_key", Text, nullable=False),
    _member(),
    Column("competencies", JSON, nullable=False),
    Column("appointed_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("appointed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("organisation_id", "reference"),
)

# `credential_id` is reserved for the badge. If none is granted, nothing ever uses it.
applications = Table(
    "applications",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text),
    Column("programme_key", Text, nullable=False),
    Column("programme_version", Integer, nullable=False),
    _member(),
    Column("competencies", JSON, nullable=False),
    Column("credential_id", Text, nullable=False, unique=True),
    Column("applied_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("state", String(16), nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("anew_of", Text),  # an application of the same person
    UniqueConstraint("organisation_id", "reference"),
    ForeignKeyConstraint(
        ["organisation_id", "programme_key", "programme_version"],
        [programmes.c.organisation_id, programmes.c.key, programmes.c.version],
        name="fk_applications_programme",
    ),
    Index(None, "organisation_id", "state", "applied_at"),
)

application_evidence = Table(
    "application_evidence",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text),
    Column("application_id", ForeignKey(applications.c.id), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("competency", Text),
    Column("data", JSON, nullable=False),
    UniqueConstraint("organisation_id", "reference"),
)

practice = Table(
    "practice",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text),
    _member(),
    Column("kind", String(32), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("organisation_id", "reference"),
)

endorsements = Table(
    "endorsements",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text),
    Column("application_id", ForeignKey(applications.c.id), nullable=False, index=True),
    Column("endorser_id", Text, index=True),
    Column("endorser_did", Text, nullable=False),
    Column("competency", Text, nullable=False),
    Column("stated_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("as_received", String(32), nullable=False),
    Column("is_witness", Boolean, nullable=False),
    Column("signed", LargeBinary),
    UniqueConstraint("organisation_id", "reference"),
)

accreditations = Table(
    "accreditations",
    metadata,
    Column("credential_id", ForeignKey(credentials.c.id), primary_key=True),
    organisation_column(),
    Column("reference", Text),
    Column("application_id", ForeignKey(applications.c.id), nullable=False, unique=True),
    Column("programme_key", Text, nullable=False),
    _member(),
    Column("competencies", JSON, nullable=False),
    Column("level", Integer, nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("to_review_since", Instant),
    UniqueConstraint("organisation_id", "reference"),
    Index(None, "organisation_id", "programme_key"),
)

# One row per term, with the version of the credential that states it.
terms = Table(
    "terms",
    metadata,
    Column("credential_id", ForeignKey(accreditations.c.credential_id), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    organisation_column(),
    Column("programme_version", Integer, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("term_end", Instant, nullable=False),
    Column("grace_end", Instant, nullable=False),
    Column("notice_days", Integer, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("signed", LargeBinary),
    Column("stored_at", Instant),
    Column("reference", Text),
    Index(None, "organisation_id", "term_end"),
)

# Of a copy that was made again: what it was before and each version since, numbered like the terms.
copy_versions = Table(
    "copy_versions",
    metadata,
    Column("copy_id", ForeignKey(copies.c.id), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    organisation_column(),
    Column("signed", LargeBinary, nullable=False),
    Column("stored_at", Instant, nullable=False),
)

# Which terms were reported as due or in grace, once each.
term_reminders = Table(
    "term_reminders",
    metadata,
    Column("credential_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("told", String(16), primary_key=True),
    organisation_column(),
    Column("reminded_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["credential_id", "number"], [terms.c.credential_id, terms.c.number], name="fk_term_reminders_term"
    ),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("credential_id", ForeignKey(accreditations.c.credential_id), nullable=False, index=True),
    Column("begins_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("review_on", Date, nullable=False),
    Column("begun_by", Text, nullable=False),
    Column("ends_at", Instant),
    Column("ended_by", Text, nullable=False),
    Column("reference", Text),
    Column("ended_reference", Text),
)

revocations = Table(
    "revocations",
    metadata,
    Column("credential_id", ForeignKey(accreditations.c.credential_id), primary_key=True),
    organisation_column(),
    Column("effective_from", Instant, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reference", Text),
    Column("overturned_at", Instant),
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text),
    Column("credential_id", Text, nullable=False, index=True),
    Column("about", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text, nullable=False),
    Column("is_upheld", Boolean),
    Column("reason", Text, nullable=False),
    UniqueConstraint("organisation_id", "reference"),
)
