"""Mentoring: sessions, feedback, mentors' offers, and cohorts.

Participants of a session are stored as ids without a foreign key. They lead to nobody once erased, and what
the other side did keeps counting.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from credserv.store.tables.base import Instant, metadata
from credserv.store.tables.organisations import organisation_column
from credserv.store.tables.people import memberships


def _offered() -> tuple[Column[Any], ...]:
    """Return the columns of an offer, current or former; one row becomes the other."""
    return (
        organisation_column(index=True),
        Column("competencies", JSON, nullable=False),
        Column("languages", JSON, nullable=False),
        Column("kinds", JSON, nullable=False),
        Column("minutes_a_week", Integer, nullable=False),
        Column("hours", JSON, nullable=False),
        Column("changed_at", Instant, nullable=False),
    )


mentor_offers = Table(
    "mentor_offers",
    metadata,
    Column("membership_id", ForeignKey(memberships.c.id), primary_key=True),
    *_offered(),
)

# Former offers, each from `changed_at` until the next one.
former_mentor_offers = Table(
    "former_mentor_offers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("membership_id", ForeignKey(memberships.c.id), nullable=False, index=True),
    *_offered(),
)

# Whether everybody sees the register of mentors; without a row, only members do.
mentor_registers = Table(
    "mentor_registers",
    metadata,
    organisation_column(primary_key=True),
    Column("is_public", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

cohorts = Table(
    "cohorts",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text),
    Column("name", Text, nullable=False),
    Column("competency", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("targets", JSON, nullable=False),
    Column("sponsor", Text, nullable=False),
    Column("target_role", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    UniqueConstraint("organisation_id", "reference"),
)

cohort_places = Table(
    "cohort_places",
    metadata,
    Column("cohort_id", ForeignKey(cohorts.c.id), primary_key=True),
    Column("mentee_id", Text, primary_key=True),
    organisation_column(index=True),
    Column("mentor_id", Text),
    Column("why", JSON, nullable=False),
)

mentoring_sessions = Table(
    "mentoring_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    organisation_column(),
    Column("reference", Text),
    Column("digest", String(64), nullable=False),
    Column("mentor_id", Text, nullable=False),
    Column("mentee_id", Text, nullable=False),
    Column("competency", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("requested_at", Instant),
    Column("answered_at", Instant),
    Column("held_at", Instant),
    Column("told_at", Instant),
    Column("mentor_confirmed_at", Instant),
    Column("mentee_confirmed_at", Instant),
    Column("settled_at", Instant),
    Column("settled_by", String(16), nullable=False),
    Column("code", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("objective", Text, nullable=False),
    Column("links", JSON, nullable=False),
    Column("language", Text, nullable=False),
    Column("reason", JSON, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("cohort_id", ForeignKey(cohorts.c.id)),
    UniqueConstraint("organisation_id", "reference"),
    Index(None, "organisation_id", "mentor_id", "starts_at"),
    Index(None, "organisation_id", "mentee_id", "starts_at"),
    Index(None, "organisation_id", "held_at"),
)

session_feedback = Table(
    "session_feedback",
    metadata,
    Column("session_id", ForeignKey(mentoring_sessions.c.id), primary_key=True),
    Column("rater_id", Text, primary_key=True),
    organisation_column(index=True),
    Column("score", Float, nullable=False),
    Column("maximum", Float, nullable=False),
    Column("words", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
)
